"""Find secrets in tables whose first row names the columns. Pure: no network, no clock.

Takes time proportional to the length of the text: only a line with the name of a secret can be such a row.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bot.redaction.look_alikes import replace
from bot.redaction.named_secrets import kind_of, lower
from bot.redaction.secret_patterns import (
    CODE,
    COLUMN,
    CREDENTIAL,
    HARMLESS,
    HEAD,
    JWT,
    NOT_SECRET,
    OTHER_HEAD,
    REMOVED,
    TELLING,
    Found,
)

LABEL: Final = re.compile(r"#|[^\W\d]+(?:[ _.:/()'\u2019-]{1,2}[^\W\d]+){0,3}[ _]?\d{0,2}[:)]?")
RULE: Final = re.compile(r"[\s|+:=\u2010-\u2015\u2500-\u257f-]*")  # the line below the heads
PROMPT: Final = re.compile(r"\s*[$#>%].*|\S*[$#>] .*|\S.*:\s*")
# Between two cells; a separator inside quotes is none.
QUOTES: Final = r"\"(?:[^\"\n]|\"\"){0,4096}+\"|"
BAR, TAB, SPACES = "[|│┃║]", r"\t", "[ ]{2,}"
SEPARATORS: Final = {BAR: re.compile(f"({BAR})"), TAB: re.compile(f"({TAB})")} | {
    mark: re.compile(f"{QUOTES}({mark})") for mark in (";", ",")
}
Mark = str | tuple[int, ...]  # what separates cells, or where each begins in its line
ALIGNED: Final = re.compile(r"\S+(?:[ ]\S+)*+")
# A table as one text of JSON: its line breaks and tabs, and where texts begin and end.
IN_JSON: Final = re.compile(r"\\{1,8}[nrt\"]|(?<=[:,\[{ ])\"|\"(?=[,}\]:])")
JSON_SIGNS: Final = {"n": "\n", "r": "", "t": "\t", '"': "\n"}
RULER: Final = re.compile(r"[ ]{0,40}[-=]+(?:[ ]+[-=]+)+[ ]*\r?")
# Quote marks and the time and level of a log before each line of a table.
BEFORE: Final = re.compile(
    r"(?:[ ]?>)+[ ]?|\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.,]{0,12}Z?[ ]+(?:\[?[A-Z]{4,8}\]?:?[ ]+)?(?=[^\s|,;])"
)
WIDEST: Final = 4096  # characters of a row of heads


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: where its cells begin and end in the text, without spaces and quotes."""

    text: str
    cells: list[tuple[int, int]]

    def labels(self) -> list[str]:
        """What the cells hold."""
        return [self.text[start:end] for start, end in self.cells]


def find_in_columns(text: str) -> Iterator[Found]:
    """Yield the cells below a head that names a secret, as in `user | credential` or `user,password`."""
    yield from _find(text)
    if "\\n" in text:
        inner, place = replace(IN_JSON, text, lambda match: JSON_SIGNS[match[0][-1]])
        for start, end, kind in _find(inner):
            yield place(start), place(end), kind


def _find(text: str) -> Iterator[Found]:
    at, small = 0, lower(text)
    while head := HEAD.search(small, at):
        start = text.rfind("\n", at, head.start()) + 1 or at
        at = _line_end(text, head.start())
        if at - start > WIDEST:
            continue
        for mark in (*SEPARATORS, _ruler(text, at), SPACES):
            row = _row(text, start, at, mark)
            if named := _heads(row, mark, start, at):
                at = yield from _below(row, named, mark, at)
                break
        at = min(at + 1, len(text))


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end if end >= 0 else len(text)


def _row(text: str, start: int, end: int, mark: Mark) -> Row:
    """The cells of a line between two marks. Bars around the whole line are no cells."""
    if before := BEFORE.match(text, start, end):
        start = before.end()
    if mark == SPACES:
        return Row(text, [match.span() for match in ALIGNED.finditer(text, start, end)])
    if isinstance(mark, tuple):
        places = [min(start + place, end) for place in mark] + [end]
        return Row(
            text, [_inside(text, *span) for span in pairwise(places)] if text[start:end].strip() else []
        )
    cells, at = [], start
    for match in SEPARATORS[mark].finditer(text, start, end):
        if match[1]:
            cells.append(_inside(text, at, match.start()))
            at = match.end()
    cells.append(_inside(text, at, end))
    if mark == BAR and len(cells) > 1:
        cells = cells[cells[0][0] == cells[0][1] : len(cells) - (cells[-1][0] == cells[-1][1])]
    return Row(text, cells)


