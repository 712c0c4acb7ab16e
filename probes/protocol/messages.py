"""What hub and relay say to each other: one JSON text per WebSocket frame, the same grammar for both sides.

The relay speaks first: hello, challenge, proof, welcome, ready; from then on plans go one way, and what became
of them the other. Pure: no network, no clock. `probes.protocol.message_codec` writes and reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from probes.protocol.json_fields import Json

# Goes up when a message is added or changed; hub and relay understand one version, and say so.
VERSION: Final = 1

# The WebSocket subprotocol: a hub that does not answer with it is none, or an older one.
SUBPROTOCOL: Final = f"lineman-relay.{VERSION}"

# Bytes of a frame. A plan for all platforms of 31009 has some 60 kB, an observation seldom 2 kB.
LONGEST: Final = {"hub": 262_144, "relay": 65_536}


@dataclass(frozen=True, slots=True)
class Hello:
    """Relay: this is my key. The hub answers with a challenge, whether it knows the key or not."""

    hub: str  # host[:port] that the relay dialled; the hub refuses a proof that was meant for another
    key: str  # its Ed25519 public key, as `keys.Identity.key` writes it
    sealing: str  # its X25519 public key, for secrets
    version: str  # of the relay's program
    probes: tuple[str, ...]  # what it can look with: names in `probes.checks.PROBES`


@dataclass(frozen=True, slots=True)
class Challenge:
    """Hub: prove it. A nonce is for one connection."""

    nonce: str
    time: float  # seconds since the epoch, by the hub's clock


@dataclass(frozen=True, slots=True)
class Proof:
    """Relay: my signature over the challenge and the hello (`proof.prove`), with the join token if it is new."""

    signature: str
    token: str  # "" once enrolled


@dataclass(frozen=True, slots=True)
class Welcome:
    """Hub: you are known by this name."""

    name: str
    vantage: str  # one of `probes.protocol.model.VANTAGES`
    time: float
    beat: float  # seconds between the hub's pings; three missing ones end the connection


@dataclass(frozen=True, slots=True)
class Rejection:
    """Hub: no, and why. The connection ends after it."""

    reason: str  # a word in REJECTIONS
    sentence: str
    retry: float  # seconds until another try makes sense; 0 when none ever will


@dataclass(frozen=True, slots=True)
class Ready:
    """Relay: what the self-test found, and which plans it still holds from before a connection was lost."""

    ready: bool  # false: it does not take plans
    checks: Mapping[str, str]  # name of the check -> "" when fine, else a sentence
    offset: float  # seconds that the relay's clock is ahead of the hub's (negative: behind)
    plans: tuple[str, ...]  # ids; what they saw is sent (again) after this message
    limits: Mapping[str, str]  # its fence and quotas in words


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Hub: a signed plan (`order.sign_order` makes it, the hub's endpoint only passes it on)."""

    envelope: str


@dataclass(frozen=True, slots=True)
class ObservationMessage:
    """Relay: one observation, in the order of *n* from 1; sent again after a reconnect unless acknowledged."""

    plan: str  # id of the order
    n: int
    observation: Json  # `json_codec.observation_to_json`


@dataclass(frozen=True, slots=True)
class Done:
    """Relay: the plan is over; *n* observations were sent. `report.open_report` reads what is signed."""

    plan: str
    n: int
    outcome: str  # one of OUTCOMES
    signed: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Relay: the order is not run, for a signed reason (`report.open_refusal`)."""

    plan: str  # "" when not even that could be read
    signed: str


@dataclass(frozen=True, slots=True)
class Ack:
    """Hub: observations up to *n* of this plan are kept (after done: *n* + 1); the relay forgets them."""

    plan: str
    n: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Hub: nobody needs the rest of this plan; the relay answers done, "cancelled"."""

    plan: str


@dataclass(frozen=True, slots=True)
class Leaving:
    """Relay: it stops; no more plans, these are still being finished."""

    plans: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ping:
    """Either side: are you there? The other answers pong with the same number."""

    n: int


@dataclass(frozen=True, slots=True)
class Pong:
    """Yes, and by my clock it is *time*."""

    n: int
    time: float


RelayMessage: TypeAlias = (
    Hello | Challenge | Proof | Welcome | Rejection | Ready | RunPlan | ObservationMessage | Done | Refusal
    | Ack | Cancel | Leaving | Ping | Pong
)  # fmt: skip

# The type of a message on the wire, where it is not the lower-case name of its class. Never renamed.
_WIRE_NAMES: Final[dict[type, str]] = {RunPlan: "order", ObservationMessage: "seen"}


def wire_name(shape: type) -> str:
    """Name the type of a message as frames spell it."""
    return _WIRE_NAMES.get(shape, shape.__name__.lower())


BY_RELAY: Final = (Hello, Proof, Ready, ObservationMessage, Done, Refusal, Leaving, Ping, Pong)
BY_HUB: Final = (Challenge, Welcome, Rejection, RunPlan, Ack, Cancel, Ping, Pong)

# Why a hub turns a relay away.
REJECTIONS: Final = (
    "unknown_relay", "revoked", "bad_token", "bad_proof", "wrong_hub", "replaced", "version", "malformed", "busy",
)  # fmt: skip

# How a plan ended on the relay: "stopped" gives it back unfinished, as the relay is going away.
OUTCOMES: Final = ("finished", "cancelled", "stopped")
