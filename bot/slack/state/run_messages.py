"""Convert runs to Slack messages: this module gathers the content, `bot.rendering` lays it out.

Pure: no network, no clock. Rendering a verdict takes about 20 ms, so callers use the WorkerThread.
"""

from dataclasses import dataclass, replace
from typing import Final

from bot.diagnosis.comparison import leading
from bot.diagnosis.comparison_text import listed
from bot.diagnosis.engine import Engine
from bot.model.records import RESTARTED, RunRow
from bot.rendering.blocks import (
    evidence,
    fixes,
    guides,
    notices,
    run_diff,
    run_endings,
    text_limits,
    ticket,
)
from bot.rendering.blocks.customer import customer_copy
from bot.rendering.blocks.decision_path import Mark, walked
from bot.rendering.blocks.elements import ButtonContext
from bot.rendering.blocks.message import Message
from bot.rendering.blocks.question import ask, ended
from bot.rendering.blocks.run_header import RunHeader, run_header
from bot.rendering.blocks.tree_image import Picture, picture
from bot.rendering.verdict_text import short_verdict
from bot.slack.state.finished_run import FinishedRun, view_of
from probes.protocol.model import USER_NETWORK

MARKS: Final = {"found": Mark.FAULT, "clear": Mark.FINE, "unclear": Mark.UNKNOWN}


def platforms(engine: Engine) -> tuple[tuple[str, str], ...]:
    """Return id and title of every platform."""
    return tuple((platform.id, platform.title) for platform in engine.knowledge.platforms.values())


def header_of_active(engine: Engine, run: RunRow, user: str) -> RunHeader:
    """Make the header of a run that has no verdict yet."""
    request = run.request
    platform = request.platform or ""
    known = engine.knowledge.platforms.get(platform)
    vantages = set(run.vantages.values())
    return RunHeader(
        asked=ButtonContext(run.case, run.id),
        code=request.code,
        platform=platform,
        title=known.title if known else platform,
        edge=request.edge,
        relay=listed(run.relays),
        vantage=vantages.pop() if len(vantages) == 1 else USER_NETWORK,
        user=user,
        network=engine.network.title,
        restarted=bool(run.summary.get(RESTARTED)),
    )


def header_of_finished(engine: Engine, finished: FinishedRun) -> RunHeader:
    """Make the header of a finished run."""
    return run_header(finished.record, finished.asked, engine.knowledge, finished.user, engine.network.title)


def fixes_message(engine: Engine, finished: FinishedRun, platform: str) -> Message:
    """Render all fixes with their code."""
    chosen = "" if platform == fixes.ALL else platform
    return fixes.fixes(
        header_of_finished(engine, finished), view_of(engine, finished, chosen), chosen, platforms(engine)
    )


def evidence_message(engine: Engine, finished: FinishedRun) -> Message:
    """Render the evidence for network engineers."""
    record, view = finished.record, view_of(engine, finished)
    looks = record.observations.values()
    header = header_of_finished(engine, finished)
    return evidence.evidence(header, view, record.diagnosis, looks, finished.parts)


def step_message(engine: Engine, finished: FinishedRun, step: str) -> Message:
    """Render everything about one check."""
    return evidence.step(header_of_finished(engine, finished), finished.record.observations[step])


def tree_message(engine: Engine, finished: FinishedRun, file: str = "") -> Message:
    """Show the decision path; for several relays, the path of the leading one."""
    finished_run = _led(finished)
    note = (
        (f"from {text_limits.quote(finished_run.of, 60)}. “See one relay's verdict” shows the others")
        if finished_run.of
        else ""
    )
    return evidence.tree(
        header_of_finished(engine, finished_run), walked(finished_run.record, engine.knowledge), file, note
    )


def tree_picture(engine: Engine, finished: FinishedRun) -> Picture:
    """Draw the decision path as a PNG; for several relays, the path of the leading one."""
    finished = _led(finished)
    header, record = header_of_finished(engine, finished), finished.record
    concluded = [(short_verdict(record), MARKS[finished.outcome])]
    name = f"Error {header.subject}{f', from {finished.of}' if finished.of else ''}"
    return picture(name, walked(record, engine.knowledge), concluded)


def _led(finished: FinishedRun) -> FinishedRun:
    """Return the part of the leading relay if there are several."""
    return finished.from_relay(leading(finished.parts).relay) or finished if finished.parts else finished


def ticket_message(engine: Engine, finished: FinishedRun) -> Message:
    """Render the run as plain text to copy."""
    return ticket.ticket(
        header_of_finished(engine, finished), view_of(engine, finished), finished.record.diagnosis
    )


def customer_message(engine: Engine, finished: FinishedRun) -> Message:
    """Render the customer text alone, to copy."""
    return customer_copy(view_of(engine, finished))


def preflight_message(engine: Engine, finished: FinishedRun, platform: str) -> Message | None:
    """Explain how to run the SDK's preflight test on *platform*; None if there is no guide."""
    view = view_of(engine, finished, platform)
    guide = next((item for item in view.preflight if item.platform == platform), None)
    return guides.preflight(header_of_finished(engine, finished), guide) if guide else None


def question_message(engine: Engine, before: FinishedRun | None, finished: FinishedRun) -> Message | None:
    """Ask the open question; None if there is none, or if the run *before* asked the same."""
    asked = finished.record.diagnosis.next_question
    former = before.record.diagnosis.next_question if before else None
    if asked is None or (former and former.question == asked.question):
        return None
    return ask(header_of_finished(engine, finished), asked)


def ended_message(engine: Engine, finished: FinishedRun) -> Message:
    """Mention the person who asked when a long run has ended."""
    header, text = header_of_finished(engine, finished), view_of(engine, finished).headline
    return ended(header, text, finished.record.diagnosis.next_question)


def ended_without_verdict(engine: Engine, run: RunRow, user: str) -> Message:
    """Mention the person who asked, or else *user*, when a long run has ended without a verdict."""
    header = header_of_active(engine, run, str(run.summary.get("user") or user))
    headline = "The diagnosis failed" if run.status == "failed" else "The diagnosis was interrupted"
    return ended(header, f"{headline}: {header.subject}", None)


def change_message(engine: Engine, before: FinishedRun, now: FinishedRun) -> Message:
    """Render the difference between two runs."""
    what = run_diff.what_changed(before.records, now.records, engine.knowledge)
    return run_diff.compared(
        header_of_finished(engine, before), header_of_finished(engine, now), what, now.outcome
    )


def no_verdict_message(engine: Engine, run: RunRow, user: str, ending: "Ending") -> Message:
    """Render the end of a run without a verdict: stopped, failed, or lost."""
    header, how = replace(header_of_active(engine, run, user), started=ending.started), run.status
    if how == "stopped":
        return run_endings.stopped(header, ending.by, ending.done, ending.total)
    if how == "failed":
        return notices.error("The diagnosis could not be carried out.", ending.reference, header)
    return run_endings.lost(header, ending.done, ending.total)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run without a verdict ended."""

    done: int = 0
    total: int = 0
    by: str = ""
    reference: str = ""
    started: float = 0.0
