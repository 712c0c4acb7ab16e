"""What is said to somebody who asked for something that does not exist.

Pure: no network, no clock.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Final

# A list longer than this is not a help in a sentence; the reader is told how to see it instead.
LISTED: Final = 12

CODE: Final = 5  # digits of an error code
FAR: Final = 500  # codes that lie further apart have nothing to do with each other

# Longer words are cut when they are quoted back: a pasted log is not read again.
QUOTED: Final = 40


class UsageError(Exception):
    """The person can put this right; the message is one sentence for them that says how."""


def unknown_word(kind: str, word: str, known: Iterable[str], see: str = "") -> UsageError:
    """*word* is not one of *known*: the nearest ones, and the list or how to *see* it."""
    words = sorted({item for item in known if item})
    near = nearest_codes(word, words) or difflib.get_close_matches(word.casefold(), words, n=3, cutoff=0.6)
    parts = [f"{quote(word)} is not {kind}"]
    if near:
        parts.append(f"did you mean {join_or(near)}?")
    rest = [item for item in words if item not in near]
    if rest and len(words) <= LISTED:
        parts.append(f"{'others' if near else 'known'}: {', '.join(rest)}")
    elif see and (rest or not words):
        parts.append(f"see them all with `{see}`")
    return UsageError(_sentence("; ".join(parts)))


def nearest_codes(word: str, known: Iterable[str]) -> list[str]:
    """List the three known codes that *word* may be a slip for: one off, two digits swapped, else nearest.

    Empty where it is no number of five digits; nothing that is far away is offered.
    """
    if not (word.isdecimal() and word.isascii() and len(word) == CODE):
        return []
    swapped = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(CODE - 1)}

    def order(code: str) -> tuple[bool, bool, int]:
        apart = abs(int(code) - int(word))
        return apart > 1, code not in swapped, apart

    codes = (item for item in known if item.isdecimal() and len(item) == CODE)
    near = (item for item in codes if item in swapped or abs(int(item) - int(word)) <= FAR)
    return sorted(near, key=order)[:3]


def join_or(words: Iterable[str]) -> str:
    """Join *words* as a choice: a; a or b; a, b or c."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def quote(word: str) -> str:
    """Put *word* in quotes, cut to a readable length, with nothing in it that a terminal would obey."""
    return f"“{printable(word[:QUOTED])}{'…' if len(word) > QUOTED else ''}”"


def printable(text: str) -> str:
    """Take out of *text* what a terminal would obey: strangers write certificates and headers."""
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def _sentence(text: str) -> str:
    return text.replace("?;", "?") + ("" if text.endswith(("?", ".")) else ".")


# How alike a word must be to be taken for a known one: "andriod" is 0.86 android, "frankfort" 0.89 frankfurt.
ALIKE: Final = 0.8


def nearest(word: str, known: Mapping[str, object] | tuple[str, ...], *, cutoff: float = ALIKE) -> str | None:
    """The known word that *word* is a slip of; short words are not guessed at, unless *cutoff* is lower."""
    shortest = 5 if cutoff >= ALIKE else 3
    if len(word) < shortest:
        return None
    # People slip inside a word, seldom on its first letter: "phone" is not "iphone".
    likely = [item for item in known if len(item) >= shortest and item[0] == word[0]]
    near = difflib.get_close_matches(word, likely, n=1, cutoff=cutoff)
    return near[0] if near else None
