"""Define the messages between the hub and its clients: jobs, events, and relay status.

Pure: no network, no clock. Texts of relays are forwarded unchanged. The hub neither creates nor edits them.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol, TypeAlias

from msgspec import Struct, to_builtins
from msgspec.structs import asdict

from probes.protocol import json_codec
from probes.protocol.json_fields import Duration, WireError, read_json
from probes.protocol.message_codec import read, write
from probes.protocol.messages import Done, ObservationMessage, Refusal

HubEvent: TypeAlias = "ObservationMessage | Done | Refusal | PlanLost"

# One line of the control socket: an envelope in a job, or a frame of a relay.
LONGEST_LINE: Final = 600_000


class PlanLost(Struct, frozen=True, forbid_unknown_fields=True, tag="lost", tag_field="type"):
    """The hub expects nothing further from this plan. The reason is part of a sentence."""

    plan: str
    because: str


class HubJob(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag="run",
    tag_field="op",
    rename={"requester": "who", "case_label": "what"},
):
    """A signed plan for one relay. The hub cannot read its secrets, nor change it."""

    plan: str  # id of the plan
    relay: str  # name of the relay
    envelope: str
    requester: str  # who asked for the plan
    case_label: str  # the case in a few words, for the audit log
    budget: Duration  # seconds that the plan may take
    after: int = -1  # 0 or more: it was sent already; send what came after this observation


class RelaysQuestion(Struct, frozen=True, forbid_unknown_fields=True, tag="relays", tag_field="op"):
    """Ask for the status of all relays."""


class RelayQuestion(Struct, frozen=True, forbid_unknown_fields=True, tag="relay", tag_field="op"):
    """Ask for the status of one relay."""

    name: str


class HubQuestion(Struct, frozen=True, forbid_unknown_fields=True, tag="hub", tag_field="op"):
    """Ask for the status of the hub itself."""


class HubStatus(Struct, frozen=True, forbid_unknown_fields=True):
    """The hub at this moment."""

    connected: int  # relays
    running: int  # plans
    waiting: int  # connections that have not proved who they are
    failing: tuple[str, ...] = ()  # background tasks, one sentence each
    nats: str = ""  # the state of the connection, in a few words; "" if it is not used
    others: tuple[str, ...] = ()  # the other hubs that are alive


class RelayStatus(Struct, frozen=True, forbid_unknown_fields=True):
    """The current status of one relay."""

    name: str
    key: str
    sealing: str
    vantage: str
    connected: bool
    ready: bool
    seen: float | None  # seconds since the epoch
    gone: str = ""  # why it is not connected
    version: str = ""
    round_trip_ms: float | None = None
    offset_s: float | None = None  # its clock minus ours
    running: int = 0  # plans
    checks: dict[str, str] | None = None  # self-test: name -> "" or a sentence
    probes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


class HubClient(Protocol):
    """Access to the hub: the object itself in the same process, its control socket, or NATS."""

    absent: str  # part of a sentence, for when nothing answers

    async def relays(self) -> tuple[RelayStatus, ...]:
        """List every relay that has joined and is not revoked, connected or not."""
        ...

    async def relay(self, name: str) -> RelayStatus | None:
        """Return the status of one relay; None for an unknown name."""
        ...

    def run(self, job: HubJob) -> AbstractAsyncContextManager[AsyncIterator[HubEvent]]:
        """Run *job*. The last event is not a `Seen`. Leaving the block cancels the plan if it still runs."""
        ...


_LINES: Final[Any] = HubQuestion | RelaysQuestion | RelayQuestion | HubJob  # for mypy, a union is not a type


def job_line(job: HubJob) -> str:
    """Write *job* as one line."""
    body = to_builtins(job)
    who = {name: body.pop(name) for name in ("who", "what")}  # these come last on this line
    return json_codec.dump(body | who)


def read_line(line: str | bytes) -> HubQuestion | RelaysQuestion | RelayQuestion | HubJob:
    """Read a job or a question; `WireError`."""
    asked: HubQuestion | RelaysQuestion | RelayQuestion | HubJob = read_json(
        json_codec.load(line), _LINES, "control"
    )
    return asked


def reply_line(reply: HubEvent) -> str:
    """Write *reply* as one line."""
    return json_codec.dump(to_builtins(reply)) if isinstance(reply, PlanLost) else write(reply)


def read_reply(line: str | bytes) -> HubEvent:
    """Read the line of `reply_line`; `WireError`."""
    value = json_codec.load(line)
    if isinstance(value, dict) and value.get("type") == "lost":
        return read_json(value, PlanLost, "reply")
    message = read(line, "relay")
    if not isinstance(message, ObservationMessage | Done | Refusal):
        raise WireError(f"reply: a {type(message).__name__} is none")
    return message


def status_json(health: RelayStatus) -> dict[str, Any]:
    """Convert a relay's status to JSON values."""
    return asdict(health) | {name: list(getattr(health, name)) for name in ("probes", "labels", "channels")}


def read_status(value: object) -> RelayStatus:
    """Read the JSON of `status_json`; `WireError`."""
    return read_json(value, RelayStatus, "relay")
