"""Messages of hub and relay are read back unchanged, and anything else is refused."""

import json
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.protocol.json_fields import WireError
from probes.protocol.message_codec import read, write
from probes.protocol.messages import BY_HUB, BY_RELAY, LONGEST, ObservationMessage, Ready

SAMPLES: dict[Any, Any] = {
    "str": "text", "int": 3, "float": 1.5, "bool": True, "tuple[str, ...]": ("a", "b"),
    "Mapping[str, str]": {"a": "b"}, "Json": {"a": [1, None, {"b": "c"}]},
}  # fmt: skip


def sample(shape: Any) -> Any:
    kinds = {"plan": "plan-1"}
    found = {}
    for name, kind in get_type_hints(shape).items():
        text = getattr(kind, "__name__", str(kind)) if isinstance(kind, type) else str(kind)
        key = (
            {"tuple": "tuple[str, ...]"}.get(text, text)
            .replace("collections.abc.", "")
            .replace("typing.", "")
        )
        found[name] = kinds.get(name) or SAMPLES["Json" if key.startswith("dict") else key]
    return shape(**found)


@pytest.mark.parametrize(
    ("by", "shape"), [("hub", one) for one in BY_HUB] + [("relay", one) for one in BY_RELAY]
)
def test_every_message_comes_back_the_same(by: str, shape: Any) -> None:
    """One side reads what the other writes, and refuses messages of its own side."""
    message = sample(shape)
    assert read(write(message), by) == message
    other = "relay" if by == "hub" else "hub"
    if shape not in (BY_RELAY if by == "hub" else BY_HUB):
        with pytest.raises(WireError, match="is not a message from a"):
            read(write(message), other)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"v":2,"type":"ping","n":1}', "only 1 is understood"),
        ('{"v":true,"type":"ping","n":1}', "only 1 is understood"),
        ('{"v":1,"type":"ping","n":1,"more":2}', "not known"),
        ('{"v":1,"type":"ping"}', "missing"),
        ('{"v":1,"type":"ping","n":-1}', "0 or more"),
        ('{"v":1,"type":"ping","n":1.5}', "whole number"),
        ('{"v":1,"type":"ping","n":1,"n":2}', "twice"),
        ('{"v":1,"type":"ping","n":NaN}', "NaN"),
        ("[" * 50_000, "not JSON"),
        ('{"v":1,"type":"pong","n":1,"time":1e999}', "message.time: must be a finite number"),
        (
            '{"v":1,"type":"seen","plan":"p","n":1,"observation":{"a":' + "[" * 20 + "]" * 20 + "}}",
            "message.observation: holds what is not JSON, or nests too deeply",
        ),
        ('{"v":1,"type":"leaving","plans":["' + '","'.join("p" * 65) + '"]}', "too long a list"),
        ('{"v":1,"type":"refusal","plan":"' + "p" * 201 + '","signed":""}', "longer than 200"),
        ("x" * (LONGEST["relay"] + 1), "longer than"),
    ],
)
def test_what_is_no_message_is_refused_with_its_place(text: str, complaint: str) -> None:
    """Another version, an extra or missing field, a wrong type, or a too long text: each is named."""
    with pytest.raises(WireError, match=complaint):
        read(text, "relay")


@given(
    st.text() | st.binary() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps)
)
def test_junk_is_never_more_than_refused(junk: str | bytes) -> None:
    """Any junk on the connection raises a WireError."""
    with pytest.raises(WireError):
        read(junk, "hub")


@given(
    st.sampled_from(["seen", "ready", "done", "hello"]),
    st.dictionaries(st.sampled_from(["plan", "n", "key", "ready"]), st.none() | st.integers() | st.text()),
)
def test_half_messages_are_never_more_than_refused(kind: str, body: dict[str, Any]) -> None:
    """Missing fields and fields of another type raise a WireError."""
    with pytest.raises(WireError):
        read(json.dumps({"v": 1, "type": kind, **body}), "relay")


def test_messages_stay_apart_from_their_values() -> None:
    """A message that was read shares no objects with the one that was written."""
    checks = {"clock": ""}
    message = read(write(Ready(True, checks, -2.5, (), {})), "relay")
    checks["clock"] = "changed"
    assert isinstance(message, Ready)
    assert (message.checks, message.offset) == ({"clock": ""}, -2.5)
    assert write(ObservationMessage("p", 1, {})).isascii()


@pytest.mark.parametrize(
    "frame",
    [
        '{"v":1,"type":"ack","plan":"text","n":3}',
        '{"v":1,"type":"cancel","plan":"text"}',
        '{"v":1,"type":"challenge","nonce":"text","time":1.5}',
        '{"v":1,"type":"done","plan":"text","n":3,"outcome":"text","signed":"text"}',
        '{"v":1,"type":"hello","hub":"text","key":"text","sealing":"text","version":"text","probes":["a","b"]}',
        '{"v":1,"type":"leaving","plans":["a","b"]}',
        '{"v":1,"type":"order","envelope":"text"}',
        '{"v":1,"type":"ping","n":3}',
        '{"v":1,"type":"pong","n":3,"time":1.5}',
        '{"v":1,"type":"proof","signature":"text","token":"text"}',
        '{"v":1,"type":"ready","ready":true,"checks":{"a":"b"},"offset":1.5,"plans":["a","b"],"limits":{"a":"b"}}',
        '{"v":1,"type":"refusal","plan":"text","signed":"text"}',
        '{"v":1,"type":"rejection","reason":"text","sentence":"text","retry":1.5}',
        '{"v":1,"type":"seen","plan":"text","n":3,"observation":{"a":"b"}}',
        '{"v":1,"type":"welcome","name":"text","vantage":"text","time":1.5,"beat":1.5}',
    ],
)
def test_frames_are_spelled_as_before(frame: str) -> None:
    """A frame of the first release is read, and written again with the same bytes."""
    kind = json.loads(frame)["type"]
    by = "hub" if kind in {shape.__struct_config__.tag for shape in BY_HUB} else "relay"
    assert write(read(frame, by)) == frame
