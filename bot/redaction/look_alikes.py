# ruff: noqa: RUF001 - letters that look alike are the data
"""Read text as a person sees it: look-alike letters as plain ones, and no characters that nobody sees. Pure.

Takes time proportional to the length of the text.
"""

import bisect
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from bot.redaction.secret_patterns import Found

Place = Callable[[int], int]

# Letters of Cyrillic and of Greek that look like one of ours, pair by pair.
FOREIGN: Final = (
    "аaеeоoрpсcуyхxѕsіiјjԁdһhԛqԝwѵvпnтtгrкkвbмmАAВBЕEЅSІIЈJКKМMНHОOРPСCТTХXУYԜW"
    "αaοoνvρpκkτtυuιiεeωwΑAΒBΕEΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXΖZıiɑaɡgⅼlſs\u212ak"
)
# Full-width and mathematical letters, letters in circles, half-width kana.
WIDE: Final = (
    *range(0xFF01, 0xFF5F), *range(0xFF66, 0xFFA0), *range(0x1D400, 0x1D800), *range(0x24B6, 0x24EA),
)  # fmt: skip
LOOKS_LIKE: Final[dict[int, int | str]] = {
    **{code: plain for code in WIDE if len(plain := unicodedata.normalize("NFKC", chr(code))) == 1},
    **{ord(FOREIGN[at]): FOREIGN[at + 1] for at in range(0, len(FOREIGN), 2)},
    **dict.fromkeys(range(0x2010, 0x2016), "-"),  # as word processors insert
    **dict.fromkeys((0xA0, 0x2002, 0x2003, 0x2007, 0x2009, 0x202F, 0x3000), " "),
}

# Invisible characters that can split a token, and accents apart from their letters.
UNSEEN: Final = re.compile(
    "[\u00ad\u0300-\u036f\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\u3099\u309a\ufe00-\ufe0f\ufeff]+"
)
# The other half of each character in UTF-16.
HALVES: Final = re.compile("(?<=[^\0]\0[^\0])\0|\0(?=[^\0]\0)")


def find_as_seen(text: str, find: Callable[[str], Iterator[Found]]) -> Iterator[Found]:
    """Yield the spans in *text* of what *find* finds in it as a person sees it."""
    seen, place = as_seen(text)
    yield from placed(find(seen), place)


def as_seen(text: str) -> tuple[str, Place]:
    """The text as a person sees it, and a function from its positions to the original ones."""
    halves = "\0" in text
    whole, inner = without(HALVES, text) if halves else (text, _same)
    if whole.isascii():
        return whole, inner
    seen, outer = without(UNSEEN, whole.translate(LOOKS_LIKE))
    return seen, (lambda position: inner(outer(position))) if halves else outer


def _same(position: int) -> int:
    return position


def without(unwanted: re.Pattern[str], text: str) -> tuple[str, Place]:
    """Remove matches of *unwanted*; returns the text and a function from its positions to the original ones."""
    return replace(unwanted, text, lambda _: "")


def replace(form: re.Pattern[str], text: str, written: Callable[[re.Match[str]], str]) -> tuple[str, Place]:
    """Like `without`, but each match becomes what *written* returns for it."""
    parts: list[str] = []
    starts, shifts = [0], [0]  # from each position of the shorter text on, the number of characters dropped
    at = length = 0
    for match in form.finditer(text):
        parts += (text[at : match.start()], character := written(match))
        length += match.start() - at + len(character)
        at = match.end()
        starts.append(length)
        shifts.append(at - length)
    parts.append(text[at:])

    def place(position: int) -> int:
        return position + shifts[bisect.bisect_right(starts, position) - 1]

    return "".join(parts), place


def placed(found: Iterable[Found], place: Place) -> Iterator[Found]:
    """Move spans to where *place* says."""
    for start, end, kind in found:
        if start < end:
            yield place(start), place(end - 1) + 1, kind
