"""Draw the decision path as a PNG: each question, its answer, and its mark.

Pure: no network, no clock. Fonts come from this host or from Pillow.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from bot.rendering.blocks import text_limits
from bot.rendering.blocks.decision_path import Mark, WalkedQuestion, in_words

WIDE: Final = 720  # pixels: twice the width at which Slack shows pictures, for high-resolution screens
MOST: Final = 30  # questions; a longer picture would be scaled down until it is unreadable
_MARGIN: Final = 28
_BADGE: Final = 40  # diameter
_TEXT: Final = _MARGIN + _BADGE + 22  # x position of the text
_GAP: Final = 18
_LETTERS: Final = 24  # font size in pixels; half of that on the screen
_SMALL: Final = 20

Colour = tuple[int, int, int]
_PAPER: Final[Colour] = (255, 255, 255)
_INK: Final[Colour] = (29, 28, 29)
_FAINT: Final[Colour] = (97, 96, 97)  # contrast 6:1 on the paper
_LINE: Final[Colour] = (221, 221, 221)
_COLOURS: Final[dict[Mark, Colour]] = {  # contrast with the paper: at least 4.5:1
    Mark.FINE: (0, 112, 74),
    Mark.FAULT: (184, 24, 50),
    Mark.NOTED: (18, 100, 163),
    Mark.UNKNOWN: (97, 96, 97),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG and its alternative text."""

    png: bytes
    alt: str  # at most 1,000 characters, Slack's limit for files


def picture(name: str, passed: Sequence[WalkedQuestion], end: Sequence[tuple[str, Mark]]) -> Picture:
    """Draw *passed* from top to bottom below *name*; *end* are the lines of the conclusion."""
    rows = [*_rows(name, passed, end)]
    height = sum(row.height for row in rows) + 2 * _MARGIN
    canvas = Image.new("RGB", (WIDE, height), _PAPER)
    draw = ImageDraw.Draw(canvas)
    top = _MARGIN
    for row, following in pairwise(rows):
        if row.mark and following.mark and not following.begins:
            middle = _MARGIN + _BADGE // 2
            draw.line([(middle, top + _BADGE // 2), (middle, top + row.height + _BADGE // 2)], _LINE, 4)
        top += row.height
    top = _MARGIN
    for row in rows:
        _draw(draw, row, top)
        top += row.height
    file = BytesIO()
    canvas.save(file, "PNG", optimize=True)
    concluded = " ".join(f"{text_limits.line(text)}." for text, _ in end)
    return Picture(
        file.getvalue(),
        text_limits.cut(text_limits.line(f"{name}. {concluded} {in_words(passed)}"), text_limits.ALT),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    lines: tuple[tuple[str, int, bool, Colour], ...]  # text, size, bold, color
    mark: Mark | None = None
    begins: bool = False  # starts a branch, so no line leads here
    box: bool = False

    @property
    def height(self) -> int:
        return max(sum(_high(size) for _, size, _, _ in self.lines), _BADGE if self.mark else 0) + _GAP


def _rows(name: str, passed: Sequence[WalkedQuestion], end: Sequence[tuple[str, Mark]]) -> Iterator[_Row]:
    yield _Row(tuple(_wrapped(name, _LETTERS + 4, True, _INK, WIDE - 2 * _MARGIN)))
    branch = ""
    for walked in passed[:MOST]:
        begins, branch = walked.branch != branch, walked.branch
        sentence = [
            *_wrapped(walked.asks, _LETTERS, False, _INK),
            *_wrapped(f"{walked.mark.word.upper()}: {walked.says}", _LETTERS, True, _COLOURS[walked.mark]),
        ]
        yield _Row(tuple(sentence), walked.mark, begins=begins)
    if len(passed) > MOST:
        yield _Row(tuple(_wrapped(f"and {len(passed) - MOST} more questions", _SMALL, False, _FAINT)))
    for text, mark in end[:MOST]:
        yield _Row(tuple(_wrapped(text, _LETTERS, True, _INK)), mark, begins=True, box=True)


def _wrapped(
    text: str, size: int, bold: bool, colour: Colour, room: int = WIDE - _TEXT - _MARGIN
) -> Iterator[tuple[str, int, bool, Colour]]:
    """Wrap *text* into at most 4 lines of *room* pixels."""
    font = _font(size, bold)
    lines, current = [], ""
    for word in _short_words(text_limits.cut(text_limits.line(text), 240), font, room):
        longer = f"{current} {word}".strip()
        if current and font.getlength(longer) > room:
            lines.append(current)
            longer = word
        current = longer
    lines.append(current)
    if len(lines) > 4:
        lines = [*lines[:3], f"{lines[3][:-1]}{text_limits.MORE}"]
    yield from ((line, size, bold, colour) for line in lines)


def _short_words(text: str, font: ImageFont.FreeTypeFont, room: int) -> Iterator[str]:
    """Split words that are too wide for a line."""
    for word in text.split():
        while font.getlength(word) > room:
            most = max(1, int(len(word) * room / font.getlength(word)) - 1)
            yield word[:most]
            word = word[most:]
        yield word


def _draw(draw: ImageDraw.ImageDraw, row: _Row, top: int) -> None:
    left = _TEXT if row.mark else _MARGIN
    if row.box:
        edges = (_MARGIN - 10, top - 8, WIDE - _MARGIN + 10, top + row.height - 8)
        draw.rounded_rectangle(edges, 12, outline=_COLOURS[row.mark or Mark.NOTED], width=3, fill=_PAPER)
    if row.mark:
        _badge(draw, row.mark, _MARGIN, top)
    spare = row.height - _GAP - sum(_high(size) for _, size, _, _ in row.lines)
    y = top + spare // 2
    for text, size, bold, colour in row.lines:
        draw.text((left, y), text, colour, _font(size, bold))
        y += _high(size)


def _badge(draw: ImageDraw.ImageDraw, mark: Mark, x: int, y: int) -> None:
    """Draw a disc with a sign; each mark has its own shape."""
    draw.ellipse((x, y, x + _BADGE, y + _BADGE), _COLOURS[mark])
    if mark is Mark.FINE:
        draw.line([(x + 11, y + 21), (x + 18, y + 28), (x + 30, y + 13)], _PAPER, 5, joint="curve")
    elif mark is Mark.FAULT:
        draw.line([(x + 13, y + 13), (x + 27, y + 27)], _PAPER, 5)
        draw.line([(x + 27, y + 13), (x + 13, y + 27)], _PAPER, 5)
    else:
        sign = "?" if mark is Mark.UNKNOWN else "i"
        draw.text((x + _BADGE // 2, y + _BADGE // 2), sign, _PAPER, _font(_LETTERS, True), anchor="mm")


def _high(size: int) -> int:
    return size * 4 // 3


@lru_cache
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    """Return DejaVu if this host has it, for its coverage; else Pillow's built-in font."""
    try:
        return ImageFont.truetype(f"DejaVuSans{'-Bold' if bold else ''}.ttf", size)
    except OSError:
        font = ImageFont.load_default(size)
        assert isinstance(font, ImageFont.FreeTypeFont)  # true if Pillow has FreeType, as its wheels do
        return font
