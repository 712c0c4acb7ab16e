"""Preflight reports in threads and direct messages, pasted or attached: read, laid beside the relay, concluded anew."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.diagnosis.device_evidence import Continued, continue_case
from bot.diagnosis.engine import Desk
from bot.intake.clues import Reading, code_of, platform_of
from bot.intake.read import BEGINNING, read_pasted
from bot.intake.segment import may_hold_report
from bot.language.router import is_from_device
from bot.model.records import CaseRow
from bot.redaction.redact import hint
from bot.rendering.blocks import device_report
from bot.rendering.blocks.notices import note
from bot.slack.api.actor import Asker
from bot.slack.conversation import thread_replies
from bot.slack.conversation.attachments import fetch, files_in, words_of
from bot.slack.delivery import outbox
from bot.slack.state.context import Office
from bot.slack.state.finished_run import Seen, headline_of, seen_of

NOT_YET: Final = "The relay has no verdict yet: send it again when it has, and I lay both side by side."


async def take(office: Office, asker: Asker, case: CaseRow | None, text: str) -> str | None:
    """Answer the reports in *text* and its files; gives the words left to be answered otherwise, None if no."""
    files, words = files_in(text), words_of(text)
    answered = False
    for file in files:
        content = await fetch(office, asker, file)
        reading = await office.bench.call(read_pasted, content) if isinstance(content, bytes) else None
        if reading and reading.useful:
            await _go_on(office, asker, case, reading, words)
        else:
            await thread_replies.reply(office, asker, note(reading.says if reading else str(content)))
        answered = True
    if may_hold_report(words):
        reading = await office.bench.call(read_pasted, words)
        if reading.kind in ("report", "tool"):
            await _go_on(office, asker, case, reading, words)
            return None
        if reading.says == BEGINNING:
            await thread_replies.reply(office, asker, note(BEGINNING))
            return None
    return words if words.strip() or not answered else None


async def take_here(office: Office, asker: Asker, text: str) -> str | None:
    """Do the same for the case of the thread where *asker* is, if there is one."""
    return await take(
        office, asker, await office.store.case_of_thread(asker.team, asker.channel, asker.thread), text
    )


async def _go_on(office: Office, asker: Asker, case: CaseRow | None, reading: Reading, words: str) -> None:
    """Conclude *case* anew by *reading*, and say so; without a case, or a verdict, say what the device saw."""
    if reading.removed:
        await office.whisper(asker, note(hint(reading.removed)))
    seen = await office.records.latest(case.id) if case else None
    quality = office.desk.network.quality
    if case is None or seen is None:
        then = NOT_YET if case else _how_to_begin(office, reading)
        await thread_replies.reply(
            office, asker, await office.bench.call(device_report.alone, reading, quality, then)
        )
        return
    await office.rights.use(await office.workspace(asker), asker, case.request.relays)
    on_device = is_from_device(words)
    continued, now = await office.bench.call(_conclude, office.desk, seen, reading, on_device=on_device)
    await _keep(office, case, now, continued)
    message = await office.bench.call(
        device_report.compared,
        reading,
        continued,
        quality,
        headline_of(office.desk, now),
        now.record.diagnosis.next_question,
    )
    await thread_replies.reply(office, asker, message)


def _conclude(desk: Desk, seen: Seen, reading: Reading, *, on_device: bool) -> tuple[list[Continued], Seen]:
    """Go on with the record of each relay, and lay them together again."""
    continued = [
        continue_case(record, reading, desk.knowledge, desk.network, on_device=on_device)
        for record in seen.records
    ]
    return continued, seen_of(seen.case, seen.run, seen.user, [one.record for one in continued])


async def _keep(office: Office, case: CaseRow, now: Seen, continued: Sequence[Continued]) -> None:
    """Keep what is new with the run, so that it is there after a restart, and draw the verdict up anew."""
    for one in continued:
        for look in one.added:
            await office.store.save_observation(now.run, one.record.relay, look)
    request = now.record.request
    if request != case.request:
        await office.store.change_case(case.id, request)
    office.records.keep(now)
    added = [one.added for one in continued]
    shown = hashlib.sha256(repr((request, added)).encode()).hexdigest()  # drawn up anew where it differs
    await outbox.refresh_case(office, replace(case, request=request), now, {"request": shown})


def _how_to_begin(office: Office, reading: Reading) -> str:
    """Say how to look from a relay too."""
    words = [code_of(reading, office.desk.knowledge.errors), platform_of(reading) or ""]
    return f"To look from a relay in the user's network as well: /diagnose {' '.join(filter(None, words))}"
