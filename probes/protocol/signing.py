"""Ed25519 signatures over canonical JSON, each valid for one kind of text only, and the relay's proof of identity.

Pure: no network, no clock.
"""

import hashlib
import json
from typing import Final

from cryptography.exceptions import InvalidSignature
from msgspec import Struct

from probes.protocol import json_codec
from probes.protocol.json_fields import Json, WireError, read_json
from probes.protocol.keys import Identity, decode, encode, public_key
from probes.protocol.messages import Challenge, Hello

VERSION: Final = 1


class _Envelope(Struct, forbid_unknown_fields=True):
    body: str
    signature: str


def sign(kind: str, payload: Json, key: Identity) -> str:
    """Write *payload* with a signature that is valid only for this *kind* of text."""
    body = canonical(payload)
    return canonical({"body": body, "signature": encode(key.signing.sign(signed_bytes(kind, body)))})


def split(text: str) -> tuple[str, str]:
    """Return the body and the signature of a signed *text*, not verified; raise `WireError` unless it is canonical."""
    envelope = read_json(json_codec.load(text), _Envelope, "envelope")
    inner = json_codec.load(envelope.body)
    if not isinstance(inner, dict) or canonical(inner) != envelope.body:
        raise WireError("envelope.body: is not in canonical form")
    return envelope.body, envelope.signature


def check(kind: str, body: str, signature: str, key: str) -> None:
    """Raise `WireError` unless *signature* by *key* is valid for *body* as this *kind* of text."""
    try:
        public_key(key).verify(decode(signature), signed_bytes(kind, body))
    except (ValueError, InvalidSignature):
        raise WireError("envelope.signature: is not valid") from None


def canonical(value: Json) -> str:
    """Write *value* as canonical JSON: sorted keys, no spaces, ASCII; raise `WireError` when it is not JSON."""
    try:
        return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True)
    except (ValueError, TypeError, RecursionError):
        raise WireError("this cannot be written as JSON") from None


def signed_bytes(kind: str, body: str) -> bytes:
    """Return the bytes to sign; they start with *kind*, so that no text passes for another kind."""
    return f"lineman {kind} {VERSION}\n{body}".encode()


def prove(hello: Hello, challenge: Challenge, token: str, me: Identity) -> str:
    """Sign the hub's *challenge* together with the *hello* and the join *token*."""
    return encode(me.signing.sign(_proof(hello, challenge, token)))


def is_proved(signature: str, hello: Hello, challenge: Challenge, token: str) -> bool:
    """Whether *signature* is by the key of *hello*, over this *hello*, *challenge*, and *token*."""
    try:
        public_key(hello.key).verify(decode(signature), _proof(hello, challenge, token))
    except (ValueError, InvalidSignature):
        return False
    return True


def _proof(hello: Hello, challenge: Challenge, token: str) -> bytes:
    claims = [hello.hub, hello.key, hello.sealing, hello.version, list(hello.probes)]
    hidden = hashlib.sha256(token.encode()).hexdigest()
    return signed_bytes("proof", canonical({"hello": claims, "nonce": challenge.nonce, "token": hidden}))
