"""The messages between hub and relay: one JSON text per WebSocket frame.

The relay starts: hello, challenge, proof, welcome, ready. After that, the hub sends plans and the relay sends
observations and reports. Pure: no network, no clock. `probes.protocol.message_codec` writes and reads the messages.
"""

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

from msgspec import Meta, Struct

from probes.protocol.json_fields import Amount, Count, Json

# Increase it when a message is added or changed. Hub and relay accept one version only and state it.
VERSION: Final = 1

# The WebSocket subprotocol. A server that does not confirm it is not a hub, or an older one.
SUBPROTOCOL: Final = f"lineman-relay.{VERSION}"

# Bytes per frame. A plan for 31009 on all platforms takes about 60 kB, an observation rarely 2 kB.
LONGEST: Final = {"hub": 262_144, "relay": 65_536}

# Characters of a name, a word, or a key; of a sentence for people; of a signed report. Entries of a list.
_Short: TypeAlias = Annotated[str, Meta(max_length=200)]
_Sentence: TypeAlias = Annotated[str, Meta(max_length=1_000)]
_Signed: TypeAlias = Annotated[str, Meta(max_length=4_000)]
_Envelope: TypeAlias = Annotated[str, Meta(max_length=LONGEST["hub"])]
_Texts: TypeAlias = Annotated[tuple[_Short, ...], Meta(max_length=64)]
_Named: TypeAlias = Annotated[Mapping[_Short, _Sentence], Meta(max_length=64)]
_Offset: TypeAlias = Annotated[float, Meta(gt=-1e12, lt=1e12)]


class _Message(Struct, frozen=True, forbid_unknown_fields=True, tag=str.lower, tag_field="type"):
    """One message. Its JSON type is the class name in lower case unless the class sets a tag; never rename it."""


class Hello(_Message, frozen=True):
    """Relay: its public keys. The hub replies with a challenge, whether or not it knows the key."""

    hub: _Short  # host[:port] that the relay connected to; the hub refuses a proof for another hub
    key: _Short  # its Ed25519 public key, as `keys.Identity.key` writes it
    sealing: _Short  # its X25519 public key, for secrets
    version: _Short  # of the relay program
    probes: _Texts  # the checks that it can run: names in `probes.checks.PROBES`


class Challenge(_Message, frozen=True):
    """Hub: a nonce for the relay to sign, valid for one connection."""

    nonce: _Short
    time: Amount  # seconds since the epoch, by the hub's clock


class Proof(_Message, frozen=True):
    """Relay: its signature over the challenge and the hello (`signing.prove`), with the join token if it is new."""

    signature: _Short
    token: _Short  # "" once the relay is registered


class Welcome(_Message, frozen=True):
    """Hub: the relay is accepted, under this name."""

    name: _Short
    vantage: _Short  # one of `probes.protocol.model.VANTAGES`
    time: Amount
    beat: Amount  # seconds between the hub's pings; the connection ends after three missing pings


class Rejection(_Message, frozen=True, omit_defaults=True):
    """Hub: the relay is refused, with the reason. The connection ends after it."""

    reason: _Short  # a word in REJECTIONS
    sentence: _Sentence
    retry: Amount  # seconds until a retry makes sense; 0 when only an operator can change it
    proof: Annotated[str, Meta(max_length=2_000)] = (
        ""  # the signed revocation; relays before 0.2 do not get it
    )


class Ready(_Message, frozen=True):
    """Relay: the result of its self-test, and the plans it still holds from before a connection was lost."""

    ready: bool  # false: it does not accept plans
    checks: _Named  # name of the self-test -> "" when it passed, else a sentence
    offset: _Offset  # seconds by which the relay's clock is ahead of the hub's (negative: behind)
    plans: _Texts  # ids; their observations are sent (again) after this message
    limits: _Named  # its egress policy and quotas in words


class RunPlan(_Message, frozen=True, tag="order"):
    """Hub: a signed plan (`order.sign_order` makes it; the hub only forwards it)."""

    envelope: _Envelope


class ObservationMessage(_Message, frozen=True, tag="seen"):
    """Relay: one observation, numbered by *n* from 1; sent again after a reconnect unless acknowledged."""

    plan: _Short  # id of the signed plan
    n: Count
    observation: Json  # `json_codec.observation_to_json`


class Done(_Message, frozen=True):
    """Relay: the plan has ended; *n* observations were sent. `report.open_report` reads the signed report."""

    plan: _Short
    n: Count
    outcome: _Short  # one of OUTCOMES
    signed: _Signed


class Refusal(_Message, frozen=True):
    """Relay: the plan is refused, with a signed reason (`report.open_refusal`)."""

    plan: _Short  # "" when the id could not be read
    signed: _Signed


class Ack(_Message, frozen=True):
    """Hub: observations up to *n* of this plan are stored (after done: *n* + 1); the relay can delete them."""

    plan: _Short
    n: Count


class Cancel(_Message, frozen=True):
    """Hub: the rest of this plan is not needed; the relay replies with done, "cancelled"."""

    plan: _Short


class Leaving(_Message, frozen=True):
    """Relay: it is stopping and accepts no new plans; these plans are still running."""

    plans: _Texts


class Ping(_Message, frozen=True):
    """Either side: a keep-alive. The other side replies with a pong of the same number."""

    n: Count


class Pong(_Message, frozen=True):
    """Either side: the reply to a ping, with the *time* of its own clock."""

    n: Count
    time: Amount


RelayMessage: TypeAlias = (
    Hello | Challenge | Proof | Welcome | Rejection | Ready | RunPlan | ObservationMessage | Done | Refusal
    | Ack | Cancel | Leaving | Ping | Pong
)  # fmt: skip

BY_RELAY: Final = (Hello, Proof, Ready, ObservationMessage, Done, Refusal, Leaving, Ping, Pong)
BY_HUB: Final = (Challenge, Welcome, Rejection, RunPlan, Ack, Cancel, Ping, Pong)

# Why a hub refuses a relay.
REJECTIONS: Final = (
    "unknown_relay", "revoked", "bad_token", "bad_proof", "wrong_hub", "replaced", "version", "malformed", "busy",
)  # fmt: skip

# How a plan ended on the relay. "stopped": the relay returned it unfinished because it is shutting down.
OUTCOMES: Final = ("finished", "cancelled", "stopped")
