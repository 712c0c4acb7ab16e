"""What hub and relay say to each other: one JSON text per WebSocket frame, the same grammar for both sides.

The relay speaks first: hello, challenge, proof, welcome, ready; from then on plans go one way, and what became
of them the other. Pure: no network, no clock. `probes.protocol.message_codec` writes and reads them.
"""

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

from msgspec import Meta, Struct

from probes.protocol.json_fields import Amount, Count, Json

# Goes up when a message is added or changed; hub and relay understand one version, and say so.
VERSION: Final = 1

# The WebSocket subprotocol: a hub that does not answer with it is none, or an older one.
SUBPROTOCOL: Final = f"lineman-relay.{VERSION}"

# Bytes of a frame. A plan for all platforms of 31009 has some 60 kB, an observation seldom 2 kB.
LONGEST: Final = {"hub": 262_144, "relay": 65_536}

# Characters of a name, a word, a key; of a sentence for people; and of a signed verdict. Entries of a list.
_Short: TypeAlias = Annotated[str, Meta(max_length=200)]
_Sentence: TypeAlias = Annotated[str, Meta(max_length=1_000)]
_Signed: TypeAlias = Annotated[str, Meta(max_length=4_000)]
_Envelope: TypeAlias = Annotated[str, Meta(max_length=LONGEST["hub"])]
_Texts: TypeAlias = Annotated[tuple[_Short, ...], Meta(max_length=64)]
_Named: TypeAlias = Annotated[Mapping[_Short, _Sentence], Meta(max_length=64)]
_Offset: TypeAlias = Annotated[float, Meta(gt=-1e12, lt=1e12)]


class _Message(Struct, frozen=True, forbid_unknown_fields=True, tag=str.lower, tag_field="type"):
    """One message. Its type on the wire is its class in lower case, unless the class says otherwise; never renamed."""


class Hello(_Message, frozen=True):
    """Relay: this is my key. The hub answers with a challenge, whether it knows the key or not."""

    hub: _Short  # host[:port] that the relay dialled; the hub refuses a proof that was meant for another
    key: _Short  # its Ed25519 public key, as `keys.Identity.key` writes it
    sealing: _Short  # its X25519 public key, for secrets
    version: _Short  # of the relay's program
    probes: _Texts  # what it can look with: names in `probes.checks.PROBES`


class Challenge(_Message, frozen=True):
    """Hub: prove it. A nonce is for one connection."""

    nonce: _Short
    time: Amount  # seconds since the epoch, by the hub's clock


class Proof(_Message, frozen=True):
    """Relay: my signature over the challenge and the hello (`proof.prove`), with the join token if it is new."""

    signature: _Short
    token: _Short  # "" once enrolled


class Welcome(_Message, frozen=True):
    """Hub: you are known by this name."""

    name: _Short
    vantage: _Short  # one of `probes.protocol.model.VANTAGES`
    time: Amount
    beat: Amount  # seconds between the hub's pings; three missing ones end the connection


class Rejection(_Message, frozen=True):
    """Hub: no, and why. The connection ends after it."""

    reason: _Short  # a word in REJECTIONS
    sentence: _Sentence
    retry: Amount  # seconds until another try makes sense; 0 when none ever will


class Ready(_Message, frozen=True):
    """Relay: what the self-test found, and which plans it still holds from before a connection was lost."""

    ready: bool  # false: it does not take plans
    checks: _Named  # name of the check -> "" when fine, else a sentence
    offset: _Offset  # seconds that the relay's clock is ahead of the hub's (negative: behind)
    plans: _Texts  # ids; what they saw is sent (again) after this message
    limits: _Named  # its fence and quotas in words


class RunPlan(_Message, frozen=True, tag="order"):
    """Hub: a signed plan (`order.sign_order` makes it, the hub's endpoint only passes it on)."""

    envelope: _Envelope


class ObservationMessage(_Message, frozen=True, tag="seen"):
    """Relay: one observation, in the order of *n* from 1; sent again after a reconnect unless acknowledged."""

    plan: _Short  # id of the order
    n: Count
    observation: Json  # `json_codec.observation_to_json`


class Done(_Message, frozen=True):
    """Relay: the plan is over; *n* observations were sent. `report.open_report` reads what is signed."""

    plan: _Short
    n: Count
    outcome: _Short  # one of OUTCOMES
    signed: _Signed


class Refusal(_Message, frozen=True):
    """Relay: the order is not run, for a signed reason (`report.open_refusal`)."""

    plan: _Short  # "" when not even that could be read
    signed: _Signed


class Ack(_Message, frozen=True):
    """Hub: observations up to *n* of this plan are kept (after done: *n* + 1); the relay forgets them."""

    plan: _Short
    n: Count


class Cancel(_Message, frozen=True):
    """Hub: nobody needs the rest of this plan; the relay answers done, "cancelled"."""

    plan: _Short


class Leaving(_Message, frozen=True):
    """Relay: it stops; no more plans, these are still being finished."""

    plans: _Texts


class Ping(_Message, frozen=True):
    """Either side: are you there? The other answers pong with the same number."""

    n: Count


class Pong(_Message, frozen=True):
    """Yes, and by my clock it is *time*."""

    n: Count
    time: Amount


RelayMessage: TypeAlias = (
    Hello | Challenge | Proof | Welcome | Rejection | Ready | RunPlan | ObservationMessage | Done | Refusal
    | Ack | Cancel | Leaving | Ping | Pong
)  # fmt: skip

BY_RELAY: Final = (Hello, Proof, Ready, ObservationMessage, Done, Refusal, Leaving, Ping, Pong)
BY_HUB: Final = (Challenge, Welcome, Rejection, RunPlan, Ack, Cancel, Ping, Pong)

# Why a hub turns a relay away.
REJECTIONS: Final = (
    "unknown_relay", "revoked", "bad_token", "bad_proof", "wrong_hub", "replaced", "version", "malformed", "busy",
)  # fmt: skip

# How a plan ended on the relay: "stopped" gives it back unfinished, as the relay is going away.
OUTCOMES: Final = ("finished", "cancelled", "stopped")
