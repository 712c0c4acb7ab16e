"""A device's preflight report next to a relay's observations: the reply to a report in a thread.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bot.diagnosis.call_data import CallData
from bot.diagnosis.device_evidence import DeviceComparison, DeviceEvidence
from bot.diagnosis.discrepancies import find_discrepancies
from bot.intake.clues import Reading
from bot.intake.summary import remarks, sentences
from bot.rendering.blocks.block_types import (
    Block,
    bullets,
    context,
    header,
    paragraph,
    quotation,
    rich,
    run,
    runs,
    title,
)
from bot.rendering.blocks.customer import customer_text
from bot.rendering.blocks.elements import NONE, ButtonContext, button, row
from bot.rendering.blocks.message import Message, MessageBuilder
from bot.rendering.blocks.run_header import RunHeader, byline, footer
from bot.rendering.blocks.verdict import sign_of
from bot.rendering.blocks.verdict_controls import VerdictOptions, verdict_row
from bot.rendering.call_text import call_sentences
from bot.rendering.report_summary import missing, pasted
from bot.rendering.verdict_text import brief
from bot.rendering.view import View
from knowledge.model.conclusions import Diagnosis
from knowledge.reasoning.device import PASTED, PLACED
from probes.protocol.model import Observation

MOST: Final = 12  # lines per list
LONG: Final = 400  # characters per line
REPORTS: Final = 3  # reports per message


def compared(
    run_header: RunHeader,
    view: View,
    diagnosis: Diagnosis,
    reading: Reading,
    continued: Sequence[DeviceEvidence],
    quality: Mapping[str, Any],
) -> Message:
    """Render the verdict with a device's report, then what it measured, and where it and each relay disagree."""
    builder = MessageBuilder()
    builder.last(footer(run_header))
    headline = f"{sign_of(view, diagnosis)} {brief(view.headline)}"
    builder.add(header(headline), byline(run_header, line=False))
    builder.add(rich(quotation(customer_text(view), 700)))
    if asked := diagnosis.next_question:
        builder.add(rich(paragraph(run("Question: ", bold=True), run(asked.ask, 250))))
    builder.add(verdict_row(run_header, diagnosis, VerdictOptions(platform=run_header.platform)))
    _seen(builder, reading, quality)
    added = (look for evidence in continued for look in evidence.added)
    _pasted(builder, {look.step: look for look in added if look.probe == PASTED}.values())
    differ = [_both(side, evidence.record.relay) for evidence in continued for side in evidence.differ]
    _list(
        builder,
        "The device and the relay disagree. They may be on different networks, so neither result is used",
        differ,
    )
    same = [
        (side, evidence.record.relay)
        for evidence in continued
        for side in evidence.comparisons
        if not side.differ
    ]
    new = dict.fromkeys(_both(side, relay) for side, relay in same if not side.relay)
    if agree := len({side.asks for side, _ in same if side.relay}):
        questions = "one question" if agree == 1 else f"{agree} questions"
        new[f"The device and the relay agree on {questions}."] = None
    _list(builder, "What this shows", new)
    for device_evidence in continued:
        relay = device_evidence.record.relay
        _list(
            builder,
            f"Compared with {relay}",
            find_discrepancies(reading, device_evidence.record.observations, relay),
        )
    return builder.message(f"{view.headline}. {reading.says}")


def alone(
    reading: Reading,
    quality: Mapping[str, Any],
    then: str,
    concluded: str = "",
    start: Mapping[str, str] = NONE,
) -> Message:
    """Render a report that belongs to no case: what it shows (*concluded*), what it measured, and the next step.

    *then* is the next step in words; *start* is what a diagnosis from a relay starts with.
    """
    builder = MessageBuilder()
    if start:
        press = button("start", "Test from a relay", ButtonContext(), style="primary", values=start)
        builder.last(row(press))
    if concluded:
        builder.add(header(concluded))
    _seen(builder, reading, quality)
    _pasted(builder, reading.pasted)
    _list(builder, "Next", [then])
    return builder.message(f"{f'{concluded}. ' if concluded else ''}{reading.says} {then}")


def call_message(call: CallData, quality: Mapping[str, Any]) -> Message:
    """Render what the service has about one call, and what that cannot tell."""
    title_text, texts = call_sentences(call, quality)
    builder = MessageBuilder()
    _list(builder, title_text, texts)
    return builder.message(f"{title_text}. {' '.join(texts)}")


def _seen(builder: MessageBuilder, reading: Reading, quality: Mapping[str, Any]) -> None:
    builder.add(rich(title(reading.says)))
    for number, report in enumerate(reading.reports[:REPORTS], 1):
        which = f" ({number} of {len(reading.reports)})" if len(reading.reports) > 1 else ""
        _list(builder, f"What the device measured{which}", sentences(report, quality))
        _list(builder, "Worth knowing", remarks(report, quality))
        _list(builder, "Missing, or less certain", (*missing(report), *report.notes))


def _pasted(builder: MessageBuilder, looks: Iterable[Observation]) -> None:
    """List the lines of the device's own logs, and output of tools that ran there, apart from other output."""
    listed = tuple(looks)
    own = [look for look in listed if look.facts.get(PLACED)]
    others = [look for look in listed if not look.facts.get(PLACED)]
    _list(builder, "From the user's device", pasted(own))
    _list(builder, "Pasted output (origin unknown)", pasted(others))
    if others:
        text = "If this ran on the user's device, paste it with the words \u201con the user's device\u201d."
        builder.add(context(text))


def _both(side: DeviceComparison, relay: str) -> str:
    found = f"your device: {side.device}"
    return f"{side.asks} {found}; {relay}: {side.relay}" if side.relay else f"{side.asks} {found}"


def _list(builder: MessageBuilder, name: str, texts: Iterable[str]) -> None:
    words = list(texts)
    if words:
        left = [f"and {len(words) - MOST} more"] if len(words) > MOST else []
        items: Block = bullets(runs(text, LONG) for text in (*words[:MOST], *left))
        builder.add(rich(title(name), items))
