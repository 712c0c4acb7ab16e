"""Keys: Ed25519 to sign with, X25519 derived from it to be sent secrets, and how both are written.

A public key is 32 bytes in base64url; a key's id (`fingerprint`) is half of its SHA-256, in hex.
"""

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_SEED: Final = 32  # bytes
_FILE: Final = "lineman-key-1:"  # what a key file starts with


class KeyFileError(ValueError):
    """A key file is missing, readable by others, or holds no key; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One secret and what follows from it."""

    signing: Ed25519PrivateKey
    opening: X25519PrivateKey  # opens what was sealed to `sealing`

    @classmethod
    def from_seed(cls, seed: bytes) -> "Identity":
        """Derive both keys of 32 secret bytes."""
        derived = HKDF(hashes.SHA256(), _SEED, salt=None, info=b"lineman sealing 1").derive(seed)
        return cls(Ed25519PrivateKey.from_private_bytes(seed), X25519PrivateKey.from_private_bytes(derived))

    @classmethod
    def new(cls) -> "Identity":
        """Make a fresh one."""
        return cls.from_seed(os.urandom(_SEED))

    @property
    def key(self) -> str:
        """The public key that signatures are checked with."""
        return encode(self.signing.public_key().public_bytes_raw())

    @property
    def sealing(self) -> str:
        """The public key that secrets are sealed to."""
        return encode(self.opening.public_key().public_bytes_raw())

    @property
    def id(self) -> str:
        """What envelopes are addressed to, and signed as."""
        return fingerprint(self.key)


def fingerprint(key: str) -> str:
    """The id of a public *key*; raises ValueError where it is none."""
    return hashlib.sha256(raw_key(key)).hexdigest()[:32]


def public_key(key: str) -> Ed25519PublicKey:
    """Read a public key; raises ValueError."""
    return Ed25519PublicKey.from_public_bytes(raw_key(key))


def raw_key(key: str) -> bytes:
    """The 32 bytes of a public *key*; raises ValueError, also where it is written in another way than ours."""
    raw = decode(key)
    if len(raw) != _SEED:
        raise ValueError("a public key has 32 bytes")
    return raw


def encode(raw: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Read base64url without padding; raises ValueError for every other way to write the same bytes."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if encode(raw) != text:
        raise ValueError("not base64url")
    return raw


def load_identity(path: Path) -> Identity:
    """Read a key file; it must be its owner's alone."""
    try:
        if path.stat().st_mode & 0o077:
            raise KeyFileError(f"{path} can be read by others; make it 0600, and rotate the key if they did.")
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}."
        ) from error
    return parse_identity(text, str(path))


def parse_identity(text: str, where: str) -> Identity:
    """Read what a key file, or a variable called *where*, holds."""
    try:
        seed = decode(text.removeprefix(_FILE)) if text.startswith(_FILE) else b""
    except ValueError:
        seed = b""
    if len(seed) != _SEED:
        raise KeyFileError(f"{where} holds no key of Lineman's.")
    return Identity.from_seed(seed)


def make_identity(path: Path) -> Identity:
    """Make a key and write it to *path*, 0600; raises FileExistsError rather than write over one.

    The file is whole from the moment it is there: another process may look for it at the same time.
    """
    seed = os.urandom(_SEED)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key_text(seed) + "\n")
        os.link(draft, path)
    finally:
        draft.unlink()
    return Identity.from_seed(seed)


def key_text(seed: bytes) -> str:
    """Write a secret the way key files and variables hold it."""
    return _FILE + encode(seed)
