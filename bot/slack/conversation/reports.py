"""Handle pasted or attached preflight reports: read them, compare with the relay, update the verdict."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.diagnosis.device_evidence import DeviceEvidence, apply_device_reading, case_of, log_of_case
from bot.diagnosis.engine import Engine
from bot.intake.clues import Reading, code_of, platform_of
from bot.intake.read import read
from bot.intake.unread import BEGINNING
from bot.language.device_words import is_from_device
from bot.model.records import CaseRow
from bot.model.request import Request
from bot.redaction.redact import hint
from bot.rendering.blocks import device_report
from bot.rendering.blocks.message import Message
from bot.rendering.blocks.notices import note
from bot.rendering.report_summary import headline
from bot.rendering.view import make_view
from bot.slack.api.actor import Actor
from bot.slack.conversation import check_pastes, thread_replies
from bot.slack.conversation.attachments import fetch, files_in, words_of
from bot.slack.delivery import outbox
from bot.slack.state import run_messages
from bot.slack.state.context import AppContext
from bot.slack.state.finished_run import FinishedRun, combine, view_of
from knowledge.reasoning.device import PLACED

NOT_YET: Final = "The relay has no verdict yet. Send this again when it has, to compare both."


async def take(context: AppContext, actor: Actor, case: CaseRow | None, text: str) -> str | None:
    """Handle the reports in *text* and its files. Return the text left to answer, or None without a report."""
    files, words = files_in(text), words_of(text)
    answered = False
    for file in files:
        content = await fetch(context, actor, file)
        reading = await context.worker.call(read, content) if isinstance(content, bytes) else None
        if reading and reading.useful:
            await go_on(context, actor, case, reading, words)
        else:
            await thread_replies.reply(context, actor, note(reading.says if reading else str(content)))
        answered = True
    reading = await context.worker.call(read, words)
    if case and reading.useful and (log := await _log_of(context, case, words)):
        await go_on(context, actor, case, log, words)
        return None
    if reading.has_report_form:
        if reading.kind in ("report", "tool"):
            await go_on(context, actor, case, reading, words)
            return None
        if reading.says == BEGINNING:
            await thread_replies.reply(context, actor, note(BEGINNING))
            return None
    return words if words.strip() or not answered else None


async def _log_of(context: AppContext, case: CaseRow, words: str) -> Reading | None:
    return await context.worker.call(
        log_of_case, words, case.request, context.engine.knowledge, context.vocabulary
    )


async def take_here(context: AppContext, actor: Actor, text: str) -> str | None:
    """Do the same for the case of the thread where *actor* is, if there is one."""
    return await take(
        context, actor, await context.store.case_of_thread(actor.team, actor.channel, actor.thread), text
    )


async def go_on(
    context: AppContext, actor: Actor, case: CaseRow | None, reading: Reading, words: str
) -> None:
    """Update *case* with *reading* and post the result. Without a case or verdict, post what the device measured."""
    if reading.removed:
        await context.post_ephemeral(actor, note(hint(reading.removed)))
    if reading.check:
        await check_pastes.take(context, actor, case, reading)
        return
    finished = await context.run_history.latest(case.id) if case else None
    if case is None or finished is None:
        await thread_replies.reply(
            context,
            actor,
            await context.worker.call(_alone, context.engine, reading, words, waits=case is not None),
        )
        return
    await context.permissions.check_access(await context.workspace(actor), actor, case.request.relays)
    on_device = is_from_device(words)
    continued, now = await context.worker.call(
        _conclude, context.engine, finished, reading, on_device=on_device
    )
    await _keep(context, case, now, continued)
    message = await context.worker.call(_beside, context.engine, now, reading, continued)
    await thread_replies.reply(context, actor, message)


def _conclude(
    engine: Engine, finished: FinishedRun, reading: Reading, *, on_device: bool
) -> tuple[list[DeviceEvidence], FinishedRun]:
    """Evaluate each relay's record again with *reading*, and combine the relays' results."""
    continued = [
        apply_device_reading(record, reading, engine.knowledge, engine.network, on_device=on_device)
        for record in finished.records
    ]
    return continued, combine(
        finished.case,
        finished.run,
        finished.user,
        [evidence.record for evidence in continued],
        engine,
    )


async def _keep(
    context: AppContext, case: CaseRow, now: FinishedRun, continued: Sequence[DeviceEvidence]
) -> None:
    """Store the new observations with the run, so that they survive a restart, and update the verdict."""
    for evidence in continued:
        for look in evidence.added:
            await context.store.save_observation(now.run, evidence.record.relay, look)
    request = now.record.request
    if request != case.request:
        await context.store.change_case(case.id, request)
    context.run_history.keep(now)
    added = [device_evidence.added for device_evidence in continued]
    visible = hashlib.sha256(repr((request, added)).encode()).hexdigest()  # new version only if changed
    await outbox.refresh_case(context, replace(case, request=request), now, {"request": visible})


def _beside(
    engine: Engine, now: FinishedRun, reading: Reading, continued: Sequence[DeviceEvidence]
) -> Message:
    """Render the verdict with *reading*, and what it says beside the relays."""
    return device_report.compared(
        run_messages.header_of_finished(engine, now),
        view_of(engine, now),
        now.record.diagnosis,
        reading,
        continued,
        engine.network.quality,
    )


def _alone(engine: Engine, reading: Reading, words: str, *, waits: bool) -> Message:
    """Say what *reading* shows by itself, and how to test from a relay, too; *waits*: a run of its case is going on."""
    code, platform = code_of(reading, engine.knowledge.errors), platform_of(reading) or ""
    on_device = is_from_device(words)
    has_device = bool(reading.reports) or on_device or any(look.facts.get(PLACED) for look in reading.pasted)
    concluded = _conclusion(engine, reading, code, platform, on_device=on_device) if has_device else ""
    if waits:
        return device_report.alone(reading, engine.network.quality, NOT_YET, concluded)
    words = " ".join(filter(None, (code, platform)))
    then = f"To test from a relay in the user's network as well: /diagnose {words}"
    start = {"code": code, "platform": platform}
    return device_report.alone(reading, engine.network.quality, then, concluded, start)


def _conclusion(engine: Engine, reading: Reading, code: str, platform: str, *, on_device: bool) -> str:
    """Conclude from the device's data alone, in one line."""
    request = Request(code, platform or None)
    evidence = case_of(reading, request, engine.knowledge, engine.network, on_device=on_device)
    view = make_view(evidence.record, engine.knowledge, engine.network)
    return headline(reading, evidence, view)
