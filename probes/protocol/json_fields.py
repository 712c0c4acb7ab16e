"""Read JSON values strictly, by type: a missing, unknown, or wrong field is a `WireError` that names its place.

msgspec checks the types. Only this file calls it to read, and translates its errors into sentences.
Pure: no network, no clock.
"""

import math
import re
import sys
from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, Final, Generic, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

Json: TypeAlias = dict[str, Any]
T = TypeVar("T")

# Types that several forms share. 1e999 is a number in JSON and infinite in Python: hence the upper bound.
Amount: TypeAlias = Annotated[float, Meta(ge=0, le=sys.float_info.max)]
Duration: TypeAlias = Annotated[float, Meta(gt=0, le=sys.float_info.max)]  # seconds
Port: TypeAlias = Annotated[int, Meta(ge=0, le=65535)]  # 0 where the service has none
Count: TypeAlias = Annotated[int, Meta(ge=0, lt=2**53)]

# Facts are almost flat; no check of ours nests deeper.
DEEPEST: Final = 12


class WireError(ValueError):
    """The input is not valid; the message names the place."""


class JsonForm(Generic[T]):
    """The JSON form of a dataclass: all of its fields, and no others.

    msgspec reads dataclasses as well, but only a Struct refuses unknown fields and requires those with a default.
    """

    def __init__(self, shape: type[T], renamed: Mapping[str, str] | None = None, **narrower: Any) -> None:
        """Make the form of *shape*: *renamed* maps field names to JSON names; *narrower* gives stricter field types."""
        kinds = {field.name: field.type for field in fields(shape)} | narrower  # type: ignore[arg-type]  # a dataclass
        self.struct = msgspec.defstruct(
            shape.__name__, list(kinds.items()), forbid_unknown_fields=True, rename=renamed
        )
        self._shape = shape

    def read(self, value: object, where: str) -> T:
        """Read *value*; raise `WireError`, which names the place below *where*."""
        return msgspec.convert(read_json(value, self.struct, where), self._shape, from_attributes=True)


def read_json(value: object, shape: type[T], where: str) -> T:
    """Read *value* as *shape*, a type that msgspec knows; raise `WireError`, which names the place below *where*."""
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        raise WireError(_in_words(str(error), where)) from None
    except UnicodeEncodeError:  # half of a surrogate pair in the name of a field
        raise WireError(f"{where}: a name is not Unicode") from None


def take_version(value: object, name: str, known: tuple[int, ...], where: str) -> tuple[int, Json]:
    """Return an object's version and its other fields; raise `WireError` unless the version is one of *known*."""
    left = dict(read_json(value, Json, where))
    if name not in left:
        raise WireError(f"{where}.{name}: is missing")
    version = left.pop(name)
    if isinstance(version, bool) or version not in known:
        understood = " and ".join(map(str, known))
        raise WireError(
            f"{where}.{name}: is {str(version)[:20]}, and only {understood} {'is' if len(known) == 1 else 'are'} "
            "understood here"
        )
    return version, left


def check_facts(value: object, where: str) -> None:
    """Raise `WireError` unless *value* is JSON that nests no deeper than facts do."""
    if not _is_json(value, DEEPEST):
        raise WireError(f"{where}: holds what is not JSON, or nests too deeply")


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


_KINDS: Final[Mapping[str, str]] = {
    "object": "an object", "array": "a list", "str": "a text", "bool": "true or false", "null": "null",
}  # fmt: skip

# The messages of msgspec 0.22, and ours. A message that is not listed is passed on as it is.
_SENTENCES: Final = tuple(
    (re.compile(pattern, re.DOTALL), sentence)
    for pattern, sentence in (
        (r"Object missing required field `(.{1,60}).*`", ".{0}: is missing"),
        (r"Object contains unknown field `(.{0,60}).*`", ".{0}: is not known"),
        (r"Expected `int`, got `float`", ": must be a whole number"),
        (r"Expected `(\w+)[^`]*`, got `(\w+)`", ": must be {kinds[0]}, not {kinds[1]}"),
        # The one enum that travels is `Failure`.
        (r"Invalid enum value '(.{0,40}).*'", ": “{0}” is not a failure word known here"),
        (r"Invalid value '(.{0,40}).*'", ": “{0}” is not known here"),
        (r"Expected `str` of length <= (\d+)", ": is longer than {0}"),
        (r"Expected `str` of length >= (\d+)", ": is shorter than {0}"),
        (r"Expected `\w+` of length <= (\d+)", ": is too long a list: more than {0}"),
        (r"Expected `\w+` <= 1\.797\d+e\+308|Number out of range.*", ": must be a finite number"),
        (r"Expected `int` >= (\d+)", ": must be {0} or more"),
        (r"Expected `int` <= 65535", ": must be a port, 0 to 65535"),
        (r"Expected `float` >= ([\d.]+?)(?:\.0)?", ": must be a finite number, {0} or more"),
        (r"Expected `\w+` > ([\d.]+?)(?:\.0)?", ": must be more than {0}"),
        (r"Expected `\w+` <= ([\d.]+)", ": must be at most {0}"),
    )
)


# The place at the end of such a message, as in “ - at `$.steps[3].budget`”, or “ - at `key` in `$.facts`”.
_PLACE: Final = re.compile(r"(.*) - at `(key` in `)?\$([^`]*)`", re.DOTALL)


def _in_words(error: str, where: str) -> str:
    """Translate an error message of msgspec."""
    complaint, key, path = match.groups() if (match := _PLACE.fullmatch(error)) else (error, None, "")
    place = where + path[:200].replace("[...]", "[…]") + (" (a name in it)" if key else "")
    for pattern, sentence in _SENTENCES:
        if match := pattern.fullmatch(complaint):
            found = match.groups("")
            return place + sentence.format(*found, kinds=[_KINDS.get(word, "a number") for word in found])
    return f"{place}: {complaint[:200]}"
