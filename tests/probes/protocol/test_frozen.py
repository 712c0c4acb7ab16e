"""Frozen values behave as those of `dataclass(frozen=True, slots=True)`."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from typing import Any

import pytest

from probes.protocol.frozen import frozen


@frozen
class Port:
    """A value made by `frozen`."""

    number: int
    names: tuple[str, ...] = ()
    facts: dict[str, int] = field(default_factory=dict, compare=False)
    secret: str = field(default="", repr=False)

    @property
    def doubled(self) -> int:
        """What is computed."""
        return self.number * 2


@dataclass(frozen=True, slots=True)
class Usual:
    """The same, made by `dataclass`."""

    number: int
    names: tuple[str, ...] = ()
    facts: dict[str, int] = field(default_factory=dict, compare=False)
    secret: str = field(default="", repr=False)


@frozen
class Empty:
    """A value without fields."""


@frozen
class Named:
    """A value that writes itself."""

    name: str

    def __repr__(self) -> str:
        """Write the name."""
        return self.name


ARGUMENTS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((1,), {}),
    ((1, ("a",), {"b": 2}, "s"), {}),
    ((), {"number": 3, "secret": "s"}),
]


@pytest.mark.parametrize(("words", "named"), ARGUMENTS)
def test_a_value_is_made_and_written_as_by_dataclass(words: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Fields, text, parts and defaults are the same."""
    ours, usual = Port(*words, **named), Usual(*words, **named)
    assert asdict(ours) == asdict(usual)
    assert repr(ours) == repr(usual).replace("Usual", "Port")
    assert hash(ours) == hash(usual)
    assert asdict(replace(ours, names=("n",))) == asdict(replace(usual, names=("n",)))
    assert [item.name for item in fields(Port)] == [item.name for item in fields(Usual)]
    assert Port.__match_args__ == Usual.__match_args__


@pytest.mark.parametrize("words", [(), (1, (), {}, "", 5)])
def test_missing_and_additional_words_are_refused(words: tuple[Any, ...]) -> None:
    """The sentence is that of `dataclass`."""
    with pytest.raises(TypeError) as usual:
        Usual(*words)
    with pytest.raises(TypeError) as ours:
        Port(*words)
    assert str(ours.value) == str(usual.value).replace("Usual", "Port")


def test_what_counts_in_comparisons() -> None:
    """Only fields that are compared make two values different; other classes are never equal."""
    assert Port(1, facts={"a": 1}) == Port(1)
    assert Port(1) != Port(2)
    assert Port(1) != Usual(1)
    assert Empty() == Empty()
    assert len({Port(1), Port(1, facts={"a": 1}), Port(2), Empty(), Empty()}) == 3
    with pytest.raises(TypeError, match="unhashable"):
        hash(Port(1, names=[]))  # type: ignore[arg-type]  # a value that cannot be hashed


def test_each_value_has_defaults_of_its_own() -> None:
    """A factory is called for every value."""
    Port(1).facts["a"] = 1
    assert Port(1).facts == {}


def test_nothing_changes_a_value() -> None:
    """Fields are neither set nor deleted, and there are no others."""
    port = Port(1)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'number'"):
        port.number = 2  # type: ignore[misc]  # what is refused here, too
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'number'"):
        del port.number
    with pytest.raises(FrozenInstanceError):
        port.other = 2  # type: ignore[attr-defined]  # what is refused here, too
    assert not hasattr(port, "__dict__")
    assert port.doubled == 2


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda port: pickle.loads(pickle.dumps(port))])
def test_a_value_is_copied(again: Callable[[Port], Port]) -> None:
    """A copy has all fields."""
    assert asdict(again(Port(1, ("a",), {"b": 1}, "s"))) == asdict(Port(1, ("a",), {"b": 1}, "s"))


def test_own_methods_stay() -> None:
    """A class that defines one of the methods keeps it."""
    assert repr(Named("n")) == "n"


def test_a_match_takes_fields_by_position() -> None:
    """`match` works as with any dataclass."""
    match Port(1, ("a",)):
        case Port(number, names):
            assert (number, names) == (1, ("a",))
