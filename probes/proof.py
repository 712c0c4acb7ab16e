"""Who a relay is: its signature over the hub's challenge and all that was said before it.

Pure: no network, no clock.
"""

import hashlib

from cryptography.exceptions import InvalidSignature

from probes.channel import Challenge, Hello
from probes.keys import Identity, decode, encode, public_key
from probes.signing import canonical, signed_bytes


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
    said = [hello.hub, hello.key, hello.sealing, hello.version, list(hello.probes)]
    hidden = hashlib.sha256(token.encode()).hexdigest()
    return signed_bytes("proof", canonical({"hello": said, "nonce": challenge.nonce, "token": hidden}))
