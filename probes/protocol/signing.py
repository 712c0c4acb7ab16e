"""Texts signed with Ed25519: a canonical JSON body and its signature, good for one kind of text only.

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
    """Write *payload* with a signature that is good for this *kind* of text only."""
    body = canonical(payload)
    return canonical({"body": body, "signature": encode(key.signing.sign(signed_bytes(kind, body)))})


def split(text: str) -> tuple[str, str]:
    """The body and the signature of a signed *text*, unchecked; the body is in its one canonical form."""
    envelope = read_json(json_codec.load(text), _Envelope, "envelope")
    inner = json_codec.load(envelope.body)
    if not isinstance(inner, dict) or canonical(inner) != envelope.body:
        raise WireError("envelope.body: is not in canonical form")
    return envelope.body, envelope.signature


def check(kind: str, body: str, signature: str, key: str) -> None:
    """Raise `WireError` unless *signature* is that of *key* over this *kind* of *body*."""
    try:
        public_key(key).verify(decode(signature), signed_bytes(kind, body))
    except (ValueError, InvalidSignature):
        raise WireError("envelope.signature: is not right") from None


def canonical(value: Json) -> str:
    """Write *value* in its one form: keys sorted, no spaces, ASCII; `WireError` where there is none."""
    try:
        return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True)
    except (ValueError, TypeError, RecursionError):
        raise WireError("this cannot be written as JSON") from None


def signed_bytes(kind: str, body: str) -> bytes:
    """What is signed: the kind stands before the *body*, so that no text passes for one of another kind."""
    return f"lineman {kind} {VERSION}\n{body}".encode()


def prove(hello: Hello, challenge: Challenge, token: str, me: Identity) -> str:
    """Sign the hub's challenge together with all that was said before it."""
    return encode(me.signing.sign(_proof(hello, challenge, token)))


def is_proved(signature: str, hello: Hello, challenge: Challenge, token: str) -> bool:
    """Whether *signature* is by the key of *hello*, over this very conversation."""
    try:
        public_key(hello.key).verify(decode(signature), _proof(hello, challenge, token))
    except (ValueError, InvalidSignature):
        return False
    return True


def _proof(hello: Hello, challenge: Challenge, token: str) -> bytes:
    claims = [hello.hub, hello.key, hello.sealing, hello.version, list(hello.probes)]
    hidden = hashlib.sha256(token.encode()).hexdigest()
    return signed_bytes("proof", canonical({"hello": claims, "nonce": challenge.nonce, "token": hidden}))
