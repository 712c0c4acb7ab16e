"""Where a test starts a server: on this host, or inside a network namespace that stands for another machine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Machine:
    """The address of a machine, and how to run something there."""

    host: str
    command: Callable[[Sequence[str]], list[str]]  # makes the command line that runs another one there
    inside: Callable[[Callable[[], Any]], Any]  # calls a function; sockets that it opens stay there


def _here(function: Callable[[], Any]) -> Any:
    return function()


LOOPBACK: Final = Machine("127.0.0.1", list, _here)
