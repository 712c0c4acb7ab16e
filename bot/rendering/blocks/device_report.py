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
from bot.rendering.blocks.block_types import Block, bullets, context, rich, run, title
from bot.rendering.blocks.message import Message, MessageBuilder
from bot.rendering.call_text import call_sentences
from bot.rendering.report_summary import missing, pasted
from knowledge.model.conclusions import NextQuestion
from knowledge.reasoning.device import PASTED, PLACED

MOST: Final = 12  # lines per list
LONG: Final = 400  # characters per line
REPORTS: Final = 3  # reports per message


def compared(
    reading: Reading,
    continued: Sequence[DeviceEvidence],
    quality: Mapping[str, Any],
    concluded: str,
    asked: NextQuestion | None,
) -> Message:
    """Render the device's report, where it agrees or disagrees with each relay, and the conclusion (*concluded*)."""
    builder = _seen(reading, quality)
    placed = any(
        look.facts.get(PLACED) for evidence in continued for look in evidence.added if look.probe == PASTED
    )
    _pasted(builder, reading, placed=placed)
    differ = [_both(side, evidence.record.relay) for evidence in continued for side in evidence.differ]
    _list(builder, "Here they differ, so neither is taken: they may not stand in the same network", differ)
    same = [
        _both(side, evidence.record.relay)
        for evidence in continued
        for side in evidence.comparisons
        if not side.differ
    ]
    _list(builder, "That answers", dict.fromkeys(same))
    for device_evidence in continued:
        relay = device_evidence.record.relay
        _list(
            builder,
            f"Beside {relay}",
            find_discrepancies(reading, device_evidence.record.observations, relay),
        )
    now = [f"{concluded}. The message at the top shows it all."]
    if asked:
        now.append(f"Still open: {asked.ask}")
    _list(builder, "Now", now)
    return builder.message(f"{reading.says} {concluded}.")


def alone(reading: Reading, quality: Mapping[str, Any], then: str) -> Message:
    """Render a report that belongs to no case; *then* is the next step."""
    builder = _seen(reading, quality)
    _pasted(builder, reading, placed=False)
    _list(builder, "Next", [then])
    return builder.message(f"{reading.says} {then}")


def call_message(call: CallData, quality: Mapping[str, Any]) -> Message:
    """Render what the service has about one call, and what that cannot tell."""
    title_text, texts = call_sentences(call, quality)
    builder = MessageBuilder()
    _list(builder, title_text, texts)
    return builder.message(f"{title_text}. {' '.join(texts)}")


def _seen(reading: Reading, quality: Mapping[str, Any]) -> MessageBuilder:
    builder = MessageBuilder()
    builder.add(rich(title(reading.says)))
    for number, report in enumerate(reading.reports[:REPORTS], 1):
        which = f" ({number} of {len(reading.reports)})" if len(reading.reports) > 1 else ""
        _list(builder, f"Your device saw{which}", sentences(report, quality))
        _list(builder, "Worth knowing", remarks(report, quality))
        _list(builder, "Not in it, or to be read with care", (*missing(report), *report.notes))
    return builder


def _pasted(builder: MessageBuilder, reading: Reading, *, placed: bool) -> None:
    made = "made on the user's device" if placed else "made who knows where"
    _list(builder, f"What was pasted, {made}", pasted(reading))
    if reading.pasted and not placed:
        builder.add(context("It counts when it is pasted with the words \u201con the user's device\u201d."))


def _both(side: DeviceComparison, relay: str) -> str:
    found = f"your device: {side.device}"
    return f"{side.asks} {found}; {relay}: {side.relay}" if side.relay else f"{side.asks} {found}"


def _list(builder: MessageBuilder, name: str, texts: Iterable[str]) -> None:
    words = list(texts)
    if words:
        left = [f"and {len(words) - MOST} more"] if len(words) > MOST else []
        items: Block = bullets([run(text, LONG)] for text in (*words[:MOST], *left))
        builder.add(rich(title(name), items))
