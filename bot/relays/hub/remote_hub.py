"""Client for the hub of another process. How its lines get there is the transport's business: a socket, or NATS."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from types import MappingProxyType
from typing import Any, Final

from msgspec.structs import replace

from bot.relays.hub.in_flight import is_last
from bot.relays.hub.messages import (
    HubEvent,
    HubJob,
    HubStatus,
    PlanLost,
    RelayStatus,
    job_line,
    read_reply,
    read_status,
)
from bot.relays.local import NOT_RUNNING
from probes.protocol import json_codec
from probes.protocol.json_fields import read_json
from probes.protocol.messages import ObservationMessage
from probes.protocol.tally import Key

BACK: Final = 10.0  # seconds that a diagnosis waits for a hub that closed the connection
AGAIN: Final = 3.0  # seconds for which a lost question is asked again
ANSWERS: Final = 5.0  # seconds that the hub has to say how it is doing
NO_ANSWER: Final = "The hub did not answer within a second; its database may be locked. Try again soon."
RETRY: Final = 0.2  # seconds between two attempts


class HubTroubleError(OSError):
    """The hub runs, and cannot answer now; the message says why, as part of a sentence."""


class HubUnreachableError(ConnectionError):
    """The way to the hub is interrupted; the message says why, as part of a sentence."""


class NotDeliveredError(HubUnreachableError):
    """The line did not reach any hub, so it may be sent again."""


class RemoteHub(ABC):
    """The hub of another process: `HubClient` over lines of JSON."""

    absent: str = "no hub is running here"  # part of a sentence, for when nothing answers
    note: str = NOT_RUNNING  # the same as a sentence, with what to do
    unusable: Mapping[str, str] = MappingProxyType({})  # revoked and invited relays, from the last list: why

    @property
    @abstractmethod
    def may_answer(self) -> bool:
        """Whether it is worth asking: False if there is certainly no hub."""

    @abstractmethod
    def talk(self, line: str, relay: str = "") -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Send *line* about *relay*; yields the lines of the answer, and leaving the block cancels the rest.

        OSError if the hub cannot be reached, or no longer; `NotDeliveredError` if it certainly never got the line.
        """

    @property
    def unanswered(self) -> str:
        """Say why the list of relays may be short, for somebody who names a relay that is not on it."""
        return NO_ANSWER if self.may_answer else self.note

    def used(self) -> AbstractAsyncContextManager[None]:
        """Keep what can be kept from one conversation to the next for the block."""
        return nullcontext()

    def gauges(self) -> dict[Key, float]:
        """Return what the metrics show of the way to the hub."""
        return {}

    async def hub(self) -> HubStatus:
        """Return the status of the hub; OSError if none answers in time, WireError from an older hub."""
        async with asyncio.timeout(ANSWERS):
            answer = await self._answer({"op": "hub"})
        return read_json(answer.get("hub"), HubStatus, "hub")

    async def relays(self) -> tuple[RelayStatus, ...]:
        """List every relay; OSError if no hub is running."""
        answer = await self._answer({"op": "relays"})
        self.unusable = read_json(
            answer.get("unusable", {}), dict[str, str], "unusable"
        )  # none: an older hub
        return tuple(read_status(item) for item in answer["relays"])

    async def relay(self, name: str) -> RelayStatus | None:
        """Return the status of one relay, or None; OSError if no hub is running."""
        item = (await self._answer({"op": "relay", "name": name}, name))["relay"]
        return read_status(item) if item else None

    def run(self, job: HubJob) -> AbstractAsyncContextManager[AsyncIterator[HubEvent]]:
        """Run *job*; after a lost connection, request only the remaining events, never the whole plan again."""
        return aclosing(self._events(job))

    async def _answer(self, question: dict[str, Any], relay: str = "") -> dict[str, Any]:
        """Ask a hub, and ask again for up to `AGAIN` if the connection to it is lost before it answers."""
        line, clock, gone = json_codec.dump(question), asyncio.get_running_loop().time, None
        while True:
            try:
                async with self.talk(line, relay) as lines:
                    answer: dict[str, Any] = json_codec.load(await anext(lines, b""))
                break
            except (ConnectionResetError, NotDeliveredError):
                gone = gone or clock()
                if clock() >= gone + AGAIN:
                    raise
                await asyncio.sleep(RETRY)
        if error := answer.get("error"):
            raise HubTroubleError(str(error))
        return answer

    async def _events(self, job: HubJob) -> AsyncGenerator[HubEvent, None]:
        asked, gone, clock = job, None, asyncio.get_running_loop().time
        while gone is None or clock() < gone + BACK:
            before = asked
            try:
                async with self.talk(job_line(asked), job.relay) as lines:
                    # The hub may have the job from here on: after a lost connection, request only the rest.
                    asked = replace(job, after=max(asked.after, 0))
                    async for line in lines:
                        event = read_reply(line)
                        if isinstance(event, ObservationMessage) and event.n <= asked.after:
                            continue  # it came just before the connection was lost
                        yield event
                        if is_last(event):
                            return
                        gone = None
                        if isinstance(event, ObservationMessage):
                            asked = replace(job, after=event.n)
            except NotDeliveredError:
                asked = before
            except (OSError, EOFError):
                pass
            gone = gone or clock()
            await asyncio.sleep(RETRY)
        yield PlanLost(job.plan, "the connection to the hub was lost, and the hub did not return in time")
