"""Say that replies in a channel are not read: with chat:write.public, Lineman posts where it is not a member."""

import time
from typing import Final

from bot.rendering.blocks import notices
from bot.slack.api.actor import Actor
from bot.slack.api.client import SlackError, call
from bot.slack.api.post_update import PEOPLE
from bot.slack.state.active_run import ActiveRun
from bot.slack.state.context import AppContext

AGAIN: Final = 3600.0  # seconds until Slack is asked again about a channel
PUBLIC: Final = "C"  # ids of channels; nothing can be posted uninvited elsewhere


async def say_if_outside(context: AppContext, actor: Actor, running: ActiveRun) -> None:
    """Tell *actor* privately how to invite Lineman, if it is not in the channel of the run."""
    workspace, channel = running.workspace, running.case.channel
    if not (channel.startswith(PUBLIC) and actor.user.startswith(PEOPLE)):
        return
    if context.channels_asked.get(channel, 0.0) > time.time() - AGAIN:
        return
    context.channels_asked[channel] = time.time()
    try:
        await call(workspace.hasty.conversations_replies, channel=channel, ts=running.ts, limit=1)
    except SlackError as refused:
        if refused.word == "not_in_channel":
            await context.post_ephemeral(actor, notices.cannot_read(f"@{workspace.name}"))
