"""Client for the hubs that are reached over NATS: look up which one has the relay, and talk to it."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from nats import errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from bot.relays.hub.nats_settings import NatsSettings, is_hub_name
from bot.relays.hub.other_hubs import read_place
from bot.relays.hub.remote_hub import NotDeliveredError, RemoteHub
from bot.relays.nats.connection import NatsConnection
from bot.relays.nats.frames import ELSEWHERE, END, LINE, Frame, Incoming, decode_frame
from bot.relays.nats.subjects import ANY, KEEP, PLAN, STOP, hub_subject, lookup_subject
from bot.relays.nats.trouble import NatsUnavailableError
from probes.protocol.metrics import NATS_CONNECTED
from probes.protocol.tally import Key

SIGN: Final = 1.0  # seconds between two heartbeats to the hub, which confirm what has arrived
SILENT: Final = 6.0  # seconds without a heartbeat from the hub after which it counts as lost
REDIRECTS: Final = 2  # hubs that may send a line on to another one
LOOKUP: Final = 2.0  # seconds for the bucket to say which hub has a relay
_TOKEN: Final = 18  # random bytes in the name of an inbox, which nobody else can guess

_NOBODY: Final = "503"  # what NATS itself answers: nobody listens to this subject


@dataclass(slots=True, eq=False)
class _Conversation:
    """One line that was sent to a hub, and the frames that came back."""

    inbox: str
    line: str
    hub: str = ANY  # known once it has answered
    frames: asyncio.Queue[Frame | None] = field(default_factory=asyncio.Queue)  # None: nobody listens
    incoming: Incoming = field(default_factory=Incoming)
    may_have_arrived: bool = False
    redirects: int = 0

    @property
    def is_job(self) -> bool:
        """Whether the line is a job: it must not reach two hubs."""
        return '"op":"run"' in self.line

    def take(self, frame: Frame) -> Frame | None:
        """Return the next whole line, or another sign of the hub that answers; None if there is none yet."""
        if self.hub != ANY and frame.hub != self.hub:
            return None
        self.hub, self.may_have_arrived = frame.hub, True
        return self.incoming.take(frame)


class NatsHubs(RemoteHub):
    """All hubs that share one NATS."""

    absent = "no hub answers over NATS"
    note = "No hub answers over NATS. Check that NATS and a hub run: lineman doctor."

    def __init__(self, settings: NatsSettings) -> None:
        self.connection = NatsConnection(settings)
        self.connection.begin.append(self._subscribe)
        self._conversations: dict[str, _Conversation] = {}

    @property
    def may_answer(self) -> bool:
        """Whether it is worth asking: always."""
        return True

    @property
    def unanswered(self) -> str:
        """Say why the list of relays may be short."""
        return self.note

    def used(self) -> AbstractAsyncContextManager[None]:
        """Stay connected for the block. Otherwise, each conversation makes a connection."""
        return self.connection.used()

    def gauges(self) -> dict[Key, float]:
        """Return whether there is a connection."""
        return {(NATS_CONNECTED, ""): float(self.connection.client is not None)}

    @asynccontextmanager
    async def talk(self, line: str, relay: str = "") -> AsyncIterator[AsyncIterator[bytes]]:
        """Send *line* to the hub that has *relay*, or to any hub."""
        async with self.connection.used(), self._conversation(line) as conversation:
            conversation.hub = await self._lookup(relay) if relay else ANY
            await self._send(conversation)
            async with aclosing(self._lines(conversation)) as lines:
                yield lines

    @asynccontextmanager
    async def _conversation(self, line: str) -> AsyncIterator[_Conversation]:
        """Open an inbox. Leaving the block tells the hub that nothing more is read."""
        token = secrets.token_urlsafe(_TOKEN)
        conversation = _Conversation(f"{self.connection.inbox}.{token}", line)
        self._conversations[token] = conversation
        try:
            yield conversation
        finally:
            del self._conversations[token]
            await self._tell(conversation, STOP)

    async def _lines(self, conversation: _Conversation) -> AsyncGenerator[bytes, None]:
        """Yield the lines that arrive; raise ConnectionError if the hub is lost before the last one."""
        now = asyncio.get_running_loop().time
        next_sign, lost_at = now() + SIGN, now() + SILENT
        while True:
            whole = None
            with suppress(TimeoutError):
                async with asyncio.timeout_at(next_sign):
                    frame = await conversation.frames.get()
                    lost_at = now() + SILENT
                    if frame:
                        whole = conversation.take(frame)
                    else:
                        await self._nobody(conversation)
            if now() >= next_sign:
                conversation.may_have_arrived = True
                await self._tell(conversation, KEEP)
                next_sign = now() + SIGN
            match whole.kind if whole else "":
                case kind if kind == LINE and whole:
                    yield whole.text
                case kind if kind == END:
                    return
                case kind if kind == ELSEWHERE and whole:
                    await self._redirect(conversation, whole.text.decode("ascii", "replace"))
                case "":
                    if now() >= lost_at:
                        raise ConnectionResetError("the hub does not answer over NATS")
                case _:
                    raise ConnectionResetError("the relay has moved to another hub")

    async def _nobody(self, conversation: _Conversation) -> None:
        """Nobody listens: the hub has gone, or never was there. A question may then go to any other hub."""
        if conversation.may_have_arrived:
            raise ConnectionResetError("the hub has gone")
        if conversation.hub == ANY or conversation.is_job:
            raise NotDeliveredError("no hub listens")
        await self._redirect(conversation, ANY)

    async def _redirect(self, conversation: _Conversation, hub: str) -> None:
        """Send the line to another hub, as the first one says that it did not act on it."""
        await self._tell(conversation, STOP)
        conversation.redirects += 1
        if conversation.redirects > REDIRECTS or not is_hub_name(hub):
            raise NotDeliveredError("the hubs do not know where the relay is")
        conversation.hub, conversation.incoming, conversation.may_have_arrived = hub, Incoming(), False
        await self._send(conversation)

    async def _send(self, conversation: _Conversation) -> None:
        subject = hub_subject(conversation.hub, PLAN)
        try:
            await self.connection.publish(subject, conversation.line.encode(), conversation.inbox)
        except NatsUnavailableError as error:
            raise NotDeliveredError(str(error)) from error

    async def _tell(self, conversation: _Conversation, kind: str) -> None:
        """Tell the hub that its answers are still wanted, and what has arrived, or that nothing more is wanted."""
        if conversation.hub == ANY or self.connection.client is None:
            return
        count = str(conversation.incoming.last).encode()
        with suppress(NatsUnavailableError):
            await self.connection.publish(hub_subject(conversation.hub, kind), count, conversation.inbox)

    async def _lookup(self, relay: str) -> str:
        """Return the name of the hub that has *relay*, or `ANY`, whose answer says why it is nowhere."""
        client = await self.connection.ready()
        try:
            answer = await client.request(lookup_subject(relay), timeout=LOOKUP)
        except (errors.Error, OSError):
            return ANY
        place = read_place(answer.data)
        return place.hub if place and is_hub_name(place.hub) else ANY

    async def _subscribe(self, client: Client) -> None:
        await client.subscribe(f"{self.connection.inbox}.*", cb=self._received)

    async def _received(self, message: Msg) -> None:
        conversation = self._conversations.get(message.subject.rpartition(".")[2])
        if conversation is None:
            return
        if not message.data:
            if message.headers and message.headers.get("Status") == _NOBODY:
                conversation.frames.put_nowait(None)
        elif frame := decode_frame(message.data):
            conversation.frames.put_nowait(frame)
