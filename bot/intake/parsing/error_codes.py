"""Errors: of a report, of an SDK's error object, of a log with codes, close codes and a twilioError in it.

Pure. Messages are redacted before they are kept.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from bot.intake.parsing.edge_names import edge_id
from bot.intake.parsing.fields import FieldMap
from bot.intake.parsing.report_formats import said_form, version_in
from bot.intake.preflight_report import PreflightReport, SdkError
from bot.model.request import Vocabulary
from bot.redaction.redact import redact

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


def of_report(report: FieldMap) -> tuple[SdkError, ...]:
    """List the errors that a report holds, under whatever name."""
    found: list[SdkError] = []
    for name in ("error", "errors", "twilioerror", "exception", "failure", "callexception", "failurereason"):
        if name in report:
            value = report.take(name)
            found += [
                fault
                for item in (value if isinstance(value, list) else [value])[:MOST]
                if (fault := read_fault(item))
            ]
    return tuple(dict.fromkeys(found))


def read_fault(value: Any) -> SdkError | None:
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
            SdkError(match[1] if match else "", message(text), close_code=int(close[1]) if close else None)
            if text.strip()
            else None
        )
    fields = FieldMap(value)
    code = _code(fields.take("code", "errorcode", "statuscode"))
    inner_map = fields.map(*_INSIDE)
    inner = _code(inner_map.take("code", "errorcode")) if inner_map else ""
    sentence = fields.text(
        "message", "localizeddescription", "errormessage", "description", "explanation", longest=2000
    )
    if not code and (match := _CODE.search(sentence)):
        code = match[1]
    closed = fields.number("closecode", "code") if not code else fields.number("closecode")
    if not code and not inner and not sentence and closed not in (1006, 1015):
        return None
    return SdkError(
        code,
        message(sentence),
        inner if inner != code else "",
        int(closed) if closed in (1006, 1015) else None,
    )


def in_log(text: str) -> Iterator[SdkError]:
    """Find the errors that a log tells of, each once, with the line as the message."""
    inner = {match.start(1): match[1] for match in _INNER.finditer(text)}
    known: set[tuple[str, str]] = set()
    places = {match.start(1): match[1] for pattern in (_IN_LOG, _NAMED) for match in pattern.finditer(text)}
    codes = sorted((at, code) for at, code in places.items() if at not in inner)
    for at, code in codes[: MOST * 4]:
        line = _line(text, at)
        inside = next((item for place, item in inner.items() if 0 < place - at < 600), "")
        if (code, inside) not in known:
            known.add((code, inside))
            yield SdkError(code, message(line), inside if inside != code else "")
    texts = {code for fault in known for code in fault}
    for at, code in inner.items():
        if code not in texts:
            texts.add(code)
            yield SdkError(code, message(_line(text, at)))
    for close in dict.fromkeys(match[1] for match in _CLOSE.finditer(text)):
        yield SdkError("", f"The WebSocket was closed with {close}", close_code=int(close))


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


def _of_faults(faults: tuple[SdkError, ...], around: FieldMap) -> PreflightReport:
    form = said_form(around)
    texts = " ".join(fault.message for fault in faults)
    return PreflightReport(
        form="log",
        platforms=form.platforms if form else (),
        sdk=version_in(around),
        state="failed",
        edge_asked=edge_id(around.text("selectededge", "edge", longest=80)),
        faults=faults,
        hangup=bool(HANGUP.search(texts)),
        csp=bool(CSP.search(texts)),
    )


def _codes(faults: tuple[SdkError, ...]) -> str:
    codes = dict.fromkeys(code for fault in faults for code in fault.codes)
    closed = dict.fromkeys(f"close code {fault.close_code}" for fault in faults if fault.close_code)
    return ", ".join([*codes, *closed]) or "an error without a code"


@dataclass(frozen=True, slots=True)
class CodePattern:
    """A way to write an error code; *sure* where it can be nothing else, so that an unknown one is a mistake."""

    what: str
    pattern: re.Pattern[str]
    sure: bool


def _form(what: str, pattern: str, *, sure: bool = False) -> CodePattern:
    return CodePattern(what, re.compile(pattern, re.IGNORECASE), sure)


# "error 31009", "code=31009", "errorCode": 31009, "Error (31009)", "#31009"; not "error after 31009 ms".
CALLED: Final = (
    r"(?:error|errors|err|code|codes|fehler|#)[\"']?(?:\s*(?:code|no\.?|nr\.?|number|is|was|of))?"
    r"\s*[:=#_\-(\[]{0,3}\s*[\"']?(\d{5})(?!\d)(?!\s*(?:ms|bytes|seconds)\b)"
)


ALONE: Final = "alone"


# The ways in which people write an error code, read in this order.
FORMS: Final = (
    _form("the address of an error's page", r"/errors?/(\d{5})(?!\d)", sure=True),
    _form("after a word for it", CALLED, sure=True),
    _form(ALONE, r"(?<![\w.:+\-/@,])(\d{5})(?![\w@]|[.:,\-/]\d)"),
    _form("glued to a word: TwilioError31009, E31009", r"(?<=[a-z_])(\d{5})(?!\d)"),
    _form(
        "in groups: 31 009, 31.009, 3-1-0-0-9", r"(?<![\w.:+\-])(\d(?:[ .,\-_]?\d){4})(?![\w]|[ .,\-_:]\d)"
    ),
    _form(
        "in a row, or with letters for digits: 31005/31009, 31OO9, 3l009",
        r"(?<![\w.:+\-])([0-9oil|]{5})(?![\w])",
    ),
)


LETTERS: Final = str.maketrans("oOiIlL|", "0011111")


# A number of five digits that comes after one of these is something else, unless it is a known code.
ELSE: Final = re.compile(
    r"(?:ports?|udp|tcp|pid|line|bytes|ms|took|thread|size|zip|plz|id|room|ticket|case)[ \t:=#\[(]{0,3}\Z",
    re.IGNORECASE,
)


UNIT: Final = re.compile(r"\s?(?:ms|s|sec|seconds|bytes|kb|hz|packets)\b", re.IGNORECASE)


def find_codes(text: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The codes in *text* (as `plain` gives it) that are known, as they come; else those that look like one."""
    known: dict[str, int] = {}
    doubtful: dict[str, int] = {}  # known, but where a port or a line number would stand
    others: dict[str, int] = {}
    for form, code, at, end in _written(text):
        is_else = bool(ELSE.search(text, max(0, at - 12), at) or UNIT.match(text, end))
        if code in vocabulary.codes:
            place = doubtful if is_else and not form.sure else known
        elif form.sure or (form.what == ALONE and not is_else and 10000 <= int(code) < 70000):
            place = others
        else:
            continue
        place[code] = min(at, place.get(code, at))
    found = known or doubtful or others
    return tuple(sorted(found, key=lambda code: found[code]))


def _written(text: str) -> Iterator[tuple[CodePattern, str, int, int]]:
    for form in FORMS:
        for match in form.pattern.finditer(text):
            written = match[match.lastindex or 0]
            yield form, re.sub(r"\D", "", written.translate(LETTERS)), match.start(), match.end()
