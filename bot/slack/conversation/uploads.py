"""Files in a thread: the whole run as JSON, the picture of the tree; in words where files are not allowed."""

import json
import logging

from bot.redaction.redact import redact_json
from bot.rendering.blocks.block_types import code, rich, title
from bot.rendering.blocks.message import Message, Sheet
from bot.rendering.json.diagnosis import render, render_several
from bot.rendering.view import make_view
from bot.slack.api.actor import Asker
from bot.slack.api.client import SlackError, call
from bot.slack.conversation import thread_replies
from bot.slack.state import run_messages
from bot.slack.state.context import Office
from bot.slack.state.finished_run import Seen
from bot.version import version

log = logging.getLogger(__name__)

INLINE = 2_800  # characters of JSON that stand in a message where no file may


async def raw(office: Office, asker: Asker, seen: Seen) -> None:
    """Give everything that is known of a run."""
    text = await office.bench.call(_as_json, office, seen)
    try:
        await _upload(office, asker, text.encode(), f"{seen.run}.json", f"Run {seen.run}", "")
    except SlackError as error:
        log.warning("no file: %s", error.word)
        await thread_replies.reply(office, asker, _inline(seen, text))


async def tree(office: Office, asker: Asker, seen: Seen) -> None:
    """Show how it was decided, as a picture if files are allowed, and always in words."""
    picture = await office.bench.call(run_messages.the_picture, office.desk, seen)
    try:
        name = f"{seen.run}.png"
        await _upload(office, asker, picture.png, name, f"How {seen.run} was decided", picture.alt)
    except SlackError as error:
        log.warning("no picture: %s", error.word)
    await thread_replies.reply(
        office, asker, await office.bench.call(run_messages.the_tree, office.desk, seen)
    )


async def _upload(office: Office, asker: Asker, content: bytes, name: str, label: str, alt: str) -> None:
    workspace = await office.workspace(asker)
    await call(
        workspace.client.files_upload_v2,
        channel=asker.channel,
        thread_ts=asker.thread or asker.message,
        content=content,
        filename=name,
        title=label,
        alt_txt=alt or None,
    )


def _as_json(office: Office, seen: Seen) -> str:
    desk = office.desk
    views = [make_view(record, desk.knowledge, desk.network) for record in seen.records]
    if len(views) > 1:
        rendered = render_several(seen.records, views, desk.network, version())
    else:
        rendered = render(seen.record, views[0], desk.network, version())
    value = redact_json(rendered)
    return json.dumps(value, indent=1, ensure_ascii=False, default=str)


def _inline(seen: Seen, text: str) -> Message:
    sheet = Sheet()
    sheet.add(rich(title(f"Run {seen.run} as JSON"), code(text, INLINE)))
    return sheet.message(f"Run {seen.run} as JSON; files are not allowed here, so this is its beginning.")
