"""Messages of the channel as the text of frames, and back.

Pure: no network, no clock. Reading is strict, and ends before JSON does when a text is too long.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final

from probes.protocol import json_codec
from probes.protocol.json_fields import Fields, Json, WireError
from probes.protocol.messages import BY_HUB, BY_RELAY, LONGEST, VERSION, RelayMessage, wire_name

# Characters of a name, a word, a key, a signature; and of a sentence for people.
_SHORT: Final = 200
_SENTENCE: Final = 1_000
_MANY: Final = 64  # entries of a list


def write(message: RelayMessage) -> str:
    """Write *message* as one frame's text."""
    body: Json = {name: _plain(getattr(message, name)) for name in _NAMES[type(message)]}
    return json_codec.dump({"v": VERSION, "type": wire_name(type(message)), **body})


def read(text: str | bytes, by: str) -> RelayMessage:
    """Read a frame said *by* "hub" or "relay"; `WireError` when it is too long or none that this side may say."""
    if len(text) > LONGEST[by]:
        raise WireError(f"a frame of {len(text)} is longer than {LONGEST[by]}")
    taken = Fields(json_codec.load(text), "message")
    taken.version("v", VERSION)
    kind = taken.text("type")
    shape = _SHAPES[by].get(kind)
    if shape is None:
        raise taken.error("type", f"“{kind[:40]}” is nothing that a {by} says")
    message: RelayMessage = shape(
        **{name: _READ[shape.__annotations__[name]](taken, name) for name in _NAMES[shape]}
    )
    taken.end()
    return message


def _short(taken: Fields, name: str) -> str:
    return _text(
        taken, name, {"signed": 4_000, "envelope": LONGEST["hub"], "sentence": _SENTENCE}.get(name, _SHORT)
    )


def _text(taken: Fields, name: str, most: int) -> str:
    text = taken.text(name)
    if len(text) > most:
        raise taken.error(name, f"is longer than {most}")
    return text


def _count(taken: Fields, name: str) -> int:
    value = taken.number(name)
    if not isinstance(value, int) or value >= 2**53:
        raise taken.error(name, "must be a whole number")
    return value


def _seconds(taken: Fields, name: str) -> float:
    if name != "offset":
        return float(taken.number(name))
    value = taken.take(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise taken.error(name, "must be a number of seconds")
    return float(value)


def _flag(taken: Fields, name: str) -> bool:
    value = taken.take(name)
    if not isinstance(value, bool):
        raise taken.error(name, "must be true or false")
    return value


def _texts(taken: Fields, name: str) -> tuple[str, ...]:
    texts = taken.texts(name)
    if len(texts) > _MANY or any(len(text) > _SHORT for text in texts):
        raise taken.error(name, "is too long a list")
    return texts


def _named(taken: Fields, name: str) -> dict[str, str]:
    named = taken.named_texts(name)
    if len(named) > _MANY or any(len(key) > _SHORT or len(item) > _SENTENCE for key, item in named.items()):
        raise taken.error(name, "is too long")
    return named


def _object(taken: Fields, name: str) -> Json:
    return taken.facts(name)


_READ: Final[Mapping[Any, Callable[[Fields, str], Any]]] = {
    str: _short, int: _count, float: _seconds, bool: _flag,
    tuple[str, ...]: _texts, Mapping[str, str]: _named, Json: _object,
}  # fmt: skip

_SHAPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "hub": {wire_name(shape): shape for shape in BY_HUB},
    "relay": {wire_name(shape): shape for shape in BY_RELAY},
}


_NAMES: Final[Mapping[Any, tuple[str, ...]]] = {
    shape: tuple(field.name for field in fields(shape)) for shape in (*BY_HUB, *BY_RELAY)
}


def _plain(value: Any) -> Any:
    match value:
        case tuple():
            return list(value)
        case Mapping():
            return dict(value)
    return value
