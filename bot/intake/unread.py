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

# How files begin that are no text, and what to send instead.
_FILES: Final = (
    (b"\x89PNG", "a picture. I cannot read pictures; copy the text, or save the console as a file"),
    (b"\xff\xd8\xff", "a picture. I cannot read pictures; copy the text, or save the console as a file"),
    (b"%PDF", "a PDF. Copy the text out of it"),
    (b"PK\x03\x04", "a ZIP archive. Send the files in it one by one"),
    (b"\x1f\x8b", "a compressed file. Unpack it first"),
    (b"\xd4\xc3\xb2\xa1", "a packet capture. Send what `tcpdump -n -r FILE udp` prints of it"),
    (b"\xa1\xb2\xc3\xd4", "a packet capture. Send what `tcpdump -n -r FILE udp` prints of it"),
    (b"\x0a\x0d\x0d\x0a", "a packet capture. Send what `tcpdump -n -r FILE udp` prints of it"),
)

# A text with one of these was meant to be a report.
_BEGINNINGS: Final = (
    "callSid",
    "networkTiming",
    "isTurnRequired",
    "selectedEdge",
    "statsSamples",
    "iceCandidate",
)


def file_says(source: str | bytes) -> str:
    """Return what the file *source* is if it is no text, and what to send instead; "" for a text."""
    if isinstance(source, str):
        return ""
    return next((f"This is {says}." for begins, says in _FILES if source.startswith(begins)), "")


def nothing_read(text: str, segments: Sequence[Segment]) -> tuple[ReadingKind, str]:
    """Say what the text is instead, or what is missing, if nothing could be read."""
    values = [item.block.value for item in segments if item.block and item.block.value]
    if values and unrelated_json.name_of(values[0]):
        return "foreign", unrelated_json.sentence(values[0])
    if "{" in text and any(word in text for word in _BEGINNINGS):
        return "nothing", BEGINNING
    return ("foreign", unrelated_json.sentence(values[0])) if values else ("nothing", NOTHING)
