"""Post messages once, update them in place at the pace of `update_pacer`, and deliver the final state.

Blocks that Slack rejects are sent again in a simpler form. Raises `SlackError` if a message cannot be delivered.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from bot.rendering.blocks.message import Message
from bot.slack.api.client import BUSY, UNCERTAIN, SlackError, call
from bot.slack.api.streaming import OPEN, close_stream
from bot.slack.api.update_pacer import UpdateTicket
from bot.slack.api.workspaces import Workspace

log = logging.getLogger(__name__)

HELD: Final = 0.25  # seconds between two looks whether this bot still holds its work
SKEW: Final = 60.0  # seconds by which Slack's clock and ours may differ
PATIENCE: Final = (1.0, 5.0, 15.0)  # seconds before each retry; after these, the outbox retries
REFUSALS: Final = 10  # rate-limited updates in a row, each followed by the pause that Slack asks for
EVENT: Final = "lineman_reply"  # metadata event type that identifies our own messages
TOO_MUCH: Final = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "metadata_too_large"}
)
OUTSIDE: Final = frozenset({"not_in_channel", "channel_not_found", "is_archived", "restricted_action"})
PEOPLE: Final = ("U", "W")  # ids of users: posting to them opens a direct message with its own channel id
DIRECT: Final = ("D", *PEOPLE)
GONE: Final = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"}
)


async def post(
    workspace: Workspace, channel: str, message: Message, *, thread: str = "", key: str = ""
) -> tuple[str, str]:
    """Post *message* and return its channel and timestamp; a direct message has its own channel.

    *key* identifies the message, so that a retry does not post it twice.
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
            answer = await workspace.queue.send(channel, partial(_post, workspace, message, arguments))
            place = str(answer.get("channel") or channel), str(answer.get("ts", ""))
            workspace.pacer.changed(*place)
            return place
        except SlackError as refused:
            if refused.word not in UNCERTAIN or wait is None:
                raise
            # Slack may have posted it, with only the response lost.
            if key and (ts := await find(workspace, channel, key, thread)):
                return channel, ts
            await asyncio.sleep(wait)
    raise AssertionError("the last try raises")


async def update(workspace: Workspace, channel: str, ts: str, message: Message) -> None:
    """Replace the message at *ts* as soon as it may be updated. Raises `SlackError`."""
    ticket, made = workspace.pacer.ticket(channel, ts), message
    for left in reversed(range(REFUSALS)):
        try:
            await change(workspace, ticket, lambda: made)  # noqa: B023 - called before the loop goes on
        except SlackError as refused:
            if refused.word in TOO_MUCH and made is message:
                log.warning("Slack refused the blocks of a message: %s", refused.word)
                made = message.simpler()
            elif refused.word not in BUSY | {OPEN} or not left:
                raise
        else:
            return


async def change(workspace: Workspace, ticket: UpdateTicket, make: Callable[[], Message]) -> None:
    """Update a message once, with what *make* returns when its turn comes; a 429 pauses the whole workspace.

    A message that is still streamed is refused, and its stream is stopped, so that the next try succeeds.
    """
    async with ticket:
        channel, ts = ticket.place
        try:
            await call(workspace.hasty.chat_update, channel=channel, ts=ts, **make().payload())
        except SlackError as refused:
            if refused.word in BUSY:
                workspace.pacer.rest(refused.wait)
            if refused.word == OPEN:
                await _close(workspace, channel, ts)
            raise


async def _close(workspace: Workspace, channel: str, ts: str) -> None:
    """Stop the stream of a message; if Slack asks for a pause, only this message waits for it."""
    try:
        await close_stream(workspace, channel, ts)
    except SlackError as refused:
        if refused.word not in BUSY:
            raise
        await asyncio.sleep(refused.wait)


async def direct(workspace: Workspace, user: str) -> str:
    """Return the channel of the direct messages with *user*, or *user* if Slack does not return one."""
    try:
        opened = await call(workspace.client.conversations_open, users=user)
    except SlackError as refused:
        log.warning("direct messages could not be opened: %s", refused.word)
        return user
    return str(opened.get("channel", {}).get("id", "")) or user


async def find(workspace: Workspace, channel: str, key: str, thread: str = "", since: float = 0.0) -> str:
    """Find our own message with *key* among those after *since*; empty if there is none or it cannot be read."""
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
        item
        for item in answer.get("messages", ())
        if item.get("bot_id") or item.get("user") == workspace.bot_user
    ]
    return next((str(our.get("ts", "")) for our in ours if _has(our, key)), "")


def _has(message: Mapping[str, Any], key: str) -> bool:
    """Whether *message* has *key*: by its metadata or, if Slack does not return that, by its buttons.

    A streamed message has neither, but the id in its text.
    """
    metadata = message.get("metadata") or {}
    if message.get("streaming_state") and f"Run {key}" in str(message.get("text")):
        return True
    if metadata.get("event_type") == EVENT:
        return bool(metadata.get("event_payload", {}).get("key") == key)
    return f'"run":"{key}"' in str(message.get("blocks"))


async def deliver_final(workspace: Workspace, channel: str, ts: str, thread: str, message: Message) -> None:
    """Update a message to its final state, or post it in the thread if the message is gone; raises `SlackError`."""
    for wait in (*PATIENCE, None):
        try:
            await update(workspace, channel, ts, message)
        except SlackError as refused:
            if refused.word in GONE:
                await post(workspace, channel, message, thread=thread or ts)
                return
            if wait is None or refused.word not in UNCERTAIN:
                raise
            log.warning("verdict not delivered, retry in %.0f s: %s", wait, refused.word)
            await asyncio.sleep(wait)
        else:
            return


async def until_held(workspace: Workspace) -> None:
    """Wait until no other bot can have taken over what this one does: it would post the same."""
    while not workspace.holds():  # noqa: ASYNC110 - a thread finds out
        await asyncio.sleep(HELD)


async def _post(workspace: Workspace, message: Message, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Post *message*; if Slack rejects its blocks, post it as plain text."""
    send = workspace.hasty.chat_postMessage
    if arguments["metadata"]:  # a bot that takes over posts it, too
        await until_held(workspace)
    try:
        return await call(send, **arguments, **message.payload())
    except SlackError as refused:
        if refused.word not in TOO_MUCH:
            raise
        log.warning("Slack refused the blocks of a message: %s", refused.word)
        return await call(send, **arguments, **message.simpler().payload())


def _metadata(key: str) -> dict[str, Any]:
    return {"event_type": EVENT, "event_payload": {"key": key}}
