"""Say what a text is that could not be read, and what would help.

Pure.
"""

import re
from collections.abc import Sequence
from typing import Final

from bot.intake.clues import ReadingKind
from bot.intake.readers import unrelated_json
from bot.intake.readers.rtc_diagnostics import NO_CALL, edge_results
from bot.intake.segment import Segment

# How to get the text that is asked for, on each platform.
CAPTURE_ON: Final = {
    "javascript": "In a browser: open the console, then Save as in its context menu.",
    "android": "On Android: `adb logcat -d > log.txt`.",
    "ios": "On iOS: copy it from the console of Xcode, or from the Console app of a Mac.",
    "react-native": "React Native: use the log of the phone's system.",
}
CAPTURE: Final = " ".join(CAPTURE_ON.values())
NOTHING: Final = (
    "There is no preflight report in this text, and no error code, candidate, or output of a network tool. "
    f"I need {unrelated_json.WANTED}, whole and as text: JSON.stringify(report) in a browser. "
    f"A log helps as well. {CAPTURE}"
)
BEGINNING: Final = (
    "This looks like part of a preflight report, but not enough of it to read. Paste all of it, or upload it "
    "as a file."
)
LOG: Final = (
    "Log lines without an error in them. If a call failed, send the log from the start of the page or app until after "
    "the failure, at debug level."
)
EMPTY: Final = f"The text is empty. I need {unrelated_json.WANTED}."

_PICTURE: Final = "a picture. I cannot read pictures; copy the text, or save it as a file"
_MOVIE: Final = "a video or audio file. I cannot read these; send the log of that time as text"
_PACKETS: Final = "a packet capture. Send what `tcpdump -n -r FILE udp` prints of it"
_PACKED: Final = "a compressed file. Unpack it first"
_OFFICE: Final = "an Office document. Copy the text out of it, or save it as plain text"

# How files begin that are no text, and what to send instead.
_FILES: Final = (
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"II*\x00", _PICTURE),
    (b"MM\x00*", _PICTURE),
    (b"%PDF", "a PDF. Copy the text out of it"),
    (b"{\\rtf", "an RTF document. Copy the text out of it, or save it as plain text"),
    (b"\xd0\xcf\x11\xe0", _OFFICE),
    (b"PK\x03\x04", "a ZIP archive. Send the files in it one by one"),
    (b"\x1f\x8b", _PACKED),
    (b"BZh", _PACKED),
    (b"\xfd7zXZ", _PACKED),
    (b"7z\xbc\xaf", _PACKED),
    (b"Rar!", _PACKED),
    (b"\x28\xb5\x2f\xfd", _PACKED),
    (b"\xd4\xc3\xb2\xa1", _PACKETS),
    (b"\xa1\xb2\xc3\xd4", _PACKETS),
    (b"\x4d\x3c\xb2\xa1", _PACKETS),
    (b"\xa1\xb2\x3c\x4d", _PACKETS),
    (b"\x0a\x0d\x0d\x0a", _PACKETS),
    (b"ElfFile", "a Windows event log. Export it as text or CSV in the Event Viewer"),
    (b"SQLite format 3", "a database. Send its rows as text"),
)
BINARY: Final = f"This is a binary file. I cannot read it; send text. {CAPTURE}"
_MEANINGLESS: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd]")
_SOME: Final = 8  # bytes; a damaged text may contain fewer
_OFFICE_PARTS: Final = (b"word/", b"xl/", b"ppt/", b"[Content_Types].xml")
_HEAD: Final = 4_000  # bytes of a file that are examined

# A text with one of these was intended as a report.
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
    # Text programs replace the bytes that are no letters.
    head = source[:_HEAD] if isinstance(source, bytes) else source[:_HEAD].encode("latin-1", "replace")
    says = next((says for begins, says in _FILES if _begins(head, begins, source)), "")
    if head.startswith(b"PK\x03\x04") and any(part in head for part in _OFFICE_PARTS):
        says = _OFFICE
    elif head[4:8] == b"ftyp" or (head[:4] == b"RIFF" and head[8:12] != b"WEBP"):
        says = _PICTURE if head[8:11] in (b"hei", b"avi", b"mif") and head[4:8] == b"ftyp" else _MOVIE
    elif head[:4] == b"RIFF":
        says = _PICTURE
    return f"This is {says}. {CAPTURE}" if says else ""


def capture_on(says: str, platform: str) -> str:
    """Return *says* with only the way to capture a log that *platform* has, if it is known."""
    return says.replace(CAPTURE, CAPTURE_ON[platform]) if platform in CAPTURE_ON else says


def is_binary(text: str) -> bool:
    """Tell whether *text* is a decoded file that is no text: more than a tenth of it are bytes without a meaning."""
    head = text[:_HEAD]
    count = len(_MEANINGLESS.findall(head))
    return count >= _SOME and 10 * count > len(head)


def _begins(head: bytes, begins: bytes, source: str | bytes) -> bool:
    if isinstance(source, bytes):
        return head.startswith(begins)
    letters = bytes(byte if byte < 128 else ord("?") for byte in begins)
    return letters.count(b"?") < 2 and len(letters) > 3 and head.startswith(letters)


def _is_plain(item: Segment) -> bool:
    """Tell whether this is a number or a word in brackets, as in the output of a tool, and no JSON."""
    value = item.block.value if item.block else None
    return (
        item.inline and isinstance(value, list) and not any(isinstance(part, dict | list) for part in value)
    )


def nothing_read(text: str, segments: Sequence[Segment]) -> tuple[ReadingKind, str]:
    """Say what the text is instead, or what is missing, if nothing could be read."""
    texts = {item.text.strip() for item in segments}
    has_more = len(texts) > 1  # "[  5]" among words is no JSON
    blocks = (item for item in segments if not (has_more and _is_plain(item)))
    values = [item.block.value for item in blocks if item.block and item.block.value]
    if values and edge_results(values[0]):
        return "foreign", NO_CALL
    if values and unrelated_json.name_of(values[0]):
        return "foreign", unrelated_json.sentence(values[0])
    if any(item.form == "log" for item in segments) and all(item.inline for item in segments if item.block):
        return "nothing", LOG
    if "{" in text and any(word in text for word in _BEGINNINGS):
        return "nothing", BEGINNING
    return ("foreign", unrelated_json.sentence(values[0])) if values else ("nothing", NOTHING)
