"""Read the statistics of one peer connection in a dump of chrome://webrtc-internals.

Pure. Each member has the values of one metric over time, as text. Times are in seconds there.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.intake.parsing.hosts import ToolFacts
from bot.intake.parsing.json_stream import members
from bot.intake.parsing.metrics import counts_of

_MOST: Final = 200_000  # members
# The best source of each metric first. What the other side received says nothing about what reached the device.
_SOURCES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "rtt": (("remote-inbound-rtp", "roundTripTime"), ("candidate-pair", "currentRoundTripTime")),
    "jitter": (("inbound-rtp", "jitter"),),
    "lost": (("inbound-rtp", "packetsLost"),),
    "received": (("inbound-rtp", "packetsReceived"),),
}
_WANTED: Final = frozenset(source for sources in _SOURCES.values() for source in sources)


def measured(source: bytes, at: int) -> ToolFacts:
    """Return the mean round trip and jitter in ms, and the packets, of the statistics that begin at *at*."""
    found: dict[tuple[str, str], list[float]] = {}
    for (name, value), _ in zip(members(source, at), range(_MOST), strict=False):
        key = (
            (str(value.get("statsType", "")), name.rpartition("-")[2]) if isinstance(value, Mapping) else None
        )
        if key in _WANTED and (values := _numbers(value.get("values"))):
            found.setdefault(key, values)
    series = {
        metric: next((found[source] for source in sources if source in found), [])
        for metric, sources in _SOURCES.items()
    }
    facts: ToolFacts = {f"{name}_ms": _mean_ms(series[name]) for name in ("rtt", "jitter") if series[name]}
    lost, received = (series[name][-1] if series[name] else None for name in ("lost", "received"))
    counts = counts_of(lost, received)
    if counts:
        facts |= {
            "packets": counts[0],
            "lost": counts[1],
            "loss_percent": round(100 * counts[1] / counts[0], 3),
        }
    return facts


def _numbers(text: Any) -> list[float]:
    """Parse the values of a metric; empty if they are not numbers."""
    try:
        values = json.loads(text) if isinstance(text, str) else []
    except (ValueError, RecursionError):
        return []
    is_list = isinstance(values, list)
    return [value for value in values if type(value) in (int, float) and 0 <= value < 1e12] if is_list else []


def _mean_ms(seconds: Sequence[float]) -> float:
    return round(1000 * sum(seconds) / len(seconds), 1)
