"""Find phone numbers in text, but not codes, versions, addresses, ports or dates.

Pure: no network, no clock. Takes time proportional to the length of the text.
"""

import re
from collections.abc import Iterator
from typing import Final

Span = tuple[int, int]

# ITU-T E.164: at most 15 digits; no number has fewer than 8 with the country code.
FEWEST, MOST = 8, 15

# 00 and many zeros: a number that people have begins otherwise.
COUNTER: Final = re.compile(r"00\d{0,4}0{6}")

# Separators between two groups of digits: "+44 (0)20 7946-0958", a wrapped line.
GAP: Final = r"(?:[ \t]?[\-./()_]{1,2}[ \t]?|[ \t]{1,2}(?:[\-./(]{1,2}[ \t]?)?|[ \t]?\r?\n[ \t]?)"

# A plus sign, or the 00 that is dialed instead, and the country's first digits.
INTERNATIONAL: Final = re.compile(r"(?:(?<![\w+])\+[ \t]?\(?|(?<![\w.:/+\-])00[ \t]?(?=[1-9]))(\d+)")
GROUP: Final = re.compile(rf"({GAP})(\d+)")

# North America: 3-3-4 with separators; area and exchange start with 2 to 9. A row of bare numbers (a log's
# columns, a list of ports) looks the same, so the text around it decides.
AMERICAN: Final = re.compile(
    r"(?<![\w.:+\-@])(?:1[ .\-]{1,2})?"
    r"(?:\([2-9]\d\d\)[ .\-]{0,2}\n?|[2-9]\d\d[.\-\n ]{1,2})[2-9]\d\d[.\-\n ]{1,2}\d{4}"
    r"(?![\w:/]|[.\-]\d)"
)
COLUMN_BEFORE: Final = re.compile(r"[\d\"] \Z")
COLUMN_AFTER: Final = re.compile(r" \d")
NOT_BEFORE: Final = re.compile(
    r"(?:ports?|codes?|errors?|status|bytes|ms|range)[ \t:=#]{0,3}\Z", re.IGNORECASE
)

# Most of Europe, Asia and Africa: a trunk 0, then groups: "020 7946 0958", "06 12 34 56 78", "07911123456".
TRUNK: Final = re.compile(r"(?<![\w.:/+\-@=])(?<!\d )\(?0[1-9]\d{0,9}(?![\d:.])\)?")

# India's mobile numbers, five digits and five; two ports in a row look the same, but are at most 65535.
FIVES: Final = re.compile(r"(?<![\w.:/+\-@])([6-9]\d{4})[ \-](\d{5})(?![\w:/]|[.\-]\d)")
LAST_PORT: Final = 65535

# Digits that a word marks as a number: "phone: 4155550123", "caller=5550123", "to": "4155550123".
CALLED: Final = re.compile(
    r"\b(?:(?:tele)?phone|tel|mobile|cell(?:phone)?|fax|msisdn|whats?app|sms|caller(?:[ _-]?id)?|callee|ani|dnis|"
    r"dial(?:l?ed|l?ing)?|call(?:ed|ing)?|number|nr|from|to)"
    r"(?:[ _-]?(?:no|number|nr|num)\b)?\\?[\"']?(?:[ \t]{1,3}(?:is|was|at|on|me at|me on))?"
    r"[ \t]{0,3}[:=.]?[ \t]{0,3}\\?[\"'(<]?(\d[\d \-()]{5,18}\d)(?![\w:/]|[.\-]\d)",
    re.IGNORECASE,
)
WEAK: Final = re.compile(r"\A(?:call|calling|called|number|nr|from|to|cell|sms|at|on)\b", re.IGNORECASE)

# A URI of a phone number, in any format (RFC 3966, and SIP's user part).
SCHEME: Final = re.compile(
    r"(?<![A-Za-z])(?:tel|callto|sips?|sms|whatsapp|client):\+?(?!(?:\d{1,3}\.){3}\d{1,3}(?![\d.]))(\d[\d().\-]{5,24}\d)(?![\w])",
    re.IGNORECASE,
)

# What ends a number even if digits follow: an error code, a date, a time, an address or version.
NEW_SUBJECT: Final = re.compile(
    r"[1-6]\d{4}(?!\d)|(?:19|20)\d\d-\d\d|\d{1,2}-\d\d-\d{4}|\d{1,2}:\d\d|\d{1,3}\.\d{1,3}\.|\d+[.]\d|\d+[A-Za-z_:]"
)
DATE: Final = re.compile(
    r"(?:19|20)\d\d[ .\-/]?(?:0\d|1[0-2])[ .\-/]?[0-3]\d|[0-3]?\d[.\-/ ][01]?\d[.\-/ ](?:19|20)\d\d"
)


