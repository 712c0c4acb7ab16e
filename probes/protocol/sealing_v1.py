"""Encrypt secrets in signed plans of version 1, for relays and bots of 0.1.

Remove this file with 0.3.0: Lineman 0.2 supports both versions so that hub, bot, and relays can be upgraded in any
order.
Pure: no network, no clock.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from probes.protocol.json_fields import WireError
from probes.protocol.keys import Identity, decode, encode, raw_key
from probes.protocol.sealing import Sealed, secrets_from_text, secrets_to_text


def seal_v1(secrets: Sealed, key: str, bound: bytes) -> str:
    """Encrypt *secrets* to the X25519 *key*: an ephemeral key, HKDF-SHA256, ChaCha20-Poly1305; *bound* must match."""
    ephemeral = X25519PrivateKey.generate()
    public = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(raw_key(key)))
    # The key is used once, so the nonce may be constant.
    cipher = ChaCha20Poly1305(_derive(shared, public, key))
    return encode(public + cipher.encrypt(bytes(12), secrets_to_text(secrets), bound))


def unseal_v1(text: str, me: Identity, bound: bytes) -> Sealed:
    """Decrypt secrets that were encrypted to *me*; raise `WireError` on failure."""
    try:
        raw = decode(text)
        shared = me.opening.exchange(X25519PublicKey.from_public_bytes(raw[:32]))
        cipher = ChaCha20Poly1305(_derive(shared, raw[:32], me.sealing))
        return secrets_from_text(cipher.decrypt(bytes(12), raw[32:], bound))
    except (ValueError, InvalidTag):
        raise WireError("sealed: cannot be decrypted") from None


def _derive(shared: bytes, public: bytes, key: str) -> bytes:
    info = b"lineman sealed 1" + public + raw_key(key)
    return HKDF(hashes.SHA256(), 32, salt=None, info=info).derive(shared)
