"""Putting messages into Slack: posted once, updated in place at most once a second, and the last state lands.

What Slack refuses is put more simply; what cannot be delivered is `SlackError`, and the caller says so elsewhere.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, Self

from bot.replies.blocks.message import Message
from bot.slack.installation import Workspace
from bot.slack.web import BUSY, UNCERTAIN, SlackError, call

log = logging.getLogger(__name__)

SKEW: Final = 60.0  # seconds by which Slack's clock and ours may differ
PATIENCE: Final = (1.0, 5.0, 15.0)  # seconds before it is tried again; later on the outbox does
EVENT: Final = "lineman_reply"  # metadata by which we know our own messages again
TOO_MUCH: Final = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "metadata_too_large"}
)
OUTSIDE: Final = frozenset({"not_in_channel", "channel_not_found", "is_archived", "restricted_action"})
PEOPLE: Final = ("U", "W")  # ids that begin so may be posted to, and have a channel of their own
DIRECT: Final = ("D", *PEOPLE)
GONE: Final = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"}
)


async def post(
    workspace: Workspace, channel: str, message: Message, *, thread: str = "", key: str = ""
) -> tuple[str, str]:
    """Post *message* and give its channel and timestamp; a direct message has a channel of its own.

    *key* makes it recognisable, so that it is never posted twice.
    """
    arguments: dict[str, Any] = {
        "channel": channel,
        "thread_ts": thread or None,
        "unfurl_links": False,
        "unfurl_media": False,
        "mrkdwn": False,
        "metadata": _metadata(key) if key else None,
    }
    for wait in (*PATIENCE, None):
        try:
            answer = await _simpler(workspace.poster.chat_postMessage, message, arguments)
            place = str(answer.get("channel") or channel), str(answer.get("ts", ""))
            workspace.pace.changed(*place)
            return place
        except SlackError as refused:
            if refused.word not in UNCERTAIN or wait is None:
                raise
            # Slack may have posted it and only the answer was lost.
            if key and (ts := await find(workspace, channel, key, thread)):
                return channel, ts
            await asyncio.sleep(wait)
    raise AssertionError("the last try raises")


async def update(workspace: Workspace, channel: str, ts: str, message: Message) -> None:
    """Replace what stands there, as soon as it may be changed again."""
    await workspace.pace.wait(channel, ts)
    try:
        await _simpler(workspace.client.chat_update, message, {"channel": channel, "ts": ts})
    finally:
        workspace.pace.changed(channel, ts)


async def direct(workspace: Workspace, user: str) -> str:
    """Give the channel of the direct messages with *user*; the user again where Slack does not say."""
    try:
        opened = await call(workspace.client.conversations_open, users=user)
    except SlackError as refused:
        log.warning("direct messages could not be opened: %s", refused.word)
        return user
    return str(opened.get("channel", {}).get("id", "")) or user


async def find(workspace: Workspace, channel: str, key: str, thread: str = "", since: float = 0.0) -> str:
    """Look for our own message with *key* among those after *since*; empty if it is not there or cannot be read."""
    arguments: dict[str, Any] = {"channel": channel, "limit": 200, "include_all_metadata": True}
    if since:
        arguments["oldest"] = f"{since - SKEW:.6f}"
    try:
        if thread:
            answer = await call(workspace.client.conversations_replies, ts=thread, **arguments)
        else:
            answer = await call(workspace.client.conversations_history, **arguments)
    except SlackError:
        return ""
    ours = [
        one
        for one in answer.get("messages", ())
        if one.get("bot_id") or one.get("user") == workspace.bot_user
    ]
    return next((str(one.get("ts", "")) for one in ours if _has(one, key)), "")


def _has(message: Mapping[str, Any], key: str) -> bool:
    """Whether *message* is the one: by its metadata, or where Slack does not show that, by its buttons."""
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") == EVENT:
        return bool(metadata.get("event_payload", {}).get("key") == key)
    return f'"run":"{key}"' in str(message.get("blocks"))


class Live:
    """One message while it changes: what is shown last in the context is out when the context is left, or dropped."""

    def __init__(self, workspace: Workspace, channel: str, ts: str) -> None:
        self._workspace, self._channel, self._ts = workspace, channel, ts
        self._next: Callable[[], Message] | None = None
        self._wanted, self._over = asyncio.Event(), asyncio.Event()

    def show(self, make: Callable[[], Message]) -> None:
        """Show what *make* makes as soon as a change is due; a newer state takes its place."""
        self._next = make
        self._wanted.set()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._pump())
        return self

    async def __aexit__(self, *_: object) -> None:
        """A change under way is waited for: cut off, it might arrive after the last state."""
        self._over.set()
        self._wanted.set()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _pump(self) -> None:
        while True:
            await self._wanted.wait()
            await self._pause()
            if self._over.is_set():
                return
            self._wanted.clear()
            assert self._next is not None
            await self._try(self._next())

    async def _pause(self) -> None:
        """Wait until a change is due, or the end."""
        try:
            async with asyncio.timeout(self._workspace.pace.left(self._channel, self._ts)):
                await self._over.wait()
        except TimeoutError:
            return

    async def _try(self, message: Message) -> None:
        """Show a state that the next one replaces anyway: tried once."""
        alone = 0.0
        arguments = {"channel": self._channel, "ts": self._ts}
        self._workspace.pace.changed(self._channel, self._ts)
        try:
            await _simpler(self._workspace.hasty.chat_update, message, arguments)
        except SlackError as error:
            log.info("progress was not shown: %s", error.word)
            alone = error.wait
        self._workspace.pace.changed(self._channel, self._ts, alone)


async def land(workspace: Workspace, channel: str, ts: str, thread: str, message: Message) -> None:
    """Bring a last state into its message; where that is gone, into the thread. Raises `SlackError` in the end."""
    for wait in (*PATIENCE, None):
        try:
            await update(workspace, channel, ts, message)
        except SlackError as refused:
            if refused.word in GONE:
                await post(workspace, channel, message, thread=thread or ts)
                return
            if wait is None or refused.word not in BUSY | UNCERTAIN:
                raise
            log.warning("a verdict waits %.0f s: %s", wait, refused.word)
            await asyncio.sleep(wait)
        else:
            return


async def _simpler(send: Any, message: Message, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Send *message*; if Slack does not take its blocks, the same in plain words."""
    try:
        return await call(send, **arguments, **message.payload())
    except SlackError as refused:
        if refused.word not in TOO_MUCH:
            raise
        log.warning("Slack refused the blocks of a message: %s", refused.word)
        return await call(send, **arguments, **message.simpler().payload())


def _metadata(key: str) -> dict[str, Any]:
    return {"event_type": EVENT, "event_payload": {"key": key}}
