"""Measure the line with small STUN packets: loss, round trip, jitter, and the MOS that follows from them.

50 packets in less than half a second; more if one is lost, or if the jitter is above the limit of the network file.
"""

import socket
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean, median
from typing import Any, Final

from probes.checks.context import ProbeContext
from probes.checks.targets import address_of
from probes.net.emodel import estimate_mos
from probes.net.loss import lower_bound, upper_bound
from probes.net.sockets import open_udp
from probes.net.stun_echo import EchoTrain, open_train
from probes.protocol.failures import Failure
from probes.protocol.model import Step

# Packets and seconds between two of them. The first part is all that a good line gets.
_FIRST: Final = (50, 0.008)
_MORE: Final = (150, 0.007)  # one was lost, or the jitter is too high: 200 packets within 2 s
_LAST: Final = (150, 0.006)  # more than the limit was lost, but it may be chance
# A limit for jitter is exceeded only if many round trips differ by more, not if a few packets were late.
_UNEVEN: Final = 0.1  # share of the differences
_INTERVAL: Final = 0.975  # on each side: a 95 % interval


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Facts: sent, lost, loss_percent and its 95 % interval, loss_is, rtt_ms, rtt_min_ms, jitter_ms, mos, exceeded_*.

    Without any answer nothing is measured: STUN may be blocked.
    """
    server = (await address_of(step, context), step.target.port)
    family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
    limits = step.params.get("limits", {})
    try:
        sock = open_udp(server, family=family)
    except OSError:  # no route to the server
        return Failure.INCONCLUSIVE
    with sock:
        async with open_train(sock, context.loss) as train:
            for count, spacing in (_FIRST, _MORE, _LAST):
                await train.send(count, spacing)
                await train.settle()
                if not train.answered:
                    return Failure.INCONCLUSIVE
                facts = measure(train.answered, len(train.echoes), limits)
                context.facts.clear()  # a limit that seemed to be exceeded may no longer be
                context.note(**facts)
                if train.stopped or not _goes_on(train, facts):
                    break
    return None


def _goes_on(train: EchoTrain, facts: Mapping[str, Any]) -> bool:
    """Whether more packets may change what is known."""
    if len(train.echoes) > _FIRST[0]:
        return bool(facts["loss_is"] == "near")
    return train.lost > 0 or "exceeded_jitter_ms" in facts


def measure(round_trips: Sequence[float], sent: int, limits: Mapping[str, Any]) -> dict[str, Any]:
    """The facts about a line that answered *round_trips* (ms, in the order of sending) of *sent* packets.

    `exceeded_*` is a limit that the line exceeds. `loss_is` is above the limit, near it, or below it: near means that
    more was lost than the limit allows, but that this may be chance.
    """
    lost = sent - len(round_trips)
    loss, rtt, jitter = lost / sent, median(round_trips), jitter_of(round_trips)
    facts = {
        "sent": sent,
        "lost": lost,
        "loss_percent": round(100 * loss, 1),
        "loss_low_percent": round(100 * lower_bound(lost, sent, _INTERVAL), 1),
        "loss_high_percent": round(100 * upper_bound(lost, sent, _INTERVAL), 1),
        "loss_is": _compare_loss(lost, sent, limits.get("loss_percent")),
        "rtt_ms": round(rtt, 1),
        "rtt_min_ms": round(min(round_trips), 1),
        "jitter_ms": round(jitter, 1),
        "mos": round(estimate_mos(rtt, jitter, loss), 2),
    }
    if facts["loss_is"] == "above":
        facts["exceeded_loss_percent"] = limits["loss_percent"]
    if rtt > limits.get("rtt_ms", rtt):
        facts["exceeded_rtt_ms"] = limits["rtt_ms"]
    if _is_uneven(round_trips, jitter, limits.get("jitter_ms", jitter)):
        facts["exceeded_jitter_ms"] = limits["jitter_ms"]
    if facts["mos"] < limits.get("mos", 0):
        facts["exceeded_mos"] = limits["mos"]
    return facts


def jitter_of(round_trips: Sequence[float]) -> float:
    """The mean difference of consecutive round trips, in ms.

    It is what the interarrival jitter of RFC 3550, section 6.4.1, converges to. That one forgets with a time constant
    of 16 packets, starting at 0, and is not yet there after 50. It includes both directions.
    """
    return fmean(_differences(round_trips)) if len(round_trips) > 1 else 0.0


def _differences(round_trips: Sequence[float]) -> list[float]:
    return [abs(after - before) for before, after in pairwise(round_trips)]


def _is_uneven(round_trips: Sequence[float], jitter: float, limit: float) -> bool:
    large = sum(difference > limit for difference in _differences(round_trips))
    return jitter > limit and large >= _UNEVEN * len(round_trips)


def _compare_loss(lost: int, sent: int, limit: float | None) -> str:
    if limit is None or 100 * lost / sent <= limit:
        return "below"
    return "above" if 100 * lower_bound(lost, sent) > limit else "near"
