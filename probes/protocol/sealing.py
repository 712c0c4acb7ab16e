"""Encrypt secrets to one relay by HPKE (RFC 9180, base mode), bound to the signed plan that carries them.

Pure: no network, no clock.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from probes.protocol import json_codec
from probes.protocol.json_fields import WireError, read_json
from probes.protocol.keys import Identity, decode, encode, raw_key
from probes.protocol.signing import canonical

Sealed: TypeAlias = Mapping[str, Mapping[str, str]]  # step id -> name -> secret

# DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305: the suite of RFC 9180, appendix A.2.
SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


def seal(secrets: Sealed, key: str, bound: bytes) -> str:
    """Encrypt *secrets* to the X25519 *key*; decryption requires the same *bound*."""
    public = X25519PublicKey.from_public_bytes(raw_key(key))
    return encode(SUITE.encrypt(secrets_to_text(secrets), public, info=bound))


def unseal(text: str, me: Identity, bound: bytes) -> Sealed:
    """Decrypt secrets that were encrypted to *me*; raise `WireError` on failure."""
    try:
        return secrets_from_text(SUITE.decrypt(decode(text), me.opening, info=bound))
    except (ValueError, InvalidTag):
        raise WireError("sealed: cannot be decrypted") from None


def secrets_to_text(secrets: Sealed) -> bytes:
    """Write *secrets* as the plaintext to encrypt."""
    return canonical({step: dict(secret) for step, secret in secrets.items()}).encode()


def secrets_from_text(text: bytes) -> Sealed:
    """Read the output of `secrets_to_text`; raise `WireError` when it is not valid."""
    return read_json(json_codec.load(text), dict[str, dict[str, str]], "sealed")
