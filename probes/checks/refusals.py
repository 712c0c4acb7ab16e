"""Find out whether a device on the path refused a connection: sooner than the edge itself could have answered.

How far an edge is, its TURN server tells, which is in the same place.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from probes.checks.attempts import Flow, open_tcp
from probes.checks.context import ProbeContext
from probes.checks.targets import usable
from probes.protocol.failures import EgressDenied
from probes.protocol.frozen import frozen

_MOST: Final = 3  # edges to compare
_TRIES: Final = 2  # connections to each TURN server: the faster one counts
_PATIENCE: Final = 1.0  # seconds for all of them
# A refusal is early if it took less than this part of the round trip, and was this much sooner. What this process adds
# by being busy makes a refusal later: the kernel measures the round trip.
_EARLY: Final = 0.5
_SOONER_MS: Final = 10.0


@frozen
class EdgeRefusal:
    """One edge that refused, and the shortest round trip to its TURN server."""

    edge: str
    refused_ms: float
    turn_ms: float

    @property
    def is_early(self) -> bool:
        """Whether the edge itself could not have answered by then."""
        return self.refused_ms < self.turn_ms * _EARLY and self.turn_ms - self.refused_ms >= _SOONER_MS

    @property
    def is_near(self) -> bool:
        """Whether the edge is too near to tell."""
        return self.turn_ms < 2 * _SOONER_MS


async def find_early(
    refused: Mapping[str, float], servers: Mapping[str, Mapping[str, Any]], context: ProbeContext
) -> EdgeRefusal | None:
    """The earliest refusal that came from the path; None if none did. *refused* has milliseconds by edge."""
    compared = [edge for edge in refused if edge in servers][:_MOST]
    found: list[EdgeRefusal] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE), asyncio.TaskGroup() as group:
            for edge in compared:
                group.create_task(_compare(edge, refused[edge], servers[edge], found, context))
    return judge(found)


async def _compare(
    edge: str, refused_ms: float, server: Mapping[str, Any], found: list[EdgeRefusal], context: ProbeContext
) -> None:
    """Measure the round trip to the TURN *server* of *edge*; one that does not answer tells nothing."""
    with suppress(OSError, EgressDenied):
        known = await context.shared.resolver.addresses(str(server["host"]))
        flow = Flow("tcp", _first(await usable(*known, context)), int(server["port"]))
        times = [await open_tcp(flow, context) for _ in range(_TRIES)]
        found.append(EdgeRefusal(edge, refused_ms, min(times)))


def _first(addresses: Iterable[Sequence[str]]) -> str:
    return next(address for family in addresses for address in family)


def judge(refusals: Sequence[EdgeRefusal]) -> EdgeRefusal | None:
    """The earliest of *refusals* if it came from the path, and no other edge answered for itself."""
    early = [refusal for refusal in refusals if refusal.is_early]
    if not early or not all(refusal.is_early or refusal.is_near for refusal in refusals):
        return None
    return max(early, key=lambda refusal: refusal.turn_ms - refusal.refused_ms)
