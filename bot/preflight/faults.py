"""Errors: of a report, of an SDK's error object, of a log with codes, close codes and a twilioError in it.

Pure. Messages are redacted before they are kept.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from bot.preflight.keys import Map
from bot.preflight.model import Fault
from bot.redact import redact

MOST: Final = 50
LONGEST: Final = 200  # characters of a message

_CODE: Final = re.compile(r"(?<![\d.])([1-6]\d{4})(?![\d.]\d|\d)")
# In a log a bare number of five digits may be anything; beside one of these words it is an error's.
_IN_LOG: Final = re.compile(
    r"(?:twilio ?error|voice ?error|call ?exception|error|err|exception|code|fail(?:ed|ure)?)"
    r"(?:[\s_-]*code)?[\"']?\s*(?:\w{0,20}error\w{0,20})?\s*[:=#(\[]{0,3}\s*[\"']?(\d{5})(?!\d)",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(r"\b[A-Z][A-Za-z]{3,40}(?:Error|Exception)\s*[:(]\s*\(?(\d{5})(?!\d)")
_INNER: Final = re.compile(
    r"(?:twilioError|originalError|causedBy)[\"']?\s*[:=]\s*[^\n]{0,80}?(?<!\d)(\d{5})(?!\d)", re.IGNORECASE
)
_CLOSE: Final = re.compile(
    r"(?:close[ds]?(?:\s?event)?|socket|wss?|websocket|code)[^\n]{0,40}?[\s:=(\"'](1006|1015)(?!\d)",
    re.IGNORECASE,
)
HANGUP: Final = re.compile(r"\bHANGUP\b")
CSP: Final = re.compile(
    r"violates the following Content Security Policy|Refused to connect to [^\n]{1,300}Content Security Policy"
    r"|Content[- ]Security[- ]Policy[^\n]{0,200}(?:block|refus|violat)",
    re.IGNORECASE,
)

_INSIDE: Final = ("twilioerror", "originalerror", "cause", "causedby", "innererror", "underlyingerror")


def of_report(report: Map) -> tuple[Fault, ...]:
    """List the errors that a report holds, under whatever name."""
    found: list[Fault] = []
    for name in ("error", "errors", "twilioerror", "exception", "failure", "callexception", "failurereason"):
        if name in report:
            value = report.take(name)
            found += [
                fault
                for one in (value if isinstance(value, list) else [value])[:MOST]
                if (fault := read_fault(one))
            ]
    return tuple(dict.fromkeys(found))


def read_fault(value: Any) -> Fault | None:
    """Read one error: a map with a code, a text with one, or the code alone."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float | str):
        text = str(value)[:2000]
        match = _CODE.search(text)
        close = _CLOSE.search(text)
        if not match and not close and not isinstance(value, str):
            return None
        return (
            Fault(match[1] if match else "", message(text), close_code=int(close[1]) if close else None)
            if text.strip()
            else None
        )
    one = Map(value)
    code = _code(one.take("code", "errorcode", "statuscode"))
    inner_map = one.map(*_INSIDE)
    inner = _code(inner_map.take("code", "errorcode")) if inner_map else ""
    said = one.text(
        "message", "localizeddescription", "errormessage", "description", "explanation", longest=2000
    )
    if not code and (match := _CODE.search(said)):
        code = match[1]
    closed = one.number("closecode", "code") if not code else one.number("closecode")
    if not code and not inner and not said and closed not in (1006, 1015):
        return None
    return Fault(
        code, message(said), inner if inner != code else "", int(closed) if closed in (1006, 1015) else None
    )


def in_log(text: str) -> Iterator[Fault]:
    """Find the errors that a log tells of, each once, with the line as the message."""
    inner = {match.start(1): match[1] for match in _INNER.finditer(text)}
    seen: set[tuple[str, str]] = set()
    places = {match.start(1): match[1] for pattern in (_IN_LOG, _NAMED) for match in pattern.finditer(text)}
    codes = sorted((at, code) for at, code in places.items() if at not in inner)
    for at, code in codes[: MOST * 4]:
        line = _line(text, at)
        inside = next((one for place, one in inner.items() if 0 < place - at < 600), "")
        if (code, inside) not in seen:
            seen.add((code, inside))
            yield Fault(code, message(line), inside if inside != code else "")
    told = {code for fault in seen for code in fault}
    for at, code in inner.items():
        if code not in told:
            told.add(code)
            yield Fault(code, message(_line(text, at)))
    for close in dict.fromkeys(match[1] for match in _CLOSE.finditer(text)):
        yield Fault("", f"The WebSocket was closed with {close}", close_code=int(close))


def message(text: str) -> str:
    """Make *text* fit to be kept: redacted, on one line, short."""
    return " ".join(redact(text[: 4 * LONGEST]).text.split())[:LONGEST]


def _code(value: Any) -> str:
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if text.isdecimal() and text.isascii() and len(text) == 5 else ""


def _line(text: str, at: int) -> str:
    begin = text.rfind("\n", max(0, at - 300), at) + 1 or max(0, at - 300)
    end = text.find("\n", at, at + 300)
    return text[begin : end if end >= 0 else at + 300]
