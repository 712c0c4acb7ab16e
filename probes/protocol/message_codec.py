"""Write hub-relay messages as the text of frames, and read them back.

Pure: no network, no clock. Reading is strict; a text that is too long is refused before it is parsed.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import to_builtins

from probes.protocol import json_codec
from probes.protocol.json_fields import WireError, check_facts, read_json, take_version
from probes.protocol.messages import BY_HUB, BY_RELAY, LONGEST, VERSION, ObservationMessage, RelayMessage


def write(message: RelayMessage) -> str:
    """Write *message* as the text of one frame."""
    return json_codec.dump({"v": VERSION, **to_builtins(message)})


def read(text: str | bytes, by: str) -> RelayMessage:
    """Read a frame sent *by* "hub" or "relay"; raise `WireError` when it is too long or not a message of that side."""
    if len(text) > LONGEST[by]:
        raise WireError(f"a frame of {len(text)} is longer than {LONGEST[by]}")
    _, body = take_version(json_codec.load(text), "v", (VERSION,), "message")
    kind = body.get("type", "")
    shape = _SHAPES[by].get(kind) if isinstance(kind, str) else None
    if shape is None:
        raise WireError(f"message.type: “{str(kind)[:40]}” is not a message from a {by}")
    message = read_json(body, shape, "message")
    if isinstance(message, ObservationMessage):
        check_facts(message.observation, "message.observation")
    return message


_SHAPES: Final[Mapping[str, Mapping[object, type[RelayMessage]]]] = {
    by: {shape.__struct_config__.tag: shape for shape in shapes}
    for by, shapes in (("hub", BY_HUB), ("relay", BY_RELAY))
}
