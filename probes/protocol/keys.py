"""Key files and fingerprints: Ed25519 keys for signing, and the X25519 keys derived from them to receive secrets.

A public key is 32 bytes in base64url; a key's id (`fingerprint`) is half of its SHA-256, in hex.
"""

import base64
import hashlib
import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from probes.protocol.file_owner import foreign_owner_note
from probes.protocol.frozen import frozen

_SEED: Final = 32  # bytes
_FILE: Final = "lineman-key-1:"  # start of a key file


class KeyFileError(ValueError):
    """A key file is missing, another user's, readable by other users, or holds no key; the message is a sentence."""


@frozen
class Identity:
    """The key pairs of one relay or bot, derived from one seed."""

    signing: Ed25519PrivateKey
    opening: X25519PrivateKey  # decrypts what was encrypted to `sealing`

    @classmethod
    def from_seed(cls, seed: bytes) -> "Identity":
        """Derive both keys from 32 secret bytes."""
        derived = HKDF(hashes.SHA256(), _SEED, salt=None, info=b"lineman sealing 1").derive(seed)
        return cls(Ed25519PrivateKey.from_private_bytes(seed), X25519PrivateKey.from_private_bytes(derived))

    @classmethod
    def new(cls) -> "Identity":
        """Make an identity from a random seed."""
        return cls.from_seed(os.urandom(_SEED))

    @property
    def key(self) -> str:
        """The public Ed25519 key, which verifies signatures."""
        return encode(self.signing.public_key().public_bytes_raw())

    @property
    def sealing(self) -> str:
        """The public X25519 key, to which secrets are encrypted."""
        return encode(self.opening.public_key().public_bytes_raw())

    @property
    def id(self) -> str:
        """The fingerprint: signed plans name it as their audience or their signer."""
        return fingerprint(self.key)


def fingerprint(key: str) -> str:
    """Return the id of a public *key*; raise ValueError when it is not a key."""
    return hashlib.sha256(raw_key(key)).hexdigest()[:32]


def public_key(key: str) -> Ed25519PublicKey:
    """Read a public key; raise ValueError when it is not valid."""
    return Ed25519PublicKey.from_public_bytes(raw_key(key))


def raw_key(key: str) -> bytes:
    """Return the 32 bytes of a public *key*; raise ValueError unless it is valid and written as `encode` does."""
    raw = decode(key)
    if len(raw) != _SEED:
        raise ValueError("a public key has 32 bytes")
    return raw


def encode(raw: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Read base64url without padding; raise ValueError for any other spelling of the same bytes."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if encode(raw) != text:
        raise ValueError("not base64url")
    return raw


def load_identity(path: Path) -> Identity:
    """Read a key file; raise KeyFileError unless it belongs to this user, or root, and only its owner can read it."""
    try:
        if note := foreign_owner_note(path):
            raise KeyFileError(note)
        if path.stat().st_mode & 0o077:
            raise KeyFileError(
                f"other users can read {path}. Run chmod 0600 on it, and rotate the key if they did."
            )
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is not text'}."
        ) from error
    return parse_identity(text, str(path))


def parse_identity(text: str, where: str) -> Identity:
    """Read the *text* of a key file or environment variable; *where* names it in errors."""
    try:
        seed = decode(text.removeprefix(_FILE)) if text.startswith(_FILE) else b""
    except ValueError:
        seed = b""
    if len(seed) != _SEED:
        raise KeyFileError(f"{where} does not contain a Lineman key.")
    return Identity.from_seed(seed)


def make_identity(path: Path) -> Identity:
    """Make a key and write it to *path*, 0600; raise FileExistsError rather than overwrite a file.

    The file appears complete, because another process may read it at the same time.
    """
    seed = os.urandom(_SEED)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(path, key_text(seed).encode("ascii") + b"\n")
    return Identity.from_seed(seed)


def write_private(path: Path, content: bytes) -> None:
    """Write *content* to the new file *path*, 0600, which appears complete; raise FileExistsError if there is one.

    A full disk, a kill, or a power failure leaves no part of it under that name.
    """
    draft = path.with_name(f"{path.name}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        os.link(draft, path)
    finally:
        draft.unlink()


def key_text(seed: bytes) -> str:
    """Write a seed in the format of key files and environment variables."""
    return _FILE + encode(seed)
