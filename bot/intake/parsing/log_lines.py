"""Recognize log lines, and find the errors in them.

Pure.
"""

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.error_codes import CLOSE_CODE, INNER, codes_in
from bot.intake.parsing.error_objects import message
from bot.intake.preflight_report import SdkError

MOST_ERRORS: Final = 200
_NEAR: Final = 600  # characters after an error that may contain its nested error

# A time stamp with seconds, a logger's level and tag, a component and a level, a stack frame, an error of a console.
LOG_LINE: Final = re.compile(
    r"^(?:>\s?)*\s*(?:"
    r"[\[(]?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d|\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3}|[\[(]?\d\d:\d\d:\d\d[.,]\d{3}"
    r"|[VDIWEFA]/[\w.$-]{1,60}\s*(?:\(\s*\d+\s*\))?:"
    r"|(?:\[[\w .$:-]{1,60}\]\s*){1,4}(?:TRACE|DEBUG|INFO|LOG|WARN|WARNING|ERROR)\b"
    r"|\[(?:TwilioVoice|WSTransport|PStream|Call|Device|PeerConnection|Signaling|PreflightTest)\w*\]"
    r"|(?:at |\.\.\. \d+ more)[\w$.<>]*[(@/:]|Caused by: "
    r"|(?:Uncaught )?(?:\(in promise\) )?[A-Z][A-Za-z]{3,40}(?:Error|Exception)\s*[:({]"
    r"|(?:XHR)?(?:GET|POST|PUT|OPTIONS) https?://|WebSocket connection to '"
    r"|[\w.@-]{1,80}\.(?:[jt]s|html)(?:\?\S{0,40})?(?::\d+)+\s"
    r"|(?:javax?|kotlin|android|com\.twilio)\.[\w.$]{1,100}(?:Error|Exception)\b|Task <|WebRTC: "
    r"|Failed to load resource|Firefox can.t establish|Mixed Content: "
    r"|Error Domain=|Refused to connect to |(?:a=)?candidate:\S+ \d+ (?:udp|tcp) )",
    re.IGNORECASE,
)

# Firefox writes the place in the source at the end of a line.
SOURCE_PLACE: Final = re.compile(r"\s[\w.@-]{1,80}\.(?:[jt]s|html)(?:\?\S{0,40})?:\d{1,6}:\d{1,6}$")


def errors_in(text: str, *, messages: bool = True) -> Iterator[SdkError]:
    """Find the errors in a log, each once, with the line as the message if *messages* are wanted."""
    written = list(codes_in(text, log=True))
    lines = {item.digits: item.line for item in written}
    inner = {item.digits: item.code for item in written if item.context == INNER}
    places = {item.digits: item.code for item in written if item.digits not in inner}
    known: set[tuple[str, str]] = set()
    for at, code in sorted(places.items())[:MOST_ERRORS]:
        inside = next((item for place, item in inner.items() if 0 < place - at < _NEAR), "")
        if (code, inside) not in known:
            known.add((code, inside))
            yield SdkError(code, message(lines[at]) if messages else "", inside if inside != code else "")
    codes = {code for pair in known for code in pair}
    for at, code in inner.items():
        if code not in codes:
            codes.add(code)
            yield SdkError(code, message(lines[at]) if messages else "")
    for close in dict.fromkeys(match[1] for match in CLOSE_CODE.finditer(text)):
        yield SdkError("", f"The WebSocket was closed with {close}", close_code=int(close))
