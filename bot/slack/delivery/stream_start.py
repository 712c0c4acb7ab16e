"""Start the first message of a run as a stream, in a thread of direct messages."""

from bot.model.records import PostRow
from bot.rendering.blocks.run_header import RunHeader
from bot.rendering.blocks.stream_chunks import opening
from bot.slack.api.client import SlackError
from bot.slack.api.post_update import DIRECT, find, until_held
from bot.slack.api.streaming import start_stream
from bot.slack.api.workspaces import Workspace


async def start(workspace: Workspace, owed: PostRow, first: RunHeader, user: str) -> str:
    """Start a stream and return its timestamp; empty where there is none, and a message is posted instead."""
    channel, thread = owed.channel, owed.thread_ts
    if not channel.startswith(DIRECT) or not thread or not workspace.streams.may_start():
        return ""
    await until_held(workspace)
    try:
        return await start_stream(workspace, channel, thread, user, opening(first))
    except SlackError:  # only the answer may be lost
        return await find(workspace, channel, owed.key, thread)
