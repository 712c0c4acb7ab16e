"""Compile a regular expression when it is first needed.

The readers have some two hundred, which took 50 ms at every start of a command, and most texts need none.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from knowledge.search.small_letters import EXACT, begin_with_letters, small_pattern

# What a regular expression consists of, as far as it matters where its alternatives end.
_PARTS: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_STARTS: Final = ("^", "(?:^|^")  # the second one: a command, perhaps after a prompt

_Find = Callable[[str], re.Match[str] | None]


class LazyPattern:
    """A regular expression that is compiled at its first use."""

    __slots__ = ("_compiled", "_finders", "_flags", "_pattern")

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self._pattern = pattern
        self._flags = flags
        self._compiled: re.Pattern[str] | None = None
        self._finders: tuple[tuple[bool, _Find], ...] = ()

    def _get(self) -> re.Pattern[str]:
        if self._compiled is None:
            self._compiled = re.compile(self._pattern, self._flags)
        return self._compiled

    def search(self, text: str) -> re.Match[str] | None:
        """Find the first match."""
        return self._get().search(text)

    def match(self, text: str) -> re.Match[str] | None:
        """Match at the beginning."""
        return self._get().match(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Yield all matches."""
        return self._get().finditer(text)

    def findall(self, text: str) -> list[Any]:
        """List all matches: texts, or tuples of texts for a pattern with several groups."""
        return self._get().findall(text)

    def is_in(self, text: str, small: str | None) -> bool:
        """Tell whether *text* has a match, in a fraction of the time of `search`; *small* is its `small_text`."""
        if small is None:
            return self.search(text) is not None
        if not self._finders:
            self._finders = tuple(self._make_finders())
        for is_small, find in self._finders:  # noqa: SIM110 - `any` takes longer than to search a line
            if find(small if is_small else text):
                return True
        return False

    def _make_finders(self) -> Iterator[tuple[bool, _Find]]:
        """Group the alternatives: those for small letters and the others, at the start of a line and anywhere."""
        groups: dict[tuple[bool, str], list[str]] = {}
        for alternative in _alternatives(self._pattern):
            is_small = bool(self._flags & re.IGNORECASE) and EXACT not in alternative
            start = next((start for start in _STARTS if alternative.startswith(start)), "")
            groups.setdefault((is_small, start), []).append(begin_with_letters(alternative))
        for (is_small, start), alternatives in groups.items():
            pattern = "|".join(alternatives)
            if start == "^":  # once for all: it is tried at each letter
                pattern = f"^(?:{'|'.join(alternative[1:] for alternative in alternatives)})"
            if is_small:
                compiled = re.compile(small_pattern(pattern), self._flags & ~re.IGNORECASE)
            else:
                compiled = re.compile(pattern, self._flags)
            is_at_start = start and not self._flags & re.MULTILINE
            yield is_small, compiled.match if is_at_start else compiled.search


def _alternatives(pattern: str) -> list[str]:
    """Split *pattern* at each `|` that is outside of parentheses and brackets."""
    found, depth = [""], 0
    for part in _PARTS.findall(pattern):
        depth += (part == "(") - (part == ")")
        if part == "|" and not depth:
            found.append("")
        else:
            found[-1] += part
    return found
