"""Certificates made for one run: the lab's CA, the interceptor's CA, and leaves right or wrong in one way."""

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.lab import addresses as at

DAY = dt.timedelta(days=1)
# One label for a wildcard; every name of the lab is covered by one of these.
SERVICE_NAMES = (
    at.ZONE,
    f"*.{at.ZONE}",
    *at.FIXED_NAMES,
    *at.ROAMING_NAMES,
)


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA: its certificate and key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def make(cls, name: str) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        now = dt.datetime.now(dt.UTC)
        builder = _builder(subject, subject, key, now - 3650 * DAY, now + 3650 * DAY)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(usage, critical=True)
        return cls(builder.sign(key, hashes.SHA256()), key)

    @classmethod
    def load(cls, folder: Path, stem: str) -> "Authority":
        key = serialization.load_pem_private_key((folder / f"{stem}.key").read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return cls(x509.load_pem_x509_certificate((folder / f"{stem}.pem").read_bytes()), key)

    def save(self, folder: Path, stem: str) -> None:
        (folder / f"{stem}.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        _write_key(folder / f"{stem}.key", self.key)

    def leaf(
        self, folder: Path, stem: str, names: tuple[str, ...], starts: dt.timedelta, ends: dt.timedelta
    ) -> Path:
        """Write STEM.pem (leaf and CA) and STEM.key, valid from now+*starts* to now+*ends*; the path."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = dt.datetime.now(dt.UTC)
        builder = _builder(
            _name(names[0]), self.certificate.subject, key, now + starts, now + ends, self.key.public_key()
        )
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general(name) for name in names]), critical=False
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        signed = builder.sign(self.key, hashes.SHA256())
        chain = signed.public_bytes(serialization.Encoding.PEM)
        chain += self.certificate.public_bytes(serialization.Encoding.PEM)
        (folder / f"{stem}.pem").write_bytes(chain)
        _write_key(folder / f"{stem}.key", key)
        return folder / f"{stem}.pem"


def make_all(folder: Path) -> None:
    """Write into *folder* what the servers need: lab, interceptor (CAs), genuine and the wrong leaves."""
    lab = Authority.make("Lineman Lab Root")
    lab.save(folder, "lab")
    Authority.make("Example Security Appliance").save(folder, "interceptor")
    lab.leaf(folder, "genuine", SERVICE_NAMES, -30 * DAY, 60 * DAY)
    lab.leaf(folder, "wrong-name", ("www.example", "*.example"), -30 * DAY, 60 * DAY)
    lab.leaf(folder, "expired", SERVICE_NAMES, -90 * DAY, -2 * DAY)
    lab.leaf(folder, "not-yet-valid", SERVICE_NAMES, 2 * DAY, 90 * DAY)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    starts: dt.datetime,
    ends: dt.datetime,
    issuer_key: ec.EllipticCurvePublicKey | None = None,
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(starts).not_valid_after(ends)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key or key.public_key())
    return builder.add_extension(own, critical=False).add_extension(above, critical=False)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
