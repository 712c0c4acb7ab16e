"""What a text says, as JSON: the keys of `lineman read --json`, which docs/reading.md lists.

Pure: no network, no clock.
"""

from typing import Any, Final

from bot.diagnosis.device_evidence import DeviceEvidence
from bot.intake.clues import Reading, platform_of
from bot.rendering.symptom_text import understood, unread
from knowledge.model.schema import Knowledge

MOST: Final = 10  # causes; the rest share what is left


def render(reading: Reading, evidence: DeviceEvidence | None, knowledge: Knowledge) -> dict[str, Any]:
    """Everything that was read and what follows; *evidence* where a report, a log or a tool's output was read."""
    told = {name: value for name, value in reading.clues.items() if name not in ("platform", "edge", "relay")}
    versions = [report.sdk for report in reading.device_reports if report.sdk]
    faults = [code for fault in reading.faults for code in (fault.code, fault.inner) if code]
    found = evidence.record.diagnosis.found if evidence else ()
    in_reports = (report.call_sid for report in reading.reports if report.call_sid)
    return {
        "codes": list(dict.fromkeys([*reading.match.codes, *faults])),
        "platform": reading.clues.get("platform") or platform_of(reading),
        "sdk_version": told.get("sdk-version") or next(iter(versions), None),
        "told": told,
        "pieces": [
            {"kind": piece.kind, "lines": list(piece.lines), "says": piece.says} for piece in reading.pieces
        ],
        "device": [
            {"question": side.question, "answer": side.device_answer, "says": side.device}
            for side in (evidence.comparisons if evidence else ())
        ],
        "causes": [
            {"id": candidate.cause, "score": candidate.score} for candidate in reading.match.causes[:MOST]
        ],
        "verdict": reading.match.verdict,
        "found": [{"id": judged.cause, "title": knowledge.causes[judged.cause].title} for judged in found],
        "call_sids": list(dict.fromkeys([*in_reports, *reading.call_sids])),
        "language": reading.language or None,
        "says": _says(reading),
    }


def _says(reading: Reading) -> str:
    """Say what it is and what it is taken for."""
    has_words = reading.match.verdict != "none" or bool(reading.match.codes)
    says = [reading.says] if reading.kind != "nothing" else []
    if reading.match.verdict == "close":
        titles = "; ".join(candidate.title for candidate in reading.match.offered)
        return " ".join([*says, understood(reading.match), f"{titles}."])
    return " ".join(
        [*says, *([unread(reading) or understood(reading.match)] if has_words or not says else [])]
    )