def find_phones(text: str) -> Iterator[Span]:
    """Yield the spans of phone numbers in *text*, in no order; spans may overlap."""
    yield from _international(text)
    yield from _american(text)
    yield from _trunk(text)
    yield from _called(text)
    yield from (
        match.span() for match in FIVES.finditer(text) if max(int(match[1]), int(match[2])) > LAST_PORT
    )
    for match in SCHEME.finditer(text):
        if _digits(match[1]) >= 7:
            yield match.span(1)


def _international(text: str) -> Iterator[Span]:
    at = 0
    while match := INTERNATIONAL.search(text, at):
        at = match.end()
        end, digits = _groups(text, match.end(1), len(match[1]), american=match[1][0] == "1")
        whole = text[match.start() : end]
        if FEWEST <= digits <= MOST and not _is_offset(match[0], whole) and not COUNTER.match(whole):
            yield match.start(), end
            at = end


def _groups(text: str, end: int, digits: int, *, american: bool) -> tuple[int, int]:
    """Extend over the groups of digits that belong to the same number; returns its end and its digits."""
    most = 11 if american else MOST
    closed = digits >= FEWEST  # written without separators: what follows one is something else
    while not closed and (group := GROUP.match(text, end)):
        wrapped = "\n" in group[1]
        if digits + len(group[2]) > most or (wrapped and digits >= FEWEST):
            break
        if (digits >= FEWEST or wrapped) and NEW_SUBJECT.match(text, group.start(2)):
            break
        end, digits = group.end(), digits + len(group[2])
    return end, digits


def _is_offset(start: str, whole: str) -> bool:
    """Whether this is the time zone after a time: `+00:00`, `+0100 2026`."""
    return bool(re.match(r"\+(?:0\d|1[0-4])[03]0(?!\d)", whole)) or start.startswith("+0")


def _american(text: str) -> Iterator[Span]:
    for match in AMERICAN.finditer(text):
        if "(" in match[0] or not _is_row(match):
            yield match.span()


def _is_row(match: re.Match[str]) -> bool:
    """Whether this is in a list of ports or the columns of a log: bare numbers next to others."""
    text, start = match.string, match.start()
    if NOT_BEFORE.search(text, max(0, start - 12), start):
        return True
    if any(letter in "-." for letter in match[0]):
        return False
    return bool(COLUMN_BEFORE.search(text, max(0, start - 2), start) or COLUMN_AFTER.match(text, match.end()))


def _trunk(text: str) -> Iterator[Span]:
    at = 0
    while match := TRUNK.search(text, at):
        at = match.end()
        first = _digits(match[0])
        if first >= 10:
            end, digits = match.end(), first
        else:
            end, digits = _trunk_groups(text, match.end(), first)
        if not 9 <= digits <= 12 or DATE.match(text[match.start() : end]):
            continue
        if text[end : end + 1] in (":", "_") or text[end : end + 2][:1].isalnum():
            continue
        yield match.start(), end
        at = end


def _trunk_groups(text: str, end: int, digits: int) -> tuple[int, int]:
    """Like `_groups`, for a number without country code: no single-digit group, no error code."""
    while group := GROUP.match(text, end):
        length = len(group[2])
        if length < 2 or digits + length > 12 or NEW_SUBJECT.match(text, group.start(2)):
            break
        end, digits = group.end(), digits + length
    return end, digits


def _called(text: str) -> Iterator[Span]:
    for match in CALLED.finditer(text):
        number = match[1].rstrip(" -(")
        fewest = 10 if WEAK.match(match[0]) else 7
        joined = re.fullmatch(r"\d+", number) or re.search(r"[()\-]", number)
        if fewest <= _digits(number) <= MOST and joined and not _holds_other(number):
            yield match.start(1), match.start(1) + len(number)


def _holds_other(number: str) -> bool:
    """Whether one of the groups is a date or an error code."""
    return any(DATE.match(part) or re.fullmatch(r"[1-6]\d{4}", part) for part in number.split())


def _digits(text: str) -> int:
    return sum(letter.isdigit() for letter in text)
