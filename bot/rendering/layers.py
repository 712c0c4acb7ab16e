"""One sign per layer of the network: reached, failed, or unknown.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.step_results import NOT_ASKED
from bot.rendering.marks import BAD, OK
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Step

UNKNOWN: Final = "?"
LAYERS: Final[Mapping[str, tuple[str, ...]]] = {
    "Internet": ("route", "ip_version", "portal"),
    "DNS": ("dns",),
    "TCP": ("tcp",),
    "TLS": ("tls", "http"),
    "WebSocket": ("websocket",),
    "UDP": ("stun", "nat", "udp_media"),
    "TURN": ("turn",),
    "Quality": ("quality", "mtu"),
    "Edges": ("edges",),
}
NAMELESS: Final = frozenset(failure for failure in Failure if failure.value.startswith("dns_"))
_NARROW: Final = 76  # characters of a line
_OF: Final = {probe: layer for layer, probes in LAYERS.items() for probe in probes}


def layer_of(probe: str) -> str:
    """Return the layer that *probe* tests; "" for one that tests none."""
    return _OF.get(probe, "")


def layer_lines(record: RunRecord) -> Iterator[str]:
    """Yield all tested layers with their signs.

    A failure counts only if a found cause or a risk accounts for it. Another one leaves the layer unknown, and so does
    a check without a result.
    """
    accounted = frozenset(record.diagnosis.accounted)
    tolerated = frozenset(record.diagnosis.tolerated)
    line = ""
    for layer, probes in LAYERS.items():
        looks = [look for look in record.observations.values() if look.probe in probes]
        looks = [look for look in looks if look.failure not in NOT_ASKED]
        if any(
            look.facts.get("beyond_gateway") for look in looks
        ):  # packets leave: a missing name is DNS's fault
            looks = [look for look in looks if look.failure not in NAMELESS]
        sign = f"{_sign(looks, accounted, tolerated)}{layer}" if looks else ""
        if len(line) + len(sign) > _NARROW:
            yield line
            line = ""
        line += f"{'  ' if line and sign else ''}{sign}"
    if line:
        yield line


def _sign(looks: Iterable[Observation], accounted: frozenset[str], tolerated: frozenset[str]) -> str:
    looks = [look for look in looks if look.step not in tolerated]
    failed = [look for look in looks if look.failure is not None]
    if any(look.has_result and look.step in accounted for look in failed):
        return BAD
    return UNKNOWN if failed or not looks else OK


def live_sign(steps: Iterable[Step], observations: Mapping[str, Observation]) -> str:
    """Return the sign of a layer while the checks run: a failure at once, success when all *steps* are done."""
    looks = [observations.get(step.id) for step in steps]
    results = [look for look in looks if look and look.has_result]
    if any(look.failure is not None for look in results):
        return BAD
    return OK if results and None not in looks else UNKNOWN
