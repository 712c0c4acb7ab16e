"""Take the fields of JSON objects strictly, so that what is wrong is named by its place.

Pure: no network, no clock.
"""

import math
from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar

Json: TypeAlias = dict[str, Any]
T = TypeVar("T")

# Facts are flat, or nearly; what is nested deeper was not made by a probe of ours.
DEEPEST: Final = 12


class WireError(ValueError):
    """What was read is not what it should be; the message names the place."""


class Fields:
    """The fields of one JSON object, each taken once, by name and type."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise WireError(f"{where}: must be an object, not {_kind(value)}")
        self._left: dict[str, Any] = dict(value)
        self._where = where

    def take(self, name: str) -> Any:
        """Take field *name*, whatever it holds."""
        if name not in self._left:
            raise self.error(name, "is missing")
        return self._left.pop(name)

    def end(self) -> None:
        """Refuse what nobody took."""
        if self._left:
            raise self.error(str(min(self._left, key=str)), "is not known")

    def version(self, name: str, known: int) -> None:
        """Take the version of the form, and refuse any but the one that is *known*."""
        value = self.take(name)
        if value != known or isinstance(value, bool):
            raise self.error(name, f"is {str(value)[:20]}, and only {known} is understood here")

    def error(self, name: str, complaint: str) -> WireError:
        """Make the error about field *name*."""
        return WireError(f"{self._where}.{name[:60]!s}: {complaint}")

    def text(self, name: str) -> str:
        """Take a text."""
        value = self.take(name)
        if not isinstance(value, str):
            raise self.error(name, f"must be a text, not {_kind(value)}")
        return value

    def text_or_none(self, name: str) -> str | None:
        """Take a text, or null."""
        if self._left.get(name, "") is None:
            return None if self.take(name) is None else ""
        return self.text(name)

    def number(self, name: str) -> float:
        """Take a finite number that is not negative."""
        value = self.take(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(name, f"must be a number, not {_kind(value)}")
        if not 0 <= value < math.inf:  # NaN is neither
            raise self.error(name, "must be a finite number, 0 or more")
        return value

    def seconds(self, name: str) -> float:
        """Take a length of time that is not nothing."""
        if value := self.number(name):
            return value
        raise self.error(name, "must be more than 0 seconds")

    def port(self, name: str) -> int:
        """Take a port; 0 where the service has none."""
        value = self.number(name)
        if not isinstance(value, int) or value > 65535:
            raise self.error(name, "must be a port, 0 to 65535")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Take a list of texts."""
        value = self.take(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error(name, "must be a list of texts")
        return tuple(value)

    def named_texts(self, name: str) -> dict[str, str]:
        """Take an object that holds texts only."""
        value = self.take(name)
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise self.error(name, "must be an object of texts")
        return dict(value)

    def facts(self, name: str) -> Json:
        """Take an object of JSON values."""
        value = self.take(name)
        if not isinstance(value, dict):
            raise self.error(name, f"must be an object, not {_kind(value)}")
        if not _is_json(value, DEEPEST):
            raise self.error(name, "holds what is not JSON, or nests too deeply")
        return value

    def each(self, name: str, read: Callable[[object, str], T]) -> tuple[T, ...]:
        """Take a list and *read* each of its items."""
        value = self.take(name)
        if not isinstance(value, list):
            raise self.error(name, f"must be a list, not {_kind(value)}")
        return tuple(read(item, f"{self._where}.{name}[{at}]") for at, item in enumerate(value))


def _is_json(value: object, deeper: int) -> bool:
    match value:
        case None | bool() | int() | str():
            return True
        case float():
            return math.isfinite(value)
        case list() if deeper:
            return all(_is_json(item, deeper - 1) for item in value)
        case dict() if deeper:
            return all(isinstance(key, str) and _is_json(item, deeper - 1) for key, item in value.items())
    return False


def _kind(value: object) -> str:
    names: dict[type, str] = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")
