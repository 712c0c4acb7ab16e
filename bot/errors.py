"""Define UsageError, and suggest the closest valid words.

Pure: no network, no clock.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Final

# A longer list does not fit in a sentence. The error says how to list the words instead.
LISTED: Final = 12

CODE: Final = 5  # digits of an error code
# What codes are about that begin alike, for those without a file.
_FAMILIES: Final = (
    ("201", "codes that begin with 201 are about the access token"),
    ("52", "codes that begin with 52 are push errors: a push for an incoming call could not be sent"),
    ("314", "codes from 31400 to 31499 end with a SIP status"),
    ("315", "codes from 31500 to 31599 end with a SIP status of the service"),
    ("316", "codes from 31600 to 31699 end with a SIP status about the called person"),
    ("11", "codes that begin with 11 are about requests from the service to your web server"),
    ("12", "codes that begin with 12 are about TwiML, the answer of your web server"),
    ("21", "codes that begin with 21 are errors of the REST API, which the Voice SDKs do not use"),
    ("30", "codes that begin with 30 are about messages, not calls"),
    ("63", "codes that begin with 63 are about messages, not calls"),
)
FAR: Final = 500  # a code that differs by more is unrelated

# Longer words are truncated when quoted, such as a pasted log.
QUOTED: Final = 40


class UsageError(Exception):
    """An error that the user can fix. The message is one sentence that says how."""


def unknown_word(kind: str, word: str, known: Iterable[str], see: str = "") -> UsageError:
    """Return the error for a *word* that is not *known*, with the nearest words and the list, or how to *see* it."""
    words = sorted({item for item in known if item})
    near = nearest_codes(word, words) or difflib.get_close_matches(word.casefold(), words, n=3, cutoff=0.6)
    parts = [f"{quote(word)} is not {kind}"]
    if family := family_of(word):
        parts.append(family)
    if near:
        parts.append(f"did you mean {join_or(near)}?")
    rest = [item for item in words if item not in near]
    if rest and len(words) <= LISTED:
        parts.append(f"{'others' if near else 'known'}: {', '.join(rest)}")
    elif see and (rest or not words):
        parts.append(f"see them all with `{see}`")
    return UsageError(_sentence("; ".join(parts)))


def family_of(code: str) -> str:
    """Return what the unknown *code* is about, judged by its first digits, or ""."""
    if not (code.isdecimal() and code.isascii() and len(code) == CODE):
        return ""
    return next((says for begins, says in _FAMILIES if code.startswith(begins)), "")


def nearest_codes(word: str, known: Iterable[str]) -> list[str]:
    """List the three known codes nearest to *word*: one digit off, two digits swapped, or numerically near.

    Empty if *word* is not a number of five digits, or no code is near.
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
    """Put *word* in quotes, truncated and without control characters that a terminal would execute."""
    return f"“{printable(word[:QUOTED])}{'…' if len(word) > QUOTED else ''}”"


def printable(text: str) -> str:
    """Remove control characters from *text*. Certificates and headers come from untrusted hosts."""
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def _sentence(text: str) -> str:
    return text.replace("?;", "?") + ("" if text.endswith(("?", ".")) else ".")


# Minimum similarity of a misspelled word: "andriod" is 0.86 android, "frankfort" 0.89 frankfurt.
ALIKE: Final = 0.8


def nearest(word: str, known: Mapping[str, object] | tuple[str, ...], *, cutoff: float = ALIKE) -> str | None:
    """Return the known word that *word* misspells. Short words are not corrected, unless *cutoff* is lower."""
    shortest = 5 if cutoff >= ALIKE else 3
    if len(word) < shortest:
        return None
    # Misspellings rarely affect the first letter: "phone" is not "iphone".
    likely = [item for item in known if len(item) >= shortest and item[0] == word[0]]
    near = difflib.get_close_matches(word, likely, n=1, cutoff=cutoff)
    return near[0] if near else None
