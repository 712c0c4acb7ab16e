"""Load the checks of a plan: the first one at once, the others in a thread, while the first one waits for answers."""

import asyncio
import sys
from collections.abc import Mapping
from contextlib import suppress
from threading import Thread
from typing import Final

from probes.checks import Probe
from probes.protocol.model import Plan

_HEAD_START: Final = 0.002  # seconds in which the first check sends its first packets
# Seconds for which the thread may keep the event loop waiting. With Python's 5 ms, a lookup of 20 ms would count as 25.
_TURN: Final = 0.0005
_USUAL_TURN: Final = sys.getswitchinterval()


class PlanProbes:
    """The checks of *plan* in *probes*.

    To load them all takes 40 ms, which must not count as time that the network took. Therefore, only the check of the
    first step starts before all are loaded: most plans begin with name lookups, and nobody judges how long they take.
    """

    def __init__(self, plan: Plan, probes: Mapping[str, Probe]) -> None:
        self._probes = probes
        self._names = tuple(dict.fromkeys(step.probe for step in plan.steps))
        self._all_loaded = asyncio.Event()
        self._load(self._names[:1])

    def __getitem__(self, name: str) -> Probe:
        return self._probes[name]

    async def wait(self, name: str) -> None:
        """Wait until the check *name* may start."""
        if name not in self._names[:1]:
            await self._all_loaded.wait()

    async def load_all(self) -> None:
        """Load the other checks."""
        await asyncio.sleep(_HEAD_START)
        Thread(target=self._load_others, args=(asyncio.get_running_loop(),)).start()
        await self._all_loaded.wait()

    def _load_others(self, loop: asyncio.AbstractEventLoop) -> None:
        sys.setswitchinterval(_TURN)
        self._load(self._names[1:])
        sys.setswitchinterval(_USUAL_TURN)
        with suppress(RuntimeError):  # the run was cancelled, and its event loop is closed
            loop.call_soon_threadsafe(self._all_loaded.set)

    def _load(self, names: tuple[str, ...]) -> None:
        for name in names:
            with suppress(Exception):  # raised again where the check is used
                self._probes[name]
