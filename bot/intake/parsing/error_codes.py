"""Find error codes, with one table of their spellings and of the kinds of text in which each counts.

Pure. In prose, a bare number of five digits may be a code. In a log or in JSON, it counts only next to
"error", "code", or the like.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.intake.parsing.line_search import line_at
from bot.intake.parsing.number_context import is_else, is_never
from knowledge.search.small_letters import CaselessPattern


@dataclass(frozen=True, slots=True)
class CodePattern:
    """A way to write an error code.

    *sure*: it cannot be anything else, so an unknown code is a mistake. *in_log*: it counts in a log, too.
    """

    context: str
    pattern: re.Pattern[str] | CaselessPattern
    sure: bool = False
    in_log: bool = False
    prefix: str = ""  # digits that the code has today, and this spelling lacks


@dataclass(frozen=True, slots=True)
class WrittenCode:
    """A number written like an error code, with its position: *at* includes the words before it, *digits* does not."""

    code: str
    context: str
    at: int
    digits: int
    sure: bool
    line: str  # the line around it, shortened
    is_else: bool  # a port, a line number, or a duration may be written like that


def _form(context: str, pattern: str, *, sure: bool = False, in_log: bool = False) -> CodePattern:
    return CodePattern(context, CaselessPattern(pattern), sure, in_log)


# A duration or a size, regardless of the word before it: "failed after error 31009 ms".
_NO_UNIT: Final = r"(?!\d)(?!\s*(?:ms|bytes|seconds)\b)"
_NO_ERROR: Final = r"(?<!post)(?<!postal )(?<!zip)(?<!zip )(?<!bar)(?<!area )(?<!country )(?<!pin )(?<!door )"
_OURS: Final = r"(?:1[13]|2[01]|3[0-4]|4[0-9]|5[1-3]|6[0-9])"  # the first digits of the service's codes
_BETWEEN: Final = r"\s*[:=#_\-(\[]{0,3}\s*[\"']?"
ALONE: Final = "alone"
INNER: Final = "inside another error"

# The ways in which people and programs write an error code, tried in this order.
FORMS: Final = (
    _form("the address of an error's page", r"/errors?/(\d{5})(?!\d)", sure=True, in_log=True),
    # "error 31009", "code=31009", "errorCode": 31009, "Error (31009)"; not "error after 31009 ms".
    _form(
        "after a word for it",
        rf"{_NO_ERROR}(?:error|errors|err|code|codes|fehler)[\"']?(?:\s*(?:code|no\.?|nr\.?|number|is|was|of))?"
        rf"{_BETWEEN}(\d{{5}}){_NO_UNIT}",
        sure=True,
        in_log=True,
    ),
    _form("after a number sign", rf"#[\"']?{_BETWEEN}({_OURS}\d{{3}}){_NO_UNIT}", in_log=True),
    _form(
        "after what a program calls it",
        rf"{_NO_ERROR}(?:twilio ?error|voice ?error|call ?exception|error|err|exception|code|fail(?:ed|ure)?)"
        r"(?:[\s_-]*code)?[\"']?\s*(?:\w{0,20}error\w{0,20})?\s*[:=#(\[]{0,3}\s*[\"']?"
        rf"(\d{{5}}){_NO_UNIT}",
        in_log=True,
    ),
    CodePattern(
        "after the name of an error's class",
        re.compile(r"\b[A-Z][A-Za-z]{3,40}(?:Error|Exception)\s*[:(]\s*\(?(\d{5})(?!\d)"),
        in_log=True,
    ),
    CodePattern(  # `TwilioError: …` is the name of a class, and its code is the outer one
        INNER,
        re.compile(r"(?:twilioError|originalError|causedBy)[\"']?\s*[:=]\s*[^\n]{0,80}?(?<!\d)(\d{5})(?!\d)"),
        in_log=True,
    ),
    CodePattern(
        "the SIP status of an old SDK",  # 603 is today's 31603; other statuses have another meaning today
        CaselessPattern(
            r"(?:com\.twilio\.voice\.error Code=|(?:connection|generic) error[^\n]{0,3}\(|"
            r"error(?<=\berror) (?:code )?)(480|486|487|600|603)\b"
        ),
        in_log=True,
        prefix="31",
    ),
    CodePattern(
        "after an error's name",  # NotFound (31404)
        re.compile(r"\b[A-Z][A-Za-z]{3,40} ?\((\d{5})\)"),
        in_log=True,
    ),
    CodePattern(
        "after a listener's name",  # onDisconnected: 31008
        re.compile(r"on(?<=\bon)[A-Z][A-Za-z]{3,30}(?:\(\))?: ?((?:20[14]|3[01]\d|5[1-3]\d)\d\d)(?!\d)"),
        in_log=True,
    ),
    CodePattern(
        "before an error's text",  # E/App: 31009 Transport error
        re.compile(
            r"(?:^|[:\]>])[ \t]*((?:20[14]|3[01]\d|5[1-3]\d)\d\d)(?::|[ ,]+[A-Z][a-z]+)", re.MULTILINE
        ),
        in_log=True,
    ),
    CodePattern(
        "behind an exception's text",  # CallException: Signaling connection disconnected 53001
        re.compile(
            r"\b[A-Z][A-Za-z]{2,40}(?:Error|Exception): [A-Za-z' ]{4,80}"
            r"[ (\[]((?:20[14]|3[01]\d|5[1-3]\d)\d\d)[)\]]?\s*$",
            re.MULTILINE,
        ),
        in_log=True,
    ),
    _form(ALONE, r"(?<![\w.:+\-/@,])(\d{5})(?![\w@]|[.:,\-/]\d)"),
    # TwilioError31009, E31009; no part of an id such as 9fe31005bc
    _form("glued to a word", r"(?<!\w)(?![a-f]{3,}\d)[a-z_]{1,40}(\d{5})(?!\w)"),
    _form(
        "in groups",  # 31 009, 31.009, 3-1-0-0-9
        r"(?<![\w.:+\-])(\d(?:[ .,\-_]?\d){4})(?![\w]|[ .,\-_:]\d)",
    ),
    _form(
        "in a row, or with letters for digits",  # 31005/31009, 31OO9, 3l009
        r"(?<![\w.:+\-])([0-9oil|]{5})(?![\w])",
    ),
)

# WebSocket close codes (RFC 6455).
CLOSE_CODE: Final = CaselessPattern(
    r"(?:close[ds]?(?:\s?event)?|socket|wss?|websocket|code)[^\n]{0,40}?[\s:=(\"'](1006|1015)(?!\d)"
)

_FIVE: Final = re.compile(r"\d{5}")
_FIVE_IN_LOG: Final = re.compile(r"(?<!\d)\d{5}(?!\d)")  # parts of a second have more digits
_NEGATIVE: Final = re.compile(r"(?:^|[\s(\[=])-(?!20|21|3[0-4]|5[1-3])\d{5}")  # an error of another system
_STATUS: Final = re.compile(r"(?<!\d)(?:480|486|487|600|603)(?!\d)")
# Scripts without spaces: a code may stand right before or after their letters.
_UNSPACED: Final = re.compile("[\u3005-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]")
LETTERS: Final = str.maketrans("oOiIlL|", "0011111")


def codes_in(text: str, *, log: bool = False) -> Iterator[WrittenCode]:
    """Find what is written like an error code in *text*. In a *log*, use only the patterns that count there."""
    has_code = (_FIVE_IN_LOG if log else _FIVE).search(text) is not None
    has_status = _STATUS.search(text) is not None
    if log and not has_code and not has_status:
        return  # a log has thousands of lines; most have no such number
    spaced = _UNSPACED.sub(" ", text)  # of the same length
    for form in FORMS:
        if (log and not (form.in_log and (has_code or form.prefix))) or (form.prefix and not has_status):
            continue
        for match in form.pattern.finditer(spaced):
            group = match.lastindex or 0
            digits = match[group]
            if not digits.isdecimal():
                digits = re.sub(r"\D", "", digits.translate(LETTERS))
            at = match.start(group)
            if (not form.sure and is_never(text, match)) or _NEGATIVE.match(text, max(0, at - 2)):
                continue
            yield WrittenCode(
                form.prefix + digits,
                form.context,
                match.start(),
                at,
                form.sure,
                line_at(text, at),
                is_else(text, match),
            )


def choose_codes(found: Iterable[WrittenCode], codes: Collection[str]) -> tuple[WrittenCode, ...]:
    """Return the known *codes* in *found*, each once and in order, or those that cannot be anything else."""
    known: dict[str, WrittenCode] = {}
    doubtful: dict[str, WrittenCode] = {}  # known, but written where a port or line number may be
    others: dict[str, WrittenCode] = {}
    for item in found:
        if item.code in codes:
            place = doubtful if item.is_else and not item.sure else known
        elif item.sure or (item.context == ALONE and not item.is_else and 10000 <= int(item.code) < 70000):
            place = others
        else:
            continue
        if item.code not in place or item.at < place[item.code].at:
            place[item.code] = item
    chosen = known or doubtful or others
    return tuple(sorted(chosen.values(), key=lambda item: item.at))
