"""Read the trust roots of a network file: PEM text, or the path of a PEM file next to it."""

import warnings
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

_PEM: Final = "-----BEGIN"
_LARGEST_BUNDLE: Final = 1024 * 1024  # bytes; the whole set of public roots is a quarter of that


class RootError(ValueError):
    """The trust root has no certificate; the text says why and what to do."""


def read_root(root: str, folder: Path) -> str:
    """The PEM text of *root*, which is PEM or a path relative to *folder*; raises `RootError`."""
    text = root if _PEM in root else _file(folder / root)
    try:
        with warnings.catch_warnings():
            # An old private root may have a serial number below 1 (RFC 5280 section 4.1.2.2); it is still a
            # root.
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        raise RootError(
            "the trust root is not a certificate in PEM form (-----BEGIN CERTIFICATE-----)"
        ) from None
    return text


def _file(path: Path) -> str:
    if not path.is_file():  # also false for a path that is not valid
        raise RootError(f"there is no file {path}; give the path relative to the network file")
    try:
        with path.open("rb") as stream:
            source = stream.read(_LARGEST_BUNDLE + 1)
    except OSError as error:
        raise RootError(f"the trust root {path} cannot be read: {error.strerror}") from None
    if len(source) > _LARGEST_BUNDLE:
        raise RootError(f"the trust root {path} is larger than 1 MiB")
    return source.decode("utf-8", "replace")
