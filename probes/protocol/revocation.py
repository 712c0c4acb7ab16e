"""The end of a relay, signed with the key that signs plans: only this ends a relay for good.

Pure: no network, no clock. A hub passes the text on; it has no key of its own.
"""

from collections.abc import Iterable
from typing import Final

from probes.protocol import json_codec
from probes.protocol.json_fields import Json, WireError
from probes.protocol.keys import Identity
from probes.protocol.signing import check, sign, split

KIND: Final = "revocation"


def sign_revocation(relay: str, at: float, signer: Identity) -> str:
    """Sign that the relay with the public key *relay* was revoked *at* this time, in seconds since the epoch."""
    return sign(KIND, {"relay": relay, "at": at}, signer)


def is_revocation(text: str, relay: str, signers: Iterable[str]) -> bool:
    """Tell whether *text* revokes the relay with this public key, by one of the *signers* (public keys)."""
    try:
        body, signature = split(text)
        claim: Json = json_codec.load(body)
    except WireError:
        return False
    return claim.get("relay") == relay and any(_is_by(key, body, signature) for key in signers)


def _is_by(key: str, body: str, signature: str) -> bool:
    try:
        check(KIND, body, signature, key)
    except WireError:
        return False
    return True
