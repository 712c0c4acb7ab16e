"""Trusted root certificates: the public web's (Mozilla's list) and this host's."""

import base64
import functools
import re
import ssl
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import certifi
from cryptography import x509


class RootStore:
    """Trusted certificates, indexed by subject.

    Stored as DER: parsed, they take four times the memory, and a plan needs two or three of about 150.
    """

    def __init__(self) -> None:
        self._ders: dict[bytes, list[bytes]] = {}  # by the subject's encoding

    def add(self, der: bytes) -> None:
        """Trust the certificate *der*; raises ValueError if it is not a certificate."""
        subject = x509.load_der_x509_certificate(der).subject.public_bytes()
        self._ders.setdefault(subject, []).append(der)

    def named(self, subject: x509.Name) -> list[x509.Certificate]:
        """The trusted certificates with this *subject*."""
        return [x509.load_der_x509_certificate(der) for der in self._ders.get(subject.public_bytes(), ())]


@functools.cache
def public_roots() -> RootStore:
    """Mozilla's list of certificate authorities, from certifi; read once per process, at first use."""
    return index_roots([Path(certifi.where()).read_bytes()])


def local_roots() -> RootStore:
    """The roots that this host trusts: OpenSSL's default file and folder, or SSL_CERT_FILE and SSL_CERT_DIR."""
    places = ssl.get_default_verify_paths()
    return _read_store(places.cafile or "", places.capath or "")


@functools.cache
def _read_store(file: str, folder: str) -> RootStore:
    paths = [Path(file)] if file else []
    if folder:  # OpenSSL reads only files with these names (openssl-rehash(1))
        paths += [path for path in Path(folder).iterdir() if re.fullmatch(r"[0-9a-f]{8}\.\d+", path.name)]
    return index_roots(_readable(paths))


def _readable(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        try:
            yield path.read_bytes()
        except OSError:
            continue  # a dangling link or another user's file; OpenSSL skips it, too


def index_roots(pems: Iterable[bytes]) -> RootStore:
    """Index the certificates in *pems* by subject; skips what it cannot parse, as OpenSSL does."""
    store = RootStore()
    for pem in pems:
        for block in re.findall(
            rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", pem, re.DOTALL
        ):
            try:
                with warnings.catch_warnings():
                    # Some old roots have serial numbers that cryptography warns about. They are trusted.
                    warnings.simplefilter("ignore")
                    store.add(base64.b64decode(block))
            except ValueError:
                continue
    return store
