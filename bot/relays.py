"""Where probes run from: what every relay offers, and the one built into this process."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from probes.model import USER_NETWORK, Observation, Plan

LOCAL: Final = "local"


class Relay(Protocol):
    """A vantage point."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def vantage(self) -> str:
        """Where it stands: one of `probes.model.VANTAGES`."""
        ...

    def run(self, plan: Plan) -> AbstractAsyncContextManager[AsyncIterator[Observation]]:
        """Start *plan*; the iterator gives observations as they come, leaving the block cancels the rest."""
        ...


@dataclass(frozen=True, slots=True)
class LocalRelay:
    """This very host: it speaks for the user's network when it stands in it."""

    vantage: str = USER_NETWORK
    name: str = LOCAL

    def run(self, plan: Plan) -> AbstractAsyncContextManager[AsyncIterator[Observation]]:
        """Run *plan* in this process."""
        from probes.run import run_plan  # the probes take longer to import than anything before them

        return run_plan(plan)
