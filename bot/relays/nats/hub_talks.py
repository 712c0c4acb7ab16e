"""The hub's side of conversations over NATS: answer what arrives on its subjects, until nobody wants the answer."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from nats import errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from bot.logs import LogThrottle
from bot.relays.hub.answers import answer_line
from bot.relays.hub.hub import Hub
from bot.relays.hub.messages import LONGEST_LINE, HubJob, read_line
from bot.relays.hub.other_hubs import RelayMovedError
from bot.relays.nats.connection import NatsConnection
from bot.relays.nats.ending import end_tasks
from bot.relays.nats.frames import BEAT, ELSEWHERE, END, MOVED, Frame, Outgoing
from bot.relays.nats.subjects import ANY, KEEP, PLAN, STOP, WHO, hub_subject, kind_of
from bot.relays.nats.trouble import NatsUnavailableError
from probes.protocol.json_fields import WireError

log: Final = logging.getLogger(__name__)

LEASE: Final = 10.0  # seconds without a heartbeat after which nobody wants the answer any more
SWEEP: Final = 1.0  # seconds between two looks for such conversations
LATE: Final = 0.3  # seconds after which a frame that was not confirmed is sent again
MOST: Final = 5_000  # conversations at the same time; further ones get no answer
QUESTION: Final = 1.0  # seconds for another hub of the same name to answer
_QUEUE: Final = "lineman-hubs"  # of all hubs: each question to any hub reaches one of them


@dataclass(slots=True, eq=False)
class HubTalk:
    """One conversation: who asked, what is not confirmed yet, and the work for it."""

    inbox: str
    outgoing: Outgoing
    heard: float  # event loop time of the last heartbeat
    plan: str = ""
    task: asyncio.Task[None] | None = None


class HubTalks:
    """All conversations of one hub."""

    def __init__(self, hub: Hub, connection: NatsConnection, run: str) -> None:
        self._hub, self._connection, self._run = hub, connection, run
        self._name = connection.settings.name
        self._talks: dict[str, HubTalk] = {}  # by inbox
        self._tasks: set[asyncio.Task[None]] = set()
        self._throttle = LogThrottle(log)
        connection.begin.append(self._subscribe)

    def __len__(self) -> int:
        return len(self._talks)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Answer for the block, then end every conversation so that the other side asks another hub."""
        sweeper = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            for talk in self._talks.values():
                await self._send(talk, talk.outgoing.add(MOVED, self._now()))
            for inbox in tuple(self._talks):
                self._end(inbox)
            await end_tasks([sweeper, *self._tasks])

    async def _subscribe(self, client: Client) -> None:
        """Listen, unless another process already has this hub's name: ValueError is its trouble."""
        who = hub_subject(self._name, WHO)
        with suppress(errors.NoRespondersError, errors.TimeoutError):
            answer = await client.request(who, timeout=QUESTION)
            if answer.data != self._run.encode():
                raise NatsUnavailableError(f"another hub has the name {self._name}; set LINEMAN_NATS_NAME")
        await client.subscribe(hub_subject(self._name, "*"), cb=self._received)
        await client.subscribe(hub_subject(ANY, PLAN), queue=_QUEUE, cb=self._received)
        await client.flush()

    async def _received(self, message: Msg) -> None:
        inbox, kind = message.reply, kind_of(message.subject)
        talk = self._talks.get(inbox)
        if kind == STOP:
            self._end(inbox)
        elif kind == KEEP and talk:
            await self._keep(talk, message.data)
        elif kind == KEEP and inbox:  # it ended here, or an earlier process had it
            await self._reply(inbox, Frame(_count(message.data) + 1, MOVED, self._name).encode())
        elif kind == PLAN and inbox and talk is None:
            self._open(inbox, message.data)
        elif kind == WHO and inbox:
            await self._reply(inbox, self._run.encode())

    def _open(self, inbox: str, line: bytes) -> None:
        if len(self._talks) >= MOST or len(line) > LONGEST_LINE:
            self._throttle.warn(
                "did not answer over NATS: too many conversations, or a line that is too long"
            )
            return
        try:
            asked = read_line(line)
        except (WireError, ValueError) as error:
            log.info("ignored a message over NATS: %s", error)
            return
        if isinstance(asked, HubJob) and asked.after >= 0 and (talk := self._of_plan(asked.plan)):
            self._rebind(talk, inbox)
            return
        talk = HubTalk(inbox, Outgoing(self._name), self._now())
        talk.plan = asked.plan if isinstance(asked, HubJob) else ""
        self._talks[inbox] = talk
        is_elsewhere = isinstance(asked, HubJob) and asked.relay not in self._hub.sessions
        place = self._hub.others.place(asked.relay) if is_elsewhere and isinstance(asked, HubJob) else None
        work = self._last(talk, ELSEWHERE, place.hub.encode()) if place else self._answer(talk, line)
        talk.task = asyncio.create_task(work)
        self._tasks.add(talk.task)
        talk.task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a conversation over NATS failed", exc_info=error)

    async def _answer(self, talk: HubTalk, line: bytes) -> None:
        kind = END
        try:
            async with aclosing(answer_line(self._hub, line)) as texts:
                async for text in texts:
                    for frame in talk.outgoing.line(text.encode(), self._now()):
                        await self._send(talk, frame)
        except RelayMovedError:
            kind = MOVED
        await self._last(talk, kind)

    async def _last(self, talk: HubTalk, kind: str, text: bytes = b"") -> None:
        """Send the last frame. The conversation ends once it is confirmed, or nobody wants it."""
        await self._send(talk, talk.outgoing.add(kind, self._now(), text))

    async def _keep(self, talk: HubTalk, payload: bytes) -> None:
        """Handle a heartbeat: drop what has arrived, and send what is missing again."""
        talk.heard = self._now()
        talk.outgoing.confirm(_count(payload))
        for frame in talk.outgoing.again(talk.heard, LATE):
            await self._send(talk, frame)
        await self._send(talk, Frame(talk.outgoing.last, BEAT, self._name))

    async def _send(self, talk: HubTalk, frame: Frame) -> None:
        await self._reply(talk.inbox, frame.encode())

    async def _reply(self, inbox: str, payload: bytes) -> None:
        with suppress(NatsUnavailableError):  # what gets lost is sent again
            if self._connection.client:
                await self._connection.publish(inbox, payload)

    def _of_plan(self, plan: str) -> HubTalk | None:
        return next((talk for talk in self._talks.values() if talk.plan == plan and talk.task), None)

    def _rebind(self, talk: HubTalk, inbox: str) -> None:
        """Continue a conversation whose other side has lost it: the frames that it lacks are sent to its new inbox."""
        del self._talks[talk.inbox]
        talk.inbox, talk.heard = inbox, self._now()
        talk.outgoing.restart()
        self._talks[inbox] = talk

    def _end(self, inbox: str) -> None:
        """End a conversation, and cancel its work, which takes a plan back that still runs."""
        talk = self._talks.pop(inbox, None)
        if talk and talk.task:
            talk.task.cancel()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP)
            for talk in tuple(self._talks.values()):
                if self._now() - talk.heard > LEASE:
                    self._end(talk.inbox)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _count(payload: bytes) -> int:
    """Read the number of frames that have arrived."""
    return int(payload) if payload.isdigit() and len(payload) <= 10 else 0