def _inside(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without the spaces, the quotes, and the stars of a cell."""
    cell = text[start:end]
    start, end = start + len(cell) - len(cell.lstrip(" \r\t")), end - len(cell) + len(cell.rstrip(" \r\t"))
    for quote in ('"', "'", "`", "**"):
        if (
            end - start > 2 * len(quote)
            and text.startswith(quote, start)
            and text.endswith(quote, start, end)
        ):
            return start + len(quote), end - len(quote)
    return start, max(start, end)


def _heads(row: Row, mark: Mark, start: int, end: int) -> list[tuple[int, str]]:
    """The columns whose head names a secret, if this line has the heads of a table."""
    labels = row.labels()
    if len(labels) < 2 or not all(LABEL.fullmatch(label) for label in labels):
        return []
    named = [(index, kind_of(label)) for index, label in enumerate(labels) if COLUMN.fullmatch(label)]
    if all("user" in labels[index].casefold() for index, _ in named):
        return []  # a name alone is no secret
    others = [label for index, label in enumerate(labels) if index not in dict(named)]
    ruled = _is_rule(row.text, end)
    if ruled or (mark == SPACES and "".join(labels).isupper()):
        return named
    known = any(map(OTHER_HEAD.fullmatch, others)) or (mark != SPACES and (len(labels) > 2 or not others))
    if known or (mark != SPACES and _holds_secret(row.text, end, mark, named[0][0])):
        return named if _begins(row, mark, start) else []
    return []


def _holds_secret(text: str, end: int, mark: Mark, index: int) -> bool:
    """Whether the next line has, in this column, what nobody writes but as a secret."""
    below = _row(text, min(end + 1, len(text)), _line_end(text, end + 1), mark)
    return len(below.cells) == 2 and bool(TELLING.fullmatch(below.labels()[index]))


def _ruler(text: str, end: int) -> Mark:
    """Where the parts of a rule in the next line begin, if it has any: columns with one space between."""
    ruler = RULER.fullmatch(text, end + 1, _line_end(text, end + 1)) if end < len(text) else None
    if not ruler:
        return SPACES
    line = BEFORE.sub("", ruler[0], count=1)
    return tuple(match.start() for match in re.finditer(r"[-=]+", line))


def _is_rule(text: str, end: int) -> bool:
    line = text[end + 1 : _line_end(text, end + 1)] if end - len(text) < 0 else ""
    return len(line) < WIDEST and bool(line.strip()) and bool(RULE.fullmatch(line))


def _begins(row: Row, mark: Mark, start: int) -> bool:
    """Whether the line above belongs to no table of the same shape: rows may hold words such as `password`."""
    above, line = _line_above(row.text, start)
    if line.strip() and RULE.fullmatch(line):
        above, line = _line_above(row.text, above)
    if mark == SPACES:
        return not line.strip() or bool(PROMPT.fullmatch(line))
    return len(_row(row.text, above, above + len(line), mark).cells) != len(row.cells)


def _line_above(text: str, start: int) -> tuple[int, str]:
    """Where the line before the one at *start* begins, and what it has at most."""
    end = max(0, start - 1)
    above = max(text.rfind("\n", 0, end) + 1, end - WIDEST)
    return above, text[above:end]


def _below(head: Row, named: list[tuple[int, str]], mark: Mark, at: int) -> Generator[Found, None, int]:
    """The secrets in the rows; returns the end of the last one."""
    text = head.text
    while at < len(text):
        start, end = at + 1, _line_end(text, at + 1)
        row = _row(text, start, end, mark)
        if len(row.cells) < 2 and not RULE.fullmatch(text, start, end):
            break
        at = end
        if not RULE.fullmatch(text, start, end):
            for index, kind in named:
                yield from _value(row, head, index, kind, mark)
    return at


def _value(row: Row, head: Row, index: int, kind: str, mark: Mark) -> Iterator[Found]:
    """The cell of a row in one column: by its number, or by its place if the row has other cells."""
    if len(row.cells) == len(head.cells):
        start, end = row.cells[index]
    elif mark == SPACES:
        shift = _begin(row) - _begin(head)
        first, last = (place + shift for place in head.cells[index])
        start, end = next((span for span in row.cells if span[0] < last and first < span[1]), (0, 0))
    else:
        return
    value = row.text[start:end]
    if HARMLESS.fullmatch(value) or NOT_SECRET.fullmatch(value) or REMOVED.match(value):
        return
    if kind in (JWT, CREDENTIAL) and CODE.fullmatch(value):
        return
    if (mark in (",", SPACES) or isinstance(mark, tuple)) and " " in value and row.text[end : end + 1] != '"':
        return  # words of a sentence
    if mark != SPACES or head.labels()[index] != "SECRET" or TELLING.fullmatch(value):
        yield start, end, kind


def _begin(row: Row) -> int:
    return row.text.rfind("\n", 0, row.cells[0][0]) + 1
