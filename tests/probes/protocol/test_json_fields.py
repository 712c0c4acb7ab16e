"""Errors in JSON name their place, in our words rather than the library's."""

from dataclasses import dataclass
from enum import StrEnum
from types import GenericAlias
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from probes.protocol.json_fields import Amount, Count, Duration, JsonForm, Port, WireError, take_version


class Word(StrEnum):
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Inner:
    name: str = ""
    word: Word | None = None


@dataclass(frozen=True, slots=True)
class Outer:
    steps: tuple[Inner, ...]
    texts: dict[str, str]
    some: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=3)], ...], Meta(max_length=2)] = ()
    flag: bool = False
    port: int = 0
    count: int = 0
    amount: float = 0.0
    duration: float = 1.0


INNER = JsonForm(Inner, {"name": "called"})
OUTER = JsonForm(
    Outer,
    steps=GenericAlias(tuple, (INNER.struct, ...)),
    port=Port,
    count=Count,
    amount=Amount,
    duration=Duration,
)
RIGHT: dict[str, Any] = {
    "steps": [{"called": "a", "word": None}, {"called": "b", "word": "right"}], "texts": {"a": "b"},
    "some": ["abc"], "flag": True, "port": 443, "count": 2, "amount": 1, "duration": 0.5,
}  # fmt: skip


def complaint(value: object) -> str:
    with pytest.raises(WireError) as caught:
        OUTER.read(value, "file")
    return str(caught.value)


def test_all_fields_make_the_value() -> None:
    """The dataclass and those inside it are made from the JSON names."""
    inner = (Inner("a"), Inner("b", Word.RIGHT))
    assert OUTER.read(RIGHT, "file") == Outer(inner, {"a": "b"}, ("abc",), True, 443, 2, 1.0, 0.5)


@pytest.mark.parametrize("name", list(RIGHT))
def test_every_field_must_be_there(name: str) -> None:
    """Fields with a default are required too: a message of another version is never half understood."""
    assert (
        complaint({key: value for key, value in RIGHT.items() if key != name}) == f"file.{name}: is missing"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"more": 1}, "file.more: is not known"),
        ({"x" * 500: 1}, f"file.{'x' * 60}: is not known"),
        ({"steps": [RIGHT["steps"][0], {"called": 1}]}, "file.steps[1].called: must be a text, not a number"),
        ({"steps": [{"called": ""}]}, "file.steps[0].word: is missing"),
        ({"steps": [{"called": "", "word": None, "name": ""}]}, "file.steps[0].name: is not known"),
        (
            {"steps": [{"called": "", "word": "wrong" * 9}]},
            f"file.steps[0].word: “{'wrong' * 8}” is not a failure word known here",
        ),
        ({"steps": [{"called": "", "word": 1}]}, "file.steps[0].word: must be a text, not a number"),
        ({"steps": {}}, "file.steps: must be a list, not an object"),
        ({"steps": [None]}, "file.steps[0]: must be an object, not null"),
        ({"texts": {"a": []}}, "file.texts[…]: must be a text, not a list"),
        ({"texts": {1: "a"}}, "file.texts (a name in it): must be a text, not a number"),
        ({"some": ["a", "b", "c"]}, "file.some: is too long a list: more than 2"),
        ({"some": ["abcd"]}, "file.some[0]: is longer than 3"),
        ({"some": [""]}, "file.some[0]: is shorter than 1"),
        ({"flag": 1}, "file.flag: must be true or false, not a number"),
        ({"port": 65536}, "file.port: must be a port, 0 to 65535"),
        ({"port": -1}, "file.port: must be 0 or more"),
        ({"port": 1.5}, "file.port: must be a whole number"),
        ({"count": True}, "file.count: must be a number, not true or false"),
        ({"count": 2**53}, "file.count: must be at most 9007199254740991"),
        ({"amount": -0.5}, "file.amount: must be a finite number, 0 or more"),
        ({"amount": float("nan")}, "file.amount: must be a finite number, 0 or more"),
        ({"amount": float("inf")}, "file.amount: must be a finite number"),
        ({"amount": 10**400}, "file.amount: must be a finite number"),
        ({"duration": 0}, "file.duration: must be more than 0"),
        ({"\ud800": 1}, "file: a name is not Unicode"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_place(change: dict[Any, Any], said: str) -> None:
    """Each kind of mistake has its own sentence, which starts with the place."""
    assert complaint(RIGHT | change) == said


def test_text_from_outside_cannot_pretend_to_be_a_place() -> None:
    """A field name that looks like the end of an error message is treated as a name."""
    assert complaint(RIGHT | {"a - at `$.port`": 1}).startswith("file.a - at `$.port")


@pytest.mark.parametrize("version", [0, 2, True, "1", None, 1.5])
def test_other_versions_are_refused(version: object) -> None:
    """Only a known version is accepted, and the other fields are returned."""
    assert take_version({"v": 1, "a": 2}, "v", (1,), "file") == (1, {"a": 2})
    with pytest.raises(WireError, match=r"^file\.v: is .*, and only 1 is understood here$"):
        take_version({"v": version}, "v", (1,), "file")
    with pytest.raises(WireError, match=r"^file\.v: is missing$"):
        take_version({}, "v", (1,), "file")
    with pytest.raises(WireError, match=r"^file: must be an object, not a list$"):
        take_version([], "v", (1,), "file")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.text(st.characters()) | st.sampled_from(list(RIGHT)), inner)
        ),
    )
)
def test_junk_is_never_more_than_refused(value: object) -> None:
    """Any input, including invalid Unicode and unbounded numbers, is read or raises a WireError."""
    assert complaint(value).startswith("file")
    if isinstance(value, dict):
        complaint(RIGHT | {"junk": value})
        for name in RIGHT.keys() & value:
            try:
                OUTER.read(RIGHT | {name: value[name]}, "file")
            except WireError as error:
                assert str(error).startswith(f"file.{name}")  # noqa: PT017 - what is right is read
