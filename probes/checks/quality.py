"""Measure the line with small STUN packets: loss, round trip, jitter, and the MOS that follows from them.

50 packets in less than half a second; more if one is lost, or if the jitter is above the limit of the network file.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from itertools import pairwise
from statistics import fmean, median
from typing import Any, Final

from probes.checks.context import ProbeContext
from probes.checks.second_server import SecondServer, open_echo
from probes.checks.targets import address_of
from probes.net.emodel import estimate_mos
from probes.net.loss import lower_bound, upper_bound
from probes.net.stun_echo import EchoTrain
from probes.protocol.failures import Failure
from probes.protocol.model import Step

# Packets and seconds between two of them. The first part is all that a good line gets.
_FIRST: Final = (50, 0.008)
_MORE: Final = (150, 0.007)  # one was lost, or the jitter is too high: 200 packets within 2 s
_LAST: Final = (150, 0.006)  # more than the limit was lost, but it may be chance
# A limit for jitter is exceeded only if many round trips differ by more, not if a few packets were late.
_UNEVEN: Final = 0.1  # share of the differences
_INTERVAL: Final = 0.975  # on each side: a 95 % interval
# Ends before the step's budget, so that what was measured until then counts.
_SHARE_OF_BUDGET: Final = 0.96


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Facts: sent, lost, loss_percent and its 95 % interval, loss_is, rtt_ms, rtt_min_ms, jitter_ms, mos, exceeded_*.

    Loss above the limit counts only if a second server at another address loses packets, too: other_host, other_sent,
    other_lost. Else it is inconclusive, and loss_is is unconfirmed. Without any answer nothing is measured: STUN may be
    blocked.
    """
    server = (await address_of(step, context), step.target.port)
    async with AsyncExitStack() as stack:
        try:
            first = await stack.enter_async_context(open_echo(server, context.loss))
        except OSError:  # no route to the server
            return Failure.INCONCLUSIVE
        second = SecondServer(step, context, stack, server[0])
        with suppress(TimeoutError):  # what was measured until then is judged
            async with asyncio.timeout(step.budget * _SHARE_OF_BUDGET):
                await _measure(first, second, context, step.params.get("limits", {}))
    is_known = context.facts.get("loss_is") in ("below", "near", "above")
    return None if is_known else Failure.INCONCLUSIVE


async def _measure(
    first: EchoTrain, second: SecondServer, context: ProbeContext, limits: Mapping[str, Any]
) -> None:
    """Send rounds of packets, to the *second* server as well once the *first* one loses more than the limit."""
    trains = [first]
    for count, spacing in (_FIRST, _MORE, _LAST):
        await asyncio.gather(*(_send(train, count, spacing) for train in trains))
        if not first.answered:
            return
        facts = measure(first.answered, len(first.echoes), limits)
        if facts["loss_is"] != "below":
            await second.open()
        confirmed = confirm(facts, first.answered, limits, second.facts())
        context.facts.clear()  # a limit that seemed to be exceeded may no longer be
        context.note(**confirmed)
        trains = [train for train in (first, second.train) if train and _goes_on(train, first, facts, limits)]
        if first.stopped or not trains:
            break
    if context.facts["loss_is"] == "unconfirmed" and second.train and second.train.answered:
        context.loss.replace(second.meter)


async def _send(train: EchoTrain, count: int, spacing: float) -> None:
    await train.send(count, spacing)
    await train.settle()


def _goes_on(train: EchoTrain, first: EchoTrain, facts: Mapping[str, Any], limits: Mapping[str, Any]) -> bool:
    """Whether more packets of *train* may change what is known; *facts* are those of the *first* one."""
    if train is first and len(train.echoes) > _FIRST[0]:
        return bool(facts["loss_is"] == "near")
    if train is first:
        return train.lost > 0 or "exceeded_jitter_ms" in facts
    loss_is = str(facts["loss_is"])
    if loss_is == "below" or not train.echoes:
        return loss_is != "below"
    here = compare_loss(train.lost, len(train.echoes), limits)
    counts = (train.lost, len(train.echoes), first.lost, len(first.echoes))
    return here == "near" or ((loss_is, here) == ("above", "below") and not _loses_less(*counts))


def _loses_less(lost: int, sent: int, other_lost: int, other_sent: int) -> bool:
    """Whether *lost* of *sent* packets is a smaller share than that of the other server, beyond chance."""
    return upper_bound(lost, sent, _INTERVAL) < lower_bound(other_lost, other_sent, _INTERVAL)


def measure(
    round_trips: Sequence[float], sent: int, limits: Mapping[str, Any], lost: int | None = None
) -> dict[str, Any]:
    """The facts about a line that answered *round_trips* (ms, in the order of sending) of *sent* packets.

    `exceeded_*` is a limit that the line exceeds. `loss_is` is above the limit, near it, or below it: near means that
    more was lost than the limit allows, but that this may be chance.
    Give *lost* if another server counted.
    """
    lost = sent - len(round_trips) if lost is None else lost
    loss, rtt, jitter = lost / sent, median(round_trips), jitter_of(round_trips)
    facts = {
        "sent": sent,
        "lost": lost,
        "loss_percent": round(100 * loss, 1),
        "loss_low_percent": round(100 * lower_bound(lost, sent, _INTERVAL), 1),
        "loss_high_percent": round(100 * upper_bound(lost, sent, _INTERVAL), 1),
        "loss_is": compare_loss(lost, sent, limits),
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


def confirm(
    facts: Mapping[str, Any],
    round_trips: Sequence[float],
    limits: Mapping[str, Any],
    other: Mapping[str, Any],
) -> dict[str, Any]:
    """The *facts* of the first server, as far as those of the *other* one agree.

    If the first one loses far more, it limits its replies, and the loss is that of the other one.
    """
    if facts["loss_is"] != "above":
        return dict(facts)
    verdict = compare_loss(other["other_lost"], other["other_sent"], limits) if other else "below"
    if verdict == "below":
        known = {name: facts[name] for name in ("sent", "lost", "rtt_ms", "rtt_min_ms", "jitter_ms")}
        return {**known, "loss_is": "unconfirmed", **other}
    sent, lost = other["other_sent"], other["other_lost"]
    if _loses_less(lost, sent, facts["lost"], facts["sent"]):
        return measure(round_trips, sent, limits, lost)
    agreed = {**facts, "loss_is": verdict, **other}
    if verdict == "near":
        del agreed["exceeded_loss_percent"]
    return agreed


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


def compare_loss(lost: int, sent: int, limits: Mapping[str, Any]) -> str:
    """Whether the loss is above the limit, near it (this may be chance), or below it."""
    limit = limits.get("loss_percent")
    if limit is None or 100 * lost / sent <= limit:
        return "below"
    return "above" if 100 * lower_bound(lost, sent) > limit else "near"
