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
from probes.protocol.messages import Done, Refusal, Seen

Reply: TypeAlias = "Seen | Done | Refusal | Lost"

# One line of the control socket: an envelope in a job, or a frame of a relay's.
LONGEST_LINE: Final = 600_000


@dataclass(frozen=True, slots=True)
class Lost:
    """The hub: nothing more will come of this plan, and why, as part of a sentence."""

    plan: str
    because: str


@dataclass(frozen=True, slots=True)
class Job:
    """A signed plan for one relay. The hub cannot look into secrets, nor change anything."""

    plan: str  # id of the order
    relay: str  # name
    envelope: str
    who: str  # on whose behalf
    what: str  # the case in a few words, for the audit log
    budget: float  # seconds that the plan may take
    after: int = -1  # 0 or more: it was sent already; give what came after this observation


@dataclass(frozen=True, slots=True)
class Health:
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


class Exchange(Protocol):
    """A way to the hub: the object itself in the same process, or its control socket."""

    async def relays(self) -> tuple[Health, ...]:
        """List every relay that may ever be asked, connected or not."""
        ...

    async def relay(self, name: str) -> Health | None:
        """Tell how one relay is; None when there is none of this name."""
        ...

    def run(self, job: Job) -> AbstractAsyncContextManager[AsyncIterator[Reply]]:
        """Have *job* run; the last event is no `Seen`. Leaving the block cancels what still runs."""
        ...


def job_line(job: Job) -> str:
    """Write *job* as one line."""
    return json_codec.dump({"op": "run", **asdict(job)})


def read_job(fields: Fields) -> Job:
    """Read what `job_line` wrote; `WireError`."""
    after = fields.take("after")
    job = Job(
        plan=fields.text("plan"),
        relay=fields.text("relay"),
        envelope=fields.text("envelope"),
        who=fields.text("who"),
        what=fields.text("what"),
        budget=fields.seconds("budget"),
        after=after if isinstance(after, int) else -1,
    )
    fields.end()
    return job


def reply_line(reply: Reply) -> str:
    """Write *reply* as one line."""
    if isinstance(reply, Lost):
        return json_codec.dump({"type": "lost", "plan": reply.plan, "because": reply.because})
    return write(reply)


def read_reply(line: str | bytes) -> Reply:
    """Read what `reply_line` wrote; `WireError`."""
    value = json_codec.load(line)
    if isinstance(value, dict) and value.get("type") == "lost":
        return Lost(str(value.get("plan")), str(value.get("because")))
    message = read(line, "relay")
    assert isinstance(message, Seen | Done | Refusal)
    return message


def health_json(health: Health) -> dict[str, Any]:
    """Write how a relay is as JSON values."""
    return asdict(health) | {name: list(getattr(health, name)) for name in ("probes", "labels", "channels")}


def read_health(value: dict[str, Any]) -> Health:
    """Read what `health_json` wrote."""
    return Health(**value | {name: tuple(value[name]) for name in ("probes", "labels", "channels")})
