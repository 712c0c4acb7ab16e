"""Read errors in reports and error objects of an SDK: code, nested code, message, close code.

Pure. Messages are redacted before they are stored.
"""

import re
from typing import Any, Final

from bot.intake.parsing.edge_names import edge_id
from bot.intake.parsing.error_codes import CLOSE_CODE
from bot.intake.parsing.fields import FieldMap
from bot.intake.parsing.report_formats import said_form, version_in
from bot.intake.preflight_report import PreflightReport, SdkError
from bot.redaction.redact import redact
from knowledge.search.small_letters import CaselessPattern

MOST: Final = 50
LONGEST: Final = 200  # characters of a message

_CODE: Final = re.compile(r"(?<![\d.])([1-6]\d{4})(?![\d.]\d|\d)")
HANGUP: Final = re.compile(r"\bHANGUP\b")
CSP: Final = CaselessPattern(
    r"violates the following Content Security Policy|Refused to connect to [^\n]{1,300}Content Security Policy"
    r"|Content[- ]Security[- ]Policy[^\n]{0,200}(?:block|refus|violat)"
)
_REFUSED: Final = re.compile(r"(?:https?|wss?)://([\w.-]+)", re.IGNORECASE)
_OURS: Final = (".twilio.com", ".twiliocdn.com")

_INSIDE: Final = ("twilioerror", "originalerror", "cause", "causedby", "innererror", "underlyingerror")


def of_report(report: FieldMap) -> tuple[SdkError, ...]:
    """List the errors in a report, under any field name."""
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
        close = CLOSE_CODE.search(text)
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


def message(text: str) -> str:
    """Redact *text*, put it on one line, and shorten it."""
    return " ".join(redact(text[: 4 * LONGEST]).text.split())[:LONGEST]


def names_policy(text: str) -> bool:
    """Tell whether a line of *text* names a Content-Security-Policy that refuses the service, or does not say what."""
    for match in CSP.finditer(text):
        begin = text.rfind("\n", max(0, match.start() - LONGEST), match.start()) + 1 or max(
            0, match.start() - LONGEST
        )
        refused = _REFUSED.search(text[begin : match.end() + LONGEST].partition("\n")[0])
        if not refused or refused[1].casefold().endswith(_OURS):
            return True
    return False


def _code(value: Any) -> str:
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if text.isdecimal() and text.isascii() and len(text) == 5 else ""


def report_of_faults(faults: tuple[SdkError, ...], around: FieldMap) -> PreflightReport:
    """Make a report that holds only errors. *around* is the map that contains them."""
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
        csp=names_policy(texts),
    )


def name_codes(faults: tuple[SdkError, ...]) -> str:
    """List the codes and close codes of *faults* as part of a sentence."""
    codes = dict.fromkeys(code for fault in faults for code in fault.codes)
    closed = dict.fromkeys(f"close code {fault.close_code}" for fault in faults if fault.close_code)
    return ", ".join([*codes, *closed]) or "an error without a code"
