"""Compile a regular expression when it is first needed.

The readers have some two hundred, which took 50 ms at every start of a command, and most texts need none.
"""

import re
from collections.abc import Iterator
from typing import Any


class LazyPattern:
    """A regular expression that is compiled at its first use."""

    __slots__ = ("_compiled", "_flags", "_pattern")

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self._pattern = pattern
        self._flags = flags
        self._compiled: re.Pattern[str] | None = None

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
