"""Handle a result of the check page that was pasted, because the page could not send it."""

import hashlib
import time
from typing import Final

from bot.check_link.link_posts import result_post
from bot.check_link.pasted import pasted_record
from bot.check_link.result_run import result_run
from bot.diagnosis.engine import Engine
from bot.diagnosis.run_record import BROWSER_RELAY
from bot.intake.clues import DOOR, Reading
from bot.model.records import CaseRow
from bot.model.request import Request
from bot.rendering.blocks import device_report
from bot.rendering.blocks.message import Message
from bot.rendering.check_link_text import REPORTED
from bot.rendering.view import make_view
from bot.slack.api.actor import Actor
from bot.slack.conversation import thread_replies
from bot.slack.delivery import check_posts
from bot.slack.runtime.ids import new_run
from bot.slack.state.context import AppContext

_PASTE: Final = "paste"  # in the summary of the run: the digest of what was pasted


async def take(context: AppContext, actor: Actor, case: CaseRow | None, reading: Reading) -> None:
    """Show what the customer's browser found: in the case of the thread beside the relays, else by itself."""
    if case is None or not case.message_ts:
        message = await context.worker.call(_alone, context.engine, reading, time.time())
        await thread_replies.reply(context, actor, message)
        return
    await context.permissions.check_access(await context.workspace(actor), actor, case.request.relays)
    now = time.time()
    record = await context.worker.call(pasted_record, context.engine, reading.check, case.request, now)
    digest = hashlib.sha256(reading.check.encode()).hexdigest()
    runs = await context.store.runs(case.id)
    known = next((run.id for run in runs if run.summary.get(_PASTE) == digest), "")
    post = result_post(case, known or new_run())
    if not known:
        headline = make_view(record, context.engine.knowledge, context.engine.network).headline
        row = result_run(record, case.id, post.run, headline, now, **{_PASTE: digest})
        looks = {BROWSER_RELAY: tuple(record.observations.values())}
        await context.store.save_result(row, looks, [post])
    await check_posts.send(context, post.key)


def _alone(engine: Engine, reading: Reading, now: float) -> Message:
    """Say what the result shows by itself, and how to test from a relay, too."""
    record = pasted_record(engine, reading.check, Request(DOOR), now)
    view = make_view(record, engine.knowledge, engine.network)
    then = f"{view.customer_text} To test from a relay in the user's network as well: /diagnose {DOOR}"
    concluded = f"{view.headline} ({REPORTED})"
    return device_report.alone(reading, engine.network.quality, then, concluded, {"code": DOOR})
