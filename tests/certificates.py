"""Certificates for tests: authorities, intermediates, and servers with any dates and names one likes."""

import datetime as dt
import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

NOW: Final = dt.datetime.now(dt.UTC)
DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """A certificate, its key, and the certificates between it and its root."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    between: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def chain(self) -> tuple[bytes, ...]:
        """DER, as a server sends it."""
        return tuple(entry.public_bytes(Encoding.DER) for entry in (self.certificate, *self.between))

    def context(self) -> ssl.SSLContext:
        """What a TLS server with this identity needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        chain = "".join(
            entry.public_bytes(Encoding.PEM).decode() for entry in (self.certificate, *self.between)
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "identity.pem")
            path.write_text(key + chain)
            context.load_cert_chain(path)
        return context


def make_authority(
    name: str,
    issuer: Identity | None = None,
    *,
    basic: bool = True,
    ca: bool = True,
    start: int = -400,
    end: int = 400,
    key: ec.EllipticCurvePrivateKey | None = None,
) -> Identity:
    """A root, or an intermediate under *issuer*; without `basic` it has no extensions, as old roots."""
    extensions = [x509.BasicConstraints(ca=ca, path_length=None)] if basic else []
    return _make(name, issuer, extensions, start, end, key)


def make_server(issuer: Identity | None, *names: str, start: int = -30, end: int = 60) -> Identity:
    """A server's certificate under *issuer*, or self-signed, valid from day *start* to *end* from now."""
    entries = [_entry(name) for name in names]
    return _make(names[0], issuer, [x509.SubjectAlternativeName(entries)], start, end, None)


def _entry(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _make(
    name: str,
    issuer: Identity | None,
    extensions: list[x509.ExtensionType],
    start: int,
    end: int,
    key: ec.EllipticCurvePrivateKey | None,
) -> Identity:
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + start * DAY)
        .not_valid_after(NOW + end * DAY)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    certificate = builder.sign(issuer.key if issuer else key, hashes.SHA256())
    # A root is not sent along; what stands between it and the server is.
    is_root = issuer is None or issuer.certificate.subject == issuer.certificate.issuer
    between = () if issuer is None or is_root else (issuer.certificate, *issuer.between)
    return Identity(certificate, key, between)
