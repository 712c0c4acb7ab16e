"""Read the fingerprint of the hub's certificate, for an invitation."""

import hashlib
import ssl
from pathlib import Path

from bot.errors import UsageError


def read_pin(path: str) -> str:
    """Return the SHA-256 of the first certificate in the PEM file *path*, in hex; `UsageError` without one."""
    try:
        der = ssl.PEM_cert_to_DER_cert(_first_certificate(Path(path).read_text("ascii")))
    except (OSError, ValueError) as error:
        raise UsageError(f"The certificate {path} cannot be read: {error}.") from error
    return hashlib.sha256(der).hexdigest()


def _first_certificate(text: str) -> str:
    end = "-----END CERTIFICATE-----"
    before, found, _ = text.partition(end)
    return before[before.find("-----BEGIN CERTIFICATE-----") :] + found
