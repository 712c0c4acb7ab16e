"""Show a thread as *processing* while runs are in progress there, so that Slack offers its Stop button."""

import asyncio
import logging
from typing import Final

from bot.slack.api import agent_session
from bot.slack.state.active_run import ActiveRun
from bot.slack.state.context import AppContext

log = logging.getLogger(__name__)

AGAIN: Final = 3000.0  # seconds; Slack ends the status after an hour


async def show_work(context: AppContext, running: ActiveRun) -> None:
    """Show that the run is in progress until it has ended."""
    case, header = running.case, running.header
    workspace, place = running.workspace, (case.channel, case.thread_ts)
    title = f"{header.subject}, {header.where}"
    while not running.ended.is_set() and await agent_session.begin(workspace, *place, title, running.user):
        try:
            async with asyncio.timeout(AGAIN):
                await running.ended.wait()
        except TimeoutError:
            log.info("run %s is taking long", running.run.id)
    await running.ended.wait()
    if workspace.sessions.is_open(place) and not is_busy(context, *place):
        await agent_session.rest(workspace, *place)


def is_busy(context: AppContext, channel: str, thread: str) -> bool:
    """Whether a run is in progress in a thread."""
    places = ((running.case.channel, running.case.thread_ts) for running in context.active_runs.values())
    return (channel, thread) in places
