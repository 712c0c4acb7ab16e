"""The relay's fence, as the door to the network sees it: whoever runs a plan puts one up, and every socket asks it.

Without one, as in the bot's own process, everything passes.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Final, Protocol


class EgressGuard(Protocol):
    """What may be touched. Each raises `failures.Fenced` where not."""

    def check_name(self, name: str) -> None:
        """Before *name* is asked for."""
        ...

    def grant(self, name: str, addresses: Iterable[str]) -> None:
        """When *name* was found, by ourselves, to have *addresses*."""
        ...

    def check(self, address: str, port: int, transport: str) -> None:
        """Before anything goes to *address*, and once more when it is connected; counts one packet."""
        ...

    def check_tunnel(self, host: str, port: int) -> None:
        """Before a proxy is asked to connect to *host*."""
        ...


class NoGuard:
    """No fence."""

    def check_name(self, name: str) -> None:
        """Let it pass."""

    def grant(self, name: str, addresses: Iterable[str]) -> None:
        """Nothing to remember."""

    def check(self, address: str, port: int, transport: str) -> None:
        """Let it pass."""

    def check_tunnel(self, host: str, port: int) -> None:
        """Let it pass."""


# A context variable, so that each plan has its own and every task of it inherits that.
GUARD: Final[ContextVar[EgressGuard]] = ContextVar("guard", default=NoGuard())  # noqa: B039 - it holds no state
