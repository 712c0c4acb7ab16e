"""Slack's agent sessions: a title for a thread, and the status *processing*, with which Slack shows its Stop button.

Slack resets nothing by itself before an hour has passed, so the code that begins a session's work also ends it.
"""

import logging
from typing import Final

from bot.slack.api.client import SlackError, call
from bot.slack.api.post_update import PEOPLE
from bot.slack.api.workspaces import Workspace

log = logging.getLogger(__name__)

_TITLE: Final = 200  # characters


async def begin(workspace: Workspace, channel: str, thread: str, title: str, user: str) -> bool:
    """Show that Lineman works in a thread; returns whether Slack shows it. Only a new session gets the title."""
    place = channel, thread
    if not thread or not (workspace.sessions.is_open(place) or workspace.sessions.may_start()):
        return False
    try:
        await call(
            workspace.hasty.agents_sessions_setStatus,
            channel_id=channel,
            thread_ts=thread,
            status="processing",
            title=title.replace(":", ",")[:_TITLE],  # Slack replaces colons by underscores
            initiator_user_id=user if user.startswith(PEOPLE) else None,
        )
    except SlackError as refused:
        log.info("Slack rejected a session's status: %s", refused.word)
        workspace.sessions.rest(refused.wait)
        return False
    workspace.sessions.started(place)
    return True


async def rest(workspace: Workspace, channel: str, thread: str) -> None:
    """Show that Lineman waits for the next message; if Slack rejects that, the status ends after an hour."""
    if not thread:
        return
    try:
        await call(
            workspace.client.agents_sessions_setStatus, channel_id=channel, thread_ts=thread, status="active"
        )
    except SlackError as refused:
        log.info("Slack rejected a session's status: %s", refused.word)
    workspace.sessions.ended((channel, thread))
