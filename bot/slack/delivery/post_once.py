"""Post a reply once per event, even if the process ends in between and the next one handles the event again."""

from bot.rendering.blocks.message import Message
from bot.slack.api.post_update import find, post
from bot.slack.api.workspaces import Workspace
from bot.slack.state.event import CURRENT_EVENT


async def post_once(workspace: Workspace, channel: str, message: Message, thread: str) -> tuple[str, str]:
    """Post *message* once per event, even across restarts; returns channel and timestamp. Raises `SlackError`."""
    asked = CURRENT_EVENT.get()
    key = asked.reply_key() if asked else ""
    if asked and asked.again and (ts := await find(workspace, channel, key, thread, asked.received)):
        return channel, ts
    return await post(workspace, channel, message, thread=thread, key=key)
