"""Whether roaming leads a browser to a distant edge, by the time that WebSockets take to open.

Pure: no network, no clock. A browser does not show which edge a name leads to.
"""

from collections.abc import Mapping
from math import comb
from typing import Any, Final

from bot.check_link.browser_checks import BrowserChecks
from bot.check_link.result_schema import BrowserObservation

# TCP, TLS 1.2, and the upgrade; with TLS 1.3, one less. So a round trip is never taken for longer than it is.
ROUND_TRIPS: Final = 4
# How rarely every time to one edge may be longer than every time to the other by chance, as for relays.
CHANCE: Final = 1 / 250
_NEAR_MS: Final = 120.0  # as on the page: an edge that opens sooner is not 30 ms farther than another


def roaming_facts(checks: BrowserChecks) -> Mapping[str, Any]:
    """Return how much farther the edge of roaming is than the nearest one; empty where that is not known."""
    found = {target.edge: checks.of("websocket", target) for target in checks.targets.signaling}
    opened = {
        edge: item for edge, item in found.items() if item and item.failure is None and item.facts.opened_ms
    }
    here = opened.pop(checks.network.roaming, None)
    if here is None or not opened:
        return {}
    if (here.facts.opened_ms or 0) <= _NEAR_MS:
        return {"roaming_open": True}
    timed = {edge: min(item.facts.opened_again) for edge, item in opened.items() if item.facts.opened_again}
    if not timed or not here.facts.opened_again:
        return {}
    nearest = min(timed, key=lambda edge: timed[edge])
    return {"roaming_open": True, **_distance(here, opened[nearest], nearest)}


def _distance(here: BrowserObservation, other: BrowserObservation, nearest: str) -> Mapping[str, Any]:
    slow, quick = here.facts.opened_again, other.facts.opened_again
    if min(slow) <= max(quick) or 1 / comb(len(slow) + len(quick), len(slow)) > CHANCE:
        return {"extra_ms": 0.0, "extra_ratio": 1.0}  # chance explains the difference
    there, away = min(slow) / ROUND_TRIPS, max(min(quick), 0.01) / ROUND_TRIPS
    return {
        "nearest_edge": nearest,
        "nearest_ms": round(away, 1),
        "roaming_ms": round(there, 1),
        "extra_ms": round(there - away, 1),
        "extra_ratio": round(there / away, 2),
    }
