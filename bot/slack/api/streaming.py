"""Start and close streamed messages. They exist in threads; Lineman streams in direct messages only.

In a channel, Slack shows the growing message to one recipient, and to everybody else only when it is finished.
"""

import logging
from collections.abc import Sequence
from typing import Any, Final

from bot.slack.api.client import UNCERTAIN, SlackError, call
from bot.slack.api.workspaces import Workspace

log = logging.getLogger(__name__)

OPEN: Final = "streaming_state_conflict"  # Slack's error for changing a message that is being streamed
CLOSED: Final = frozenset({"message_not_in_streaming_state", "stopped_by_user"})


async def start_stream(
    workspace: Workspace, channel: str, thread: str, user: str, chunks: Sequence[dict[str, Any]]
) -> str:
    """Start a stream for *user* and return its timestamp; empty if Slack refuses, so that a message is posted instead.

    Raises `SlackError` if Slack may have started it.
    """
    try:
        answer = await call(
            workspace.hasty.chat_startStream,
            channel=channel,
            thread_ts=thread,
            recipient_user_id=user,
            recipient_team_id=workspace.team,
            task_display_mode="plan",
            chunks=list(chunks),
        )
    except SlackError as refused:
        if refused.word in UNCERTAIN:
            raise
        log.info("could not start a stream: %s", refused.word)
        workspace.streams.refused(refused)
        return ""
    ts = str(answer.get("ts", ""))
    workspace.streams.started((channel, ts))
    return ts


async def close_stream(
    workspace: Workspace, channel: str, ts: str, chunks: Sequence[dict[str, Any]] = ()
) -> None:
    """Stop a stream, after which its message can be edited; one that has ended already is fine. Raises `SlackError`."""
    try:
        await call(
            workspace.hasty.chat_stopStream, channel=channel, ts=ts, chunks=list(chunks) if chunks else None
        )
    except SlackError as refused:
        if refused.word not in CLOSED:
            raise
    workspace.streams.ended((channel, ts))
