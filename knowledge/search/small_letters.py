"""Ignore case several times as fast as `re.IGNORECASE`: look for small letters in a text of small letters.

Pure. The regular expression engine can skip to places where a match may begin only if it need not ignore case.
"""

import re
from collections.abc import Iterator
from typing import Final

# Signs that `re.IGNORECASE` takes for i, s, and k. To lower the first one would also move all that follows.
_OTHERS: Final = ("\u0130", "\u0131", "\u017f", "\u212a")
EXACT: Final = "(?-i:"  # what a pattern has before a part whose case matters
_LETTERS: Final = re.compile(r"\\.|\(\?P|[A-Z]", re.DOTALL)  # escapes and names of groups stay as they are
_WORD: Final = re.compile(r"\\b([A-Za-z]{2,40})(?![*+?{])")


class CaselessPattern:
    """A regular expression that ignores case. Its matches have the right places, and groups in small letters.

    One with a part in exact case, `(?-i:…)`, is used as it is, and its groups as they are written.
    """

    __slots__ = ("_any_case", "_pattern", "_small")

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._small = None if EXACT in pattern else re.compile(begin_with_letters(small_pattern(pattern)))
        self._any_case: re.Pattern[str] | None = None

    def search(self, text: str) -> re.Match[str] | None:
        """Find the first match."""
        pattern, text = self._fitting(text)
        return pattern.search(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Yield all matches."""
        pattern, text = self._fitting(text)
        return pattern.finditer(text)

    def _fitting(self, text: str) -> tuple[re.Pattern[str], str]:
        """Return the pattern for small letters, and *text* in them, if that finds the same."""
        if self._small and (small := small_text(text)) is not None:
            return self._small, small
        if self._any_case is None:
            self._any_case = re.compile(self._pattern, re.IGNORECASE)
        return self._any_case, text


def small_text(text: str) -> str | None:
    """Return *text* in small letters, or None if `re.IGNORECASE` would find more there."""
    if not text.isascii() and any(sign in text for sign in _OTHERS):
        return None
    return text.lower()


def small_pattern(pattern: str) -> str:
    """Return *pattern* in small letters."""
    return _LETTERS.sub(lambda match: match[0] if len(match[0]) > 1 else match[0].lower(), pattern)


def begin_with_letters(pattern: str) -> str:
    """Write *pattern* so that a word at its beginning is found first, and then where the word begins.

    A search can skip to the next letter of a word, and not to the next place where a word may begin.
    """
    word = _WORD.match(pattern)
    return f"{word[1]}(?<={word[0]}){pattern[word.end() :]}" if word else pattern
