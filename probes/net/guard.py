"""Egress guard: set per plan, consulted before every connect, send, and DNS query.

Without one, as in the bot's own process, everything is allowed.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Final, Protocol


class EgressGuard(Protocol):
    """Decides where a plan may connect. Each check raises `failures.EgressDenied` if the target is not allowed."""

    def check_name(self, name: str) -> None:
        """Check *name* before it is looked up."""
        ...

    def grant(self, name: str, addresses: Iterable[str]) -> None:
        """Allow *addresses* after our own lookup of *name* returned them."""
        ...

    def check(self, address: str, port: int, transport: str) -> None:
        """Check before sending to *address* and again once connected; counts one packet."""
        ...

    def check_tunnel(self, host: str, port: int) -> None:
        """Check *host* before a proxy is asked to connect to it."""
        ...


class NoGuard:
    """Allows everything."""

    def check_name(self, name: str) -> None:
        """Allow it."""

    def grant(self, name: str, addresses: Iterable[str]) -> None:
        """Record nothing."""

    def check(self, address: str, port: int, transport: str) -> None:
        """Allow it."""

    def check_tunnel(self, host: str, port: int) -> None:
        """Allow it."""


# A context variable gives each plan its own guard, which all of the plan's tasks inherit.
GUARD: Final[ContextVar[EgressGuard]] = ContextVar("guard", default=NoGuard())  # noqa: B039 - it holds no state
