"""The certificates that count as trusted: the public web's, and this host's own."""

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
    """Certificates that are trusted, found by their subject.

    Kept as they came: read, they take four times the memory, and of a hundred and fifty a plan needs two or three.
    """

    def __init__(self) -> None:
        self._ders: dict[bytes, list[bytes]] = {}  # by the subject's encoding

    def add(self, der: bytes) -> None:
        """Trust the certificate *der*; ValueError when it is none."""
        subject = x509.load_der_x509_certificate(der).subject.public_bytes()
        self._ders.setdefault(subject, []).append(der)

    def named(self, subject: x509.Name) -> list[x509.Certificate]:
        """Those of *subject*."""
        return [x509.load_der_x509_certificate(der) for der in self._ders.get(subject.public_bytes(), ())]


@functools.cache
def public_roots() -> RootStore:
    """The authorities of the public web, as Mozilla lists them; read at first need, once a process."""
    return index_roots([Path(certifi.where()).read_bytes()])


def local_roots() -> RootStore:
    """What this host believes in: OpenSSL's default file and folder, or SSL_CERT_FILE and SSL_CERT_DIR."""
    places = ssl.get_default_verify_paths()
    return _read_store(places.cafile or "", places.capath or "")


@functools.cache
def _read_store(file: str, folder: str) -> RootStore:
    paths = [Path(file)] if file else []
    if folder:  # OpenSSL looks at nothing in it but these names (openssl-rehash(1))
        paths += [path for path in Path(folder).iterdir() if re.fullmatch(r"[0-9a-f]{8}\.\d+", path.name)]
    return index_roots(_readable(paths))


def _readable(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        try:
            yield path.read_bytes()
        except OSError:
            continue  # a dangling link or another user's file: OpenSSL passes over it as well


def index_roots(pems: Iterable[bytes]) -> RootStore:
    """The certificates in *pems*, by subject; what cannot be read is left out, as OpenSSL does."""
    store = RootStore()
    for pem in pems:
        for block in re.findall(
            rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", pem, re.DOTALL
        ):
            try:
                with warnings.catch_warnings():
                    # Some old roots have serial numbers that cryptography warns of; they are trusted.
                    warnings.simplefilter("ignore")
                    store.add(base64.b64decode(block))
            except ValueError:
                continue
    return store
