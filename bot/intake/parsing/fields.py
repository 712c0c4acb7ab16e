"""Read values from a map with any spelling of its keys: camelCase, snake_case, PascalCase, with a prefix.

Pure. Numbers may be strings with a unit. Nothing here raises, for any value.
"""

import math
import re
import string
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

_NUMBER: Final = re.compile(
    r"\s*([+-]?(?:\d{1,18}(?:[.,]\d{0,12})?|\.\d{1,12})(?:e[+-]?\d{1,3})?)\s*([a-zµμ%]{0,12})\s*\Z",
    re.IGNORECASE,
)

# Milliseconds in one of each unit.
UNITS: Final[Mapping[str, float]] = {
    "ns": 1e-6, "nanoseconds": 1e-6, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "microseconds": 1e-3,
    "ms": 1.0, "msec": 1.0, "millis": 1.0, "milliseconds": 1.0, "millisecond": 1.0,
    "s": 1000.0, "sec": 1000.0, "secs": 1000.0, "second": 1000.0, "seconds": 1000.0,
}  # fmt: skip

# Between the letters of a key. Texts from chat programs contain some that are not visible.
_SEPARATORS: Final = str.maketrans(
    "", "", string.punctuation + string.whitespace + "\u200b\u200c\u200d\u2060\ufeff\u00ad"
)

_TRUE: Final = frozenset({"true", "yes", "1", "y"})
_FALSE: Final = frozenset({"false", "no", "0", "n"})


def folded(key: object) -> str:
    """Fold the spellings of *key* into one: `call_sid`, `CallSid`, and `callSID` become `callsid`."""
    return _folded(str(key)[:80])


def folded_text(text: str) -> str:
    """Fold all keys in *text* at once."""
    return text.casefold().translate(_SEPARATORS)


@lru_cache(maxsize=4096)
def _folded(key: str) -> str:
    return "".join(letter for letter in key.casefold() if letter.isalnum())


class FieldMap:
    """The fields of a report, by folded key."""

    def __init__(self, value: object) -> None:
        self._values: dict[str, Any] = {}
        if isinstance(value, Mapping):
            for key, item in value.items():
                self._values.setdefault(folded(key), item)

    def __bool__(self) -> bool:
        return bool(self._values)

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def names(self) -> Iterator[str]:
        """Yield the folded keys."""
        yield from self._values

    def take(self, *names: str) -> Any:
        """Return the first value under any of the folded *names* that is not null."""
        return next((self._values[name] for name in names if self._values.get(name) is not None), None)

    def map(self, *names: str) -> "FieldMap":
        """Return the map under one of *names*, or an empty one."""
        found = (self._values[name] for name in names if isinstance(self._values.get(name), Mapping))
        return FieldMap(next(found, None))

    def list(self, *names: str) -> list[Any]:
        """Return the list under one of *names*. A single map counts as a list of one."""
        for name in names:
            value = self._values.get(name)
            if isinstance(value, list):
                return value
            if isinstance(value, Mapping):
                numbered = all(str(key).isdecimal() for key in value)
                return list(value.values()) if numbered else [value]
        return []

    def text(self, *names: str, longest: int = 300) -> str:
        """Return a short text, or ""."""
        value = self.take(*names)
        return str(value).strip()[:longest] if isinstance(value, str | int | float) else ""

    def number(self, *names: str) -> float | None:
        """Return a finite number."""
        return number(self.take(*names))

    def truth(self, *names: str) -> bool | None:
        """Return a Boolean."""
        return truth(self.take(*names))

    def milliseconds(self, *stems: str) -> tuple[float | None, bool]:
        """Return a duration in ms under one of *stems*, and whether the name or the value had a unit."""
        for stem in stems:
            for name, value in self._values.items():
                text = name.removeprefix(stem).removeprefix("in") if name.startswith(stem) else None
                if value is None or text is None or (text and text not in UNITS):
                    continue
                found, unit = measured(value)
                factor = UNITS.get(text or unit)
                if found is not None:
                    return found * (factor or 1.0), factor is not None
        return None, False


def measured(value: Any) -> tuple[float | None, str]:
    """Return a finite number and the unit after it."""
    if isinstance(value, bool):
        return None, ""
    if isinstance(value, int | float):
        try:
            return (float(value), "") if math.isfinite(value) else (None, "")
        except OverflowError:
            return None, ""
    if isinstance(value, str) and len(value) <= 60 and (match := _NUMBER.match(value)):
        found = float(match[1].replace(",", "."))
        return (found, match[2].casefold()) if math.isfinite(found) else (None, "")
    return None, ""


def number(value: Any) -> float | None:
    """Return a finite number, ignoring the unit after it."""
    return measured(value)[0]


def truth(value: Any) -> bool | None:
    """Parse true, "true", YES, or 1 and their opposites; None for other values."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold() if isinstance(value, str | int) else ""
    return True if word in _TRUE else False if word in _FALSE else None


def moment(value: Any) -> float | None:
    """Parse a point in time to ms since the epoch: s, ms, µs, or ns by size, or an ISO 8601 text."""
    found = number(value)
    if found is not None:
        size = abs(found)
        for limit, factor in ((1e8, 0.0), (1e11, 1e3), (1e14, 1.0), (1e17, 1e-3), (1e20, 1e-6)):
            if size < limit:
                return found * factor if factor else None
        return None
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        when = datetime.fromisoformat(value.strip())
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000
    except (ValueError, OverflowError):
        return None
