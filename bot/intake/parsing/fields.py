"""Take values out of a map whatever its keys are spelled like: camelCase, snake_case, PascalCase, with a prefix.

Pure. Numbers may be texts, with a unit behind them; nothing here raises on any value.
"""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

_NUMBER: Final = re.compile(
    r"\s*([+-]?(?:\d{1,18}(?:[.,]\d{0,12})?|\.\d{1,12})(?:e[+-]?\d{1,3})?)\s*([a-zµμ%]{0,12})\s*\Z",
    re.IGNORECASE,
)

# What one of the unit is in milliseconds.
UNITS: Final[Mapping[str, float]] = {
    "ns": 1e-6, "nanoseconds": 1e-6, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "microseconds": 1e-3,
    "ms": 1.0, "msec": 1.0, "millis": 1.0, "milliseconds": 1.0, "millisecond": 1.0,
    "s": 1000.0, "sec": 1000.0, "secs": 1000.0, "second": 1000.0, "seconds": 1000.0,
}  # fmt: skip

_TRUE: Final = frozenset({"true", "yes", "1", "y"})
_FALSE: Final = frozenset({"false", "no", "0", "n"})


def folded(key: object) -> str:
    """Fold the ways to spell *key* into one: `call_sid`, `CallSid` and `callSID` are `callsid`."""
    return _folded(str(key)[:80])


@lru_cache(maxsize=4096)
def _folded(key: str) -> str:
    return "".join(letter for letter in key.casefold() if letter.isalnum())


class FieldMap:
    """A map of a report, by folded keys."""

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
        """Give the first value that is there and not null, under any of the folded *names*."""
        return next((self._values[name] for name in names if self._values.get(name) is not None), None)

    def map(self, *names: str) -> "FieldMap":
        """Give the map under one of *names*, an empty one where there is none."""
        found = (self._values[name] for name in names if isinstance(self._values.get(name), Mapping))
        return FieldMap(next(found, None))

    def list(self, *names: str) -> list[Any]:
        """Give the list under one of *names*; a single map counts as a list of one."""
        for name in names:
            value = self._values.get(name)
            if isinstance(value, list):
                return value
            if isinstance(value, Mapping):
                numbered = all(str(key).isdecimal() for key in value)
                return list(value.values()) if numbered else [value]
        return []

    def text(self, *names: str, longest: int = 300) -> str:
        """Give a short text, empty where there is none."""
        value = self.take(*names)
        return str(value).strip()[:longest] if isinstance(value, str | int | float) else ""

    def number(self, *names: str) -> float | None:
        """Give a finite number."""
        return number(self.take(*names))

    def truth(self, *names: str) -> bool | None:
        """Give a yes or no."""
        return truth(self.take(*names))

    def milliseconds(self, *stems: str) -> tuple[float | None, bool]:
        """Give a duration in ms under one of *stems*, a unit behind name or number, and whether there was a unit."""
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
    """Give a finite number and the unit that stands behind it."""
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
    """Give a finite number, whatever unit stands behind it."""
    return measured(value)[0]


def truth(value: Any) -> bool | None:
    """Give what is meant by true, "true", YES or 1; None for anything else."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold() if isinstance(value, str | int) else ""
    return True if word in _TRUE else False if word in _FALSE else None


def moment(value: Any) -> float | None:
    """Give a point in time in ms since the epoch: seconds, ms, µs or ns by size, or an ISO 8601 text."""
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
