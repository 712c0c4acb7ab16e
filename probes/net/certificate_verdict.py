"""Judge a certificate chain after the handshake: which authority issued it, and whether it is valid for the host.

Not left to OpenSSL: one handshake must distinguish a public from a local authority, and both from a wrong
date. Not left to cryptography's verifier: it applies the public web's rules to private authorities.
"""

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import field
from datetime import datetime
from functools import cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from probes.net.addresses import is_address
from probes.net.ca_roots import RootStore, index_roots, local_roots, public_roots
from probes.protocol.failures import Failure
from probes.protocol.frozen import frozen

_LONGEST: Final = 16  # certificates read from what a server sends

# What cryptography raises for bytes that are not a certificate, or for a part that it cannot parse.
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


@frozen
class CertificateVerdict:
    """The result of judging one chain for one host at one time."""

    failure: Failure | None
    authority: str  # public, network, local or unknown
    skew_s: float | None = None  # seconds from now to the validity period: above 0 when it begins later
    facts: dict[str, object] = field(default_factory=dict)  # issuer, subject, names, not_before, not_after


class Trust:
    """The certificate authorities that a run trusts: public, the network's own, and this host's."""

    def __init__(self, roots: tuple[str, ...] = ()) -> None:
        self._network_roots = cache(lambda: index_roots(pem.encode() for pem in roots))  # read at first use

    def judge(self, chain: Sequence[bytes], host: str, now: datetime) -> CertificateVerdict:
        """Judge the DER *chain* that a server sent, the server's certificate first, for *host* at *now*."""
        # Warnings about a stranger's certificate do not concern this program's developers.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self._judge(chain, host, now)

    def _judge(self, chain: Sequence[bytes], host: str, now: datetime) -> CertificateVerdict:
        try:
            certificates = [x509.load_der_x509_certificate(der) for der in chain[:_LONGEST]]
            facts = _facts(certificates[0])
            authority, path = self._authority(certificates, now)
            failure, skew = _verdict(certificates[0], path, authority, host, now)
        except (*_UNREADABLE, IndexError):
            return CertificateVerdict(Failure.SSL_UNKNOWN_AUTHORITY, "unknown")
        return CertificateVerdict(failure, authority, skew, facts)

    def _authority(
        self, chain: Sequence[x509.Certificate], now: datetime
    ) -> tuple[str, tuple[x509.Certificate, ...]]:
        """The first store with a path to *chain*, and that path; a path that is valid at *now* if there is one."""
        stores = (("public", public_roots), ("network", self._network_roots), ("local", local_roots))
        issued = cache(_issued)  # a signature takes longer to check than all the rest, and three stores ask
        for name, store in stores:
            paths = _paths(chain, store(), issued)
            if paths:
                return name, next((path for path in paths if not _skew(path, now)), paths[0])
        return "unknown", ()


def _verdict(
    leaf: x509.Certificate, path: Sequence[x509.Certificate], authority: str, host: str, now: datetime
) -> tuple[Failure | None, float | None]:
    if authority == "unknown":
        return Failure.SSL_UNKNOWN_AUTHORITY, None
    if authority == "local":
        return Failure.SSL_LOCAL_AUTHORITY, None
    if not covers(_names(leaf), host):
        return Failure.SSL_INVALID_HOSTNAME, None
    skew = _skew(path, now)
    if not skew:
        return None, None
    return (Failure.SSL_NOT_YET_VALID_CERTIFICATE if skew > 0 else Failure.SSL_EXPIRED_CERTIFICATE), skew


def covers(names: Iterable[str], host: str) -> bool:
    """Whether one of *names* covers *host*; a wildcard covers one label (RFC 6125 section 6.4.3)."""
    wanted = host.rstrip(".").lower()
    parent = "" if is_address(wanted) else wanted.partition(".")[2]
    return any(
        name.lower() == wanted or (parent and name.startswith("*.") and name[2:].lower() == parent)
        for name in names
    )


def _paths(
    chain: Sequence[x509.Certificate],
    store: RootStore,
    issued: Callable[[x509.Certificate, x509.Certificate], bool],
) -> list[tuple[x509.Certificate, ...]]:
    """All paths from the first certificate of *chain*, through the others, to a root of *store* (included).

    Uses each certificate once, so that a hostile chain costs at most the square of its length.
    """
    found = []
    ways: list[tuple[x509.Certificate, ...]] = [(chain[0],)]
    others = list(chain[1:])
    while ways:
        way = ways.pop(0)
        last = way[-1]
        if last in store.named(last.subject):
            found.append(way)
            continue
        roots = store.named(last.issuer)
        found += [(*way, root) for root in roots if issued(last, root)]
        for issuer in [other for other in others if other.subject == last.issuer and issued(last, other)]:
            others.remove(issuer)
            ways.append((*way, issuer))
    return found


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether *issuer* signed *certificate* and is allowed to sign."""
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        if not constraints.ca:
            return False
    except x509.ExtensionNotFound:
        if issuer.version is x509.Version.v3 and issuer.subject != issuer.issuer:
            return False  # an old root may lack the extension, an intermediate certificate may not
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _skew(path: Sequence[x509.Certificate], now: datetime) -> float:
    """Seconds by which *now* misses the validity of the worst certificate; 0 if all are valid."""
    misses = [_miss(certificate, now) for certificate in path]
    return max(misses, key=abs, default=0.0)


def _miss(certificate: x509.Certificate, now: datetime) -> float:
    if now < certificate.not_valid_before_utc:
        return (certificate.not_valid_before_utc - now).total_seconds()
    return min(0.0, (certificate.not_valid_after_utc - now).total_seconds())


def _facts(leaf: x509.Certificate) -> dict[str, object]:
    return {
        "issuer": leaf.issuer.rfc4514_string(),
        "subject": leaf.subject.rfc4514_string(),
        "names": list(_names(leaf))[:20],
        "not_before": leaf.not_valid_before_utc.isoformat(),
        "not_after": leaf.not_valid_after_utc.isoformat(),
    }


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    """The names and addresses of the subject alternative name extension."""
    try:
        value = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = (str(address) for address in value.get_values_for_type(x509.IPAddress))
    return (*value.get_values_for_type(x509.DNSName), *addresses)
