"""What passes between whoever wants a plan run and the hub: jobs, events, how a relay is.

Pure: no network, no clock. Texts of relays are passed on as they came: the hub neither makes nor changes them.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol, TypeAlias

from probes.protocol import json_codec
from probes.protocol.json_fields import Fields
from probes.protocol.message_codec import read, write
from probes.protocol.messages import Done, ObservationMessage, Refusal

HubEvent: TypeAlias = "ObservationMessage | Done | Refusal | PlanLost"

# One line of the control socket: an envelope in a job, or a frame of a relay's.
LONGEST_LINE: Final = 600_000


@dataclass(frozen=True, slots=True)
class PlanLost:
    """The hub: nothing more will come of this plan, and why, as part of a sentence."""

    plan: str
    because: str


@dataclass(frozen=True, slots=True)
class HubJob:
    """A signed plan for one relay. The hub cannot look into secrets, nor change anything."""

    plan: str  # id of the order
    relay: str  # name
    envelope: str
    requester: str  # on whose behalf
    case_label: str  # the case in a few words, for the audit log
    budget: float  # seconds that the plan may take
    after: int = -1  # 0 or more: it was sent already; give what came after this observation


@dataclass(frozen=True, slots=True)
class RelayStatus:
    """One relay as the hub knows it now."""

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
    """A way to the hub: the object itself in the same process, or its control socket."""

    async def relays(self) -> tuple[RelayStatus, ...]:
        """List every relay that may ever be asked, connected or not."""
        ...

    async def relay(self, name: str) -> RelayStatus | None:
        """Tell how one relay is; None when there is none of this name."""
        ...

    def run(self, job: HubJob) -> AbstractAsyncContextManager[AsyncIterator[HubEvent]]:
        """Have *job* run; the last event is no `Seen`. Leaving the block cancels what still runs."""
        ...


def job_line(job: HubJob) -> str:
    """Write *job* as one line."""
    named = {"who": job.requester, "what": job.case_label}
    body = {name: value for name, value in asdict(job).items() if name not in ("requester", "case_label")}
    return json_codec.dump({"op": "run", **body, **named})


def read_job(fields: Fields) -> HubJob:
    """Read what `job_line` wrote; `WireError`."""
    after = fields.take("after")
    job = HubJob(
        plan=fields.text("plan"),
        relay=fields.text("relay"),
        envelope=fields.text("envelope"),
        requester=fields.text("who"),
        case_label=fields.text("what"),
        budget=fields.seconds("budget"),
        after=after if isinstance(after, int) else -1,
    )
    fields.end()
    return job


def reply_line(reply: HubEvent) -> str:
    """Write *reply* as one line."""
    if isinstance(reply, PlanLost):
        return json_codec.dump({"type": "lost", "plan": reply.plan, "because": reply.because})
    return write(reply)


def read_reply(line: str | bytes) -> HubEvent:
    """Read what `reply_line` wrote; `WireError`."""
    value = json_codec.load(line)
    if isinstance(value, dict) and value.get("type") == "lost":
        return PlanLost(str(value.get("plan")), str(value.get("because")))
    message = read(line, "relay")
    assert isinstance(message, ObservationMessage | Done | Refusal)
    return message


def status_json(health: RelayStatus) -> dict[str, Any]:
    """Write how a relay is as JSON values."""
    return asdict(health) | {name: list(getattr(health, name)) for name in ("probes", "labels", "channels")}


def read_status(value: dict[str, Any]) -> RelayStatus:
    """Read what `health_json` wrote."""
    return RelayStatus(**value | {name: tuple(value[name]) for name in ("probes", "labels", "channels")})
