"""Read a HAR or a dump of chrome://webrtc-internals as one reading, up to 50 MB. Only our own hosts are kept.

Pure.
"""

from dataclasses import replace
from typing import Final

from bot.intake.clues import Piece, Reading
from bot.intake.indications import find_indications, with_indications
from bot.intake.readers import capture, observe_capture
from bot.intake.target_service import service_at
from bot.model.request import Vocabulary
from knowledge.model.schema import Knowledge

_BROWSER: Final = "javascript"  # only a browser writes such files
LARGEST_HEAD: Final = capture.HEAD  # bytes that show what a file is


def is_capture(head: bytes) -> bool:
    """Tell whether a file that begins with *head* is a HAR or a dump of chrome://webrtc-internals."""
    return bool(capture.capture_kind(head))


def read_capture(
    source: str | bytes, vocabulary: Vocabulary | None, knowledge: Knowledge | None
) -> Reading | None:
    """Read *source* if it is such a file and says something about our hosts; else None."""
    head = source[: capture.HEAD]
    kind = capture.capture_kind(head.encode("utf-8", "replace") if isinstance(head, str) else head)
    if not kind:
        return None
    found = tuple(
        observe_capture(source.encode("utf-8", "replace") if isinstance(source, str) else source).values()
    )
    if vocabulary:
        found = tuple(
            look for look in found if service_at(look, vocabulary) is not None or not look.target.port
        )
    else:
        found = tuple(look for look in found if "sign" in look.facts or not look.target.port)
    if not found:
        return None
    texts = [
        f"{look.facts['bad']}{f' ({look.target.host})' if look.target.host else ''}"
        for look in found
        if "bad" in look.facts
    ][:5]
    title = (
        "A HAR file of the browser's network panel"
        if kind == "HAR"
        else "A dump of chrome://webrtc-internals"
    )
    says = f"{title}: {'; '.join(texts)}." if texts else f"{title}, without a failure at the service's hosts."
    count = source.count("\n") if isinstance(source, str) else source.count(b"\n")
    reading = Reading(
        "tool", says, pasted=found, pieces=(Piece("tool", (1, count + 1), says),), has_report_form=True
    )
    if not (vocabulary and knowledge):
        return reading
    indications = find_indications(found, vocabulary, knowledge)
    match = with_indications(reading.match, indications, knowledge, _BROWSER)
    return replace(reading, clues={"platform": _BROWSER}, match=match)
