"""`@frozen`: a dataclass that is frozen and has slots, made in a third of the time of `dataclass` itself.

`dataclass` compiles six methods for each class, at 0.5 ms, and a start makes a hundred classes. Here, only `__init__`
is compiled, and the others are shared. `fields`, `replace`, `asdict` and `match` work as with any dataclass.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, Final, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Make *cls* a dataclass with slots whose objects never change. There is no `__post_init__`."""
    made = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    equal, make_hash = _comparisons_of(made)
    own = {"__init__": _init_of(made), "__eq__": equal, "__hash__": make_hash}
    for name, method in (_SHARED | own).items():
        if name not in cls.__dict__:
            setattr(made, name, method)
    return made


def _init_of(cls: Any) -> Callable[..., None]:
    """Compile `__init__`, which sets each field by its slot, as `__setattr__` refuses to."""
    known: dict[str, object] = {"MISSING": MISSING}
    words, lines = ["self"], []
    for item in fields(cls):
        name = item.name
        known[f"set_{name}"] = getattr(cls, name).__set__
        known[f"default_{name}"] = item.default if item.default_factory is MISSING else item.default_factory
        given, word = name, f"{name}=default_{name}"
        if item.default_factory is not MISSING:
            given, word = f"default_{name}() if {name} is MISSING else {name}", f"{name}=MISSING"
        elif item.default is MISSING:
            word = name
        words.append(word)
        lines.append(f" set_{name}(self, {given})")
    exec(f"def __init__({', '.join(words)}):\n" + "\n".join(lines or [" pass"]), known)  # noqa: S102 - our own names
    init: Callable[..., None] = known["__init__"]  # type: ignore[assignment]  # what was just compiled
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _comparisons_of(cls: Any) -> tuple[Callable[[object, object], bool], Callable[[object], int]]:
    """Return `__eq__` and `__hash__` over the fields that count when two objects are compared."""
    names = [item.name for item in fields(cls) if item.compare]
    values: Callable[[object], object] = attrgetter(*names) if names else lambda _: ()

    def equal(self: object, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def make_hash(self: object) -> int:
        return hash(values(self))

    return equal, make_hash


def _represent(self: Any) -> str:
    shown = (f"{item.name}={getattr(self, item.name)!r}" for item in _fields(self) if item.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _set(self: object, name: str, _: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: object) -> list[object]:
    return [getattr(self, item.name) for item in _fields(self)]


def _restore(self: object, state: list[object]) -> None:
    for item, content in zip(_fields(self), state, strict=True):
        object.__setattr__(self, item.name, content)


def _fields(self: Any) -> tuple[Field[Any], ...]:
    return fields(self)


_SHARED: Final[dict[str, Callable[..., object]]] = {
    "__repr__": _represent,
    "__setattr__": _set,
    "__delattr__": _delete,
    "__getstate__": _state,
    "__setstate__": _restore,
}
