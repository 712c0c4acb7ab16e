"""Upload files to a thread: the run as JSON, the decision path as PNG. Post text where files are not allowed."""

import json
import logging

from bot.redaction.redact import redact_json
from bot.rendering.blocks.block_types import code, rich, title
from bot.rendering.blocks.message import Message, MessageBuilder
from bot.rendering.json.diagnosis import render, render_several
from bot.rendering.view import make_view
from bot.slack.api.actor import Actor
from bot.slack.api.client import SlackError, call
from bot.slack.conversation import thread_replies
from bot.slack.state import run_messages
from bot.slack.state.context import AppContext
from bot.slack.state.finished_run import FinishedRun
from bot.version import version

log = logging.getLogger(__name__)

INLINE = 2_800  # characters of JSON that fit in a message where files are not allowed


async def raw(context: AppContext, actor: Actor, finished: FinishedRun) -> None:
    """Post all stored facts of a run as JSON."""
    text = await context.worker.call(_as_json, context, finished)
    try:
        await _upload(context, actor, text.encode(), f"{finished.run}.json", f"Run {finished.run}", "")
    except SlackError as error:
        log.warning("could not upload the JSON file: %s", error.word)
        await thread_replies.reply(context, actor, _inline(finished, text))


async def tree(context: AppContext, actor: Actor, finished: FinishedRun) -> None:
    """Show the decision path: always as text, and as a picture if files are allowed."""
    picture = await context.worker.call(run_messages.tree_picture, context.engine, finished)
    try:
        name = f"{finished.run}.png"
        await _upload(context, actor, picture.png, name, f"How {finished.run} was decided", picture.alt)
    except SlackError as error:
        log.warning("could not upload the picture: %s", error.word)
    await thread_replies.reply(
        context, actor, await context.worker.call(run_messages.tree_message, context.engine, finished)
    )


async def _upload(context: AppContext, actor: Actor, content: bytes, name: str, label: str, alt: str) -> None:
    workspace = await context.workspace(actor)
    await call(
        workspace.client.files_upload_v2,
        channel=actor.channel,
        thread_ts=actor.thread or actor.message,
        content=content,
        filename=name,
        title=label,
        alt_txt=alt or None,
    )


def _as_json(context: AppContext, finished: FinishedRun) -> str:
    engine = context.engine
    views = [make_view(record, engine.knowledge, engine.network) for record in finished.records]
    if len(views) > 1:
        rendered = render_several(finished.records, views, engine.network, version())
    else:
        rendered = render(finished.record, views[0], engine.network, version())
    value = redact_json(rendered)
    return json.dumps(value, indent=1, ensure_ascii=False, default=str)


def _inline(finished: FinishedRun, text: str) -> Message:
    sheet = MessageBuilder()
    sheet.add(rich(title(f"Run {finished.run} as JSON"), code(text, INLINE)))
    return sheet.message(
        f"Run {finished.run} as JSON. Files are not allowed here, so this is only the beginning."
    )
