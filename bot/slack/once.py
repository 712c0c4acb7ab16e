"""Replies in threads, each once: after a restart what the former process has said already is not said again."""

from bot.rendering.blocks.message import Message
from bot.slack.deliver import find, post
from bot.slack.delivery import ANSWERING
from bot.slack.installation import Workspace


async def post_once(workspace: Workspace, channel: str, message: Message, thread: str) -> tuple[str, str]:
    """Post *message*, known again by the delivery that it answers; gives channel and timestamp. Raises `SlackError`."""
    asked = ANSWERING.get()
    key = asked.reply_key() if asked else ""
    if asked and asked.again and (ts := await find(workspace, channel, key, thread, asked.received)):
        return channel, ts
    return await post(workspace, channel, message, thread=thread, key=key)
