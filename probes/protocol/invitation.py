"""Join invitations: the hub's address, the key that signs plans, and a join token, in one word.

Pure: no network, no clock. The token works once and expires; the hub stores only its hash.
"""

from typing import Final
from urllib.parse import urlsplit

from probes.protocol import json_codec
from probes.protocol.frozen import frozen
from probes.protocol.json_fields import JsonForm, WireError
from probes.protocol.keys import decode, encode, fingerprint
from probes.protocol.signing import canonical

_START: Final = "lineman1."
_LONGEST: Final = 2_000


@frozen
class Invitation:
    """An invitation: `lineman relays invite` makes it, and `lineman relay join` reads it."""

    hub: str  # wss://host[:port]/path
    secret: str  # the join token, as `messages.Proof` carries it
    signer: str  # the bot's public key: the relay runs only plans signed with it
    pin: str = ""  # SHA-256 of the hub's certificate (DER), in hex; "" to use the system's roots


_INVITATION: Final = JsonForm(Invitation)


def write_invitation(invitation: Invitation) -> str:
    """Write *invitation* as one word."""
    names = ("hub", "secret", "signer", "pin")
    return _START + encode(canonical({name: getattr(invitation, name) for name in names}).encode())


def read_invitation(word: str) -> Invitation:
    """Read an invitation; raise `WireError` with the reason when it is not valid."""
    word = word.strip()
    if not word.startswith(_START) or len(word) > _LONGEST:
        raise WireError(f"this is not an invitation; it must start with {_START}")
    try:
        text = decode(word.removeprefix(_START))
    except ValueError:
        raise WireError("the invitation was not copied completely") from None
    invitation = _INVITATION.read(json_codec.load(text), "invitation")
    check_hub(invitation.hub)
    check_pin(invitation.pin)
    try:
        fingerprint(invitation.signer)
    except ValueError:
        raise WireError("invitation.signer: is not a public key") from None
    return invitation


def check_hub(url: str) -> str:
    """Return `host[:port]` of a hub's *url*, which the proof names; raise `WireError` unless it is wss."""
    parts = urlsplit(url)
    local = parts.scheme == "ws" and parts.hostname in {
        "127.0.0.1",
        "::1",
        "localhost",
    }  # nginx on the same host, tests
    if not (parts.scheme == "wss" or local) or not parts.hostname or parts.username:
        raise WireError("the hub's address must look like wss://host/path")
    return parts.netloc.lower()


def check_pin(pin: str) -> None:
    """Raise `WireError` unless *pin* is "" or the SHA-256 of a certificate in hex."""
    if pin and (len(pin) != 64 or not set(pin) <= set("0123456789abcdef")):
        raise WireError("the pin must be the SHA-256 of the hub's certificate: 64 digits of lower-case hex")
