"""Say what a text is that could not be read, and what would help.

Pure.
"""

from collections.abc import Sequence
from typing import Final

from bot.intake.clues import ReadingKind
from bot.intake.readers import unrelated_json
from bot.intake.segment import Segment

NOTHING: Final = (
    "I find no preflight report in that, and no error code, candidate, or output of a network tool. "
    f"I need {unrelated_json.WANTED}, whole and as text: JSON.stringify(report) in a browser."
)
BEGINNING: Final = (
    "This looks like a piece of a preflight report, with too little of it to read. Paste all of it, or upload it "
    "as a file."
)
EMPTY: Final = f"There is nothing in it; I need {unrelated_json.WANTED}."

# A text with one of these was meant to be a report.
_BEGINNINGS: Final = (
    "callSid",
    "networkTiming",
    "isTurnRequired",
    "selectedEdge",
    "statsSamples",
    "iceCandidate",
)


def nothing_read(text: str, segments: Sequence[Segment]) -> tuple[ReadingKind, str]:
    """Say what the text is instead, or what is missing, if nothing could be read."""
    values = [item.block.value for item in segments if item.block and item.block.value]
    if values and unrelated_json.name_of(values[0]):
        return "foreign", unrelated_json.sentence(values[0])
    if "{" in text and any(word in text for word in _BEGINNINGS):
        return "nothing", BEGINNING
    return ("foreign", unrelated_json.sentence(values[0])) if values else ("nothing", NOTHING)
