"""Load the checks of a plan: the first one at once, the others while the first one waits for answers."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from probes.checks import Probe
from probes.protocol.model import Plan

_HEAD_START: Final = 0.002  # seconds in which the first check sends its first packets
_TURNS: Final = 3  # of the event loop after each load, in which an answer reaches its check


class PlanProbes:
    """The checks of *plan* in *probes*.

    To load them all takes 40 ms, which must not count as time that the network took. Therefore, only the check of the
    first step starts before all are loaded: most plans begin with name lookups, and nobody judges how long they take.
    """

    def __init__(self, plan: Plan, probes: Mapping[str, Probe]) -> None:
        self._probes = probes
        self._names = tuple(dict.fromkeys(step.probe for step in plan.steps))
        self._all_loaded = asyncio.Event()
        self._load(*self._names[:1])

    def __getitem__(self, name: str) -> Probe:
        return self._probes[name]

    async def wait(self, name: str) -> None:
        """Wait until the check *name* may start."""
        if name not in self._names[:1]:
            await self._all_loaded.wait()

    async def load_all(self) -> None:
        """Load the other checks, and read the answers that have come after each."""
        await asyncio.sleep(_HEAD_START)
        for name in self._names[1:]:
            self._load(name)
            for _ in range(_TURNS):
                await asyncio.sleep(0)
        self._all_loaded.set()

    def _load(self, *names: str) -> None:
        for name in names:
            with suppress(Exception):  # raised again where the check is used
                self._probes[name]
