"""Split a paste into pieces: prose, log lines, JSON-like objects, tool output.

Pure. The work is bounded. Text beyond the limits is treated as prose.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal, TypeAlias

from bot.intake.parsing.decode import forms_of, plain, without_prefixes
from bot.intake.parsing.json_blocks import JsonBlock, find_blocks
from bot.intake.parsing.log_lines import LOG_LINE, SOURCE_PLACE
from bot.intake.readers import ToolReader, tools_in
from knowledge.search.small_letters import small_text

SHORTEST: Final = 40  # characters
LONGEST_LINE: Final = 2_000  # characters of a line that are examined
_PLACE: Final = 120  # characters at the end of a line that may name a place in the source
MOST_LINES: Final = 20_000  # no pasted log has more

SegmentForm: TypeAlias = Literal["prose", "log", "json", "tool"]
_Line: TypeAlias = tuple[int, str]  # number, counted from 1, and text

# Signs in a message that it may contain a report or a tool's output.
_REPORT_FORM: Final = re.compile(
    r"[{\[(]\s*\\?[\"'\u201c\u2018]?\w|candidate:|s_client|<<>> DiG|\* Connected to|curl: \("
)


@dataclass(frozen=True, slots=True)
class Segment:
    """Lines of a paste in one format. An *inline* value is inside lines of another format."""

    form: SegmentForm
    text: str
    first: int
    last: int
    block: JsonBlock | None = None
    reader: ToolReader | None = None
    inline: bool = False


def has_report_form(text: str) -> bool:
    """Tell whether *text* looks like a report or a tool's output rather than plain prose."""
    return len(text) >= SHORTEST and bool(_REPORT_FORM.search(text))


def segment(text: str) -> tuple[Segment, ...]:
    """Split *text* into pieces, in the order in which they begin."""
    form, blocks = find_blocks(forms_of(text))
    values = tuple(_values(form, blocks))
    rest = tuple(_rest(text, form, [value for value in values if not value.inline]))
    lines = _of_lines(rest, tools_in(plain(text)))
    return tuple(sorted([*values, *lines], key=lambda item: (item.first, item.last)))


def _values(form: str, blocks: Iterable[JsonBlock]) -> Iterator[Segment]:
    """Yield a segment for each of the values in *form*."""
    line, at, done = 1, 0, 0
    for block in blocks:
        line, at = line + form.count("\n", at, block.start), block.start
        nearby = max(done, at - LONGEST_LINE)
        before = form[form.rfind("\n", nearby, at) + 1 or nearby : at]
        inline = not block.reports and (bool(without_prefixes(before).strip()) or not _is_object(block.value))
        done = done if inline else block.end
        last = line + form.count("\n", at, block.end)
        yield Segment("json", form[at : block.end], line, last, block, inline=inline)


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list) and any(isinstance(item, Mapping) for item in value)
    )


def _rest(text: str, form: str, values: Iterable[Segment]) -> Iterator[_Line]:
    """Yield the lines outside *values*: whole lines as in *text*, and the rest of lines that contain a value."""
    lines = text.split("\n")
    same = form.count("\n") + 1 == len(lines)
    line, done = 1, 0
    for start, end, last in (*_places(values), (len(form), len(form), 0)):
        parts = form[done:start].split("\n")
        for number, part in enumerate(parts):
            is_whole = (number > 0 or done == 0) and (number < len(parts) - 1 or start == len(form))
            if is_whole:
                yield line + number, lines[line + number - 1] if same else part
            elif without_prefixes(part).strip():
                yield line + number, part
        line, done = last, end


def _places(values: Iterable[Segment]) -> Iterator[tuple[int, int, int]]:
    return ((value.block.start, value.block.end, value.last) for value in values if value.block)


def _of_lines(lines: tuple[_Line, ...], tools: Sequence[ToolReader]) -> Iterator[Segment]:
    """Group consecutive *lines* of the same format. Only output of *tools* can be among them."""
    marked = zip(_marks(lines, tools), lines, strict=True)
    for (form, reader), group in groupby(marked, key=lambda pair: pair[0]):
        members = [line for _, line in group]
        text = "\n".join(words for _, words in members)
        yield Segment(form, text, members[0][0], members[-1][0], reader=reader)


_Mark: TypeAlias = tuple[SegmentForm, ToolReader | None]
_PROSE: Final[_Mark] = ("prose", None)
_LOG: Final[_Mark] = ("log", None)


def _marks(lines: tuple[_Line, ...], tools: Sequence[ToolReader]) -> list[_Mark]:
    """Mark each line. All lines between two of one tool are its output. Empty lines between two log lines are log."""
    marks: list[_Mark] = []
    before: _Mark = _PROSE
    for number, (_, words) in enumerate(lines):
        mark = _mark(plain(words[:LONGEST_LINE]), before[1], tools) if number < MOST_LINES else _PROSE
        if mark != _PROSE:
            open_since = len(marks)
            while open_since and marks[open_since - 1] == _PROSE:
                open_since -= 1
            gap = lines[open_since:number]
            if mark == before and (mark[1] or not any(words.strip() for _, words in gap)):
                marks[open_since:] = [mark] * len(gap)
            before = mark
        marks.append(mark)
    return marks


def _mark(words: str, reader: ToolReader | None, tools: Sequence[ToolReader]) -> _Mark:
    """Return the format of one line. The tool of the previous line is tried first, and a log before most tools."""
    small = small_text(words)
    is_log = bool(LOG_LINE.match(words) or SOURCE_PLACE.search(words[-_PLACE:]))
    for other in (*([reader] if reader else []), *tools):
        if other.lines.is_in(words, small) and (other.in_log or not is_log):
            return "tool", other
    return _LOG if is_log else _PROSE
