"""A message that shows the progress of a run: by edits, or as a stream with edits as the fallback."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, Self

from bot.rendering.blocks import stream_chunks
from bot.rendering.blocks.message import Message
from bot.slack.api.client import BUSY, UNCERTAIN, SlackError, call
from bot.slack.api.post_update import TOO_MUCH, change
from bot.slack.api.stream_state import LIFE
from bot.slack.api.streaming import close_stream
from bot.slack.api.update_pacer import Priority, UpdateTicket
from bot.slack.api.workspaces import Workspace

log = logging.getLogger(__name__)

PACE: Final = (
    1.0  # seconds between two appends to one stream, or two looks whether the run is still this bot's
)


def live_message(workspace: Workspace, channel: str, ts: str, holds: Callable[[], bool]) -> "LiveMessage":
    """Return the message at *ts* for showing progress in it, as a stream if it was started as one.

    Nothing is shown while *holds* is false: another bot may have taken over the run, and shown how it ended.
    """
    made = StreamedMessage if workspace.streams.is_open((channel, ts)) else LiveMessage
    return made(workspace, channel, ts, holds)


class LiveMessage:
    """A message updated in place. On exit the last update has been sent, or discarded."""

    def __init__(self, workspace: Workspace, channel: str, ts: str, holds: Callable[[], bool]) -> None:
        self._workspace, self._place, self._holds = workspace, (channel, ts), holds
        self._next: Callable[[], Message] | None = None
        self._rank = Priority.PROGRESS
        self._turn: UpdateTicket | None = None
        self._wanted = asyncio.Event()
        self._sending = self._over = False

    def show(self, make: Callable[[], Message], priority: Priority = Priority.PROGRESS) -> None:
        """Show what *make* returns when the next update is due; a newer call replaces it."""
        # A waiting update is never delayed by a less urgent one: one update shows both.
        self._next, self._rank = make, min(priority, self._rank) if self._wanted.is_set() else priority
        self._wanted.set()
        if self._turn:
            self._workspace.pacer.rerank(self._turn, self._rank)

    async def __aenter__(self) -> Self:
        self._workspace.pacer.begin(*self._place)
        self._task = asyncio.create_task(self._pump())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Wait for an update in progress: if it were cancelled, it could arrive after the final state."""
        self._over = True
        if not self._sending:
            self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._workspace.pacer.end(*self._place)

    async def _pump(self) -> None:
        while not self._over:
            await self._wanted.wait()
            self._turn = self._workspace.pacer.ticket(*self._place, self._rank)
            try:
                await change(self._workspace, self._turn, self._newest)
            except _NotHeldError:
                self._wanted.set()
                await asyncio.sleep(PACE)
            except SlackError as error:  # tried once: the next state replaces it
                log.info("progress update failed: %s", error.word)
                if error.word in TOO_MUCH:
                    self._workspace.streams.cards_refused()
            self._sending = False

    def _newest(self) -> Message:
        if not self._holds():
            raise _NotHeldError
        self._wanted.clear()
        self._sending = True
        assert self._next is not None
        return self._next()


class StreamedMessage(LiveMessage):
    """A message that is streamed. When Slack refuses more, or before it would close the stream, edits take over."""

    def __init__(
        self, workspace: Workspace, channel: str, ts: str, holds: Callable[[], bool], life: float = LIFE
    ) -> None:
        super().__init__(workspace, channel, ts, holds)
        self._plan: dict[str, Any] = {}  # as Slack shows it
        self._life = life

    async def __aexit__(self, *error: object) -> None:
        """Stop the stream; if that fails, it is stopped when the message is edited."""
        await super().__aexit__(*error)
        await self._close()

    async def _pump(self) -> None:
        try:
            async with asyncio.timeout(self._life):
                more = True
                while more and not self._over:
                    more = await self._append()
                    await asyncio.sleep(PACE)
        except TimeoutError:
            log.info("stopped a stream before Slack ends it; progress continues by edits")
        if not self._over:
            await self._close()
            await super()._pump()

    async def _append(self) -> bool:
        """Append what has changed; returns whether Slack takes more."""
        await self._wanted.wait()
        await self._workspace.streams.turn()
        try:
            plan, (channel, ts) = stream_chunks.plan_in(self._newest()), self._place
            if plan and (chunks := stream_chunks.changes(self._plan, plan)):
                await call(self._workspace.hasty.chat_appendStream, channel=channel, ts=ts, chunks=chunks)
                self._plan = plan
        except _NotHeldError:
            pass
        except SlackError as refused:
            log.info("streaming failed, progress continues by edits: %s", refused.word)
            self._wanted.set()  # this state is not shown yet
            self._workspace.streams.pause_appends(refused.wait)
            return refused.word in BUSY | UNCERTAIN
        finally:
            self._sending = False
        return True

    async def _close(self) -> None:
        if not self._workspace.streams.is_open(self._place):
            return
        try:
            await close_stream(self._workspace, *self._place, stream_chunks.closing(self._plan))
        except SlackError as refused:
            log.info("could not stop a stream: %s", refused.word)


class _NotHeldError(Exception):
    """Another bot may show this run."""
