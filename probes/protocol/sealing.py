"""Secrets sealed to one relay: X25519, HKDF-SHA256 and ChaCha20-Poly1305, bound to the order that they travel with.

Pure: no network, no clock.
"""

from collections.abc import Mapping
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from probes.protocol import json_codec
from probes.protocol.json_fields import Fields, WireError
from probes.protocol.keys import Identity, decode, encode, raw_key
from probes.protocol.signing import canonical

Sealed: TypeAlias = Mapping[str, Mapping[str, str]]  # step id -> name -> secret


def seal(secrets: Sealed, key: str, bound: bytes) -> str:
    """Encrypt *secrets* for the X25519 *key*: an ephemeral key, HKDF-SHA256, ChaCha20-Poly1305; *bound* must match."""
    mine = X25519PrivateKey.generate()
    public = mine.public_key().public_bytes_raw()
    shared = mine.exchange(X25519PublicKey.from_public_bytes(raw_key(key)))
    text = canonical({step: dict(secret) for step, secret in secrets.items()}).encode()
    # The key is used once, so that the nonce may be constant.
    return encode(public + ChaCha20Poly1305(_derive(shared, public, key)).encrypt(bytes(12), text, bound))


def unseal(text: str, me: Identity, bound: bytes) -> Sealed:
    """Decrypt what was sealed to *me*; `WireError`."""
    try:
        raw = decode(text)
        shared = me.opening.exchange(X25519PublicKey.from_public_bytes(raw[:32]))
        cipher = ChaCha20Poly1305(_derive(shared, raw[:32], me.sealing))
        found = json_codec.load(cipher.decrypt(bytes(12), raw[32:], bound))
    except (ValueError, InvalidTag):
        raise WireError("sealed: does not open") from None
    fields = Fields(found, "sealed")
    return {step: fields.named_texts(step) for step in list(found)}


def _derive(shared: bytes, public: bytes, key: str) -> bytes:
    info = b"lineman sealed 1" + public + raw_key(key)
    return HKDF(hashes.SHA256(), 32, salt=None, info=info).derive(shared)
