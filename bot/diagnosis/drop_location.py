"""Conclude from the trace of a dropped flow, and of an open one beside it, at which hop the dropped one is lost.

Pure: no network, no clock. A trace's observation holds the conclusion, so that it is stored with the run.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from bot.diagnosis.aggregate import step_of
from bot.diagnosis.run_record import LOCATE
from knowledge.model.advice import BlockedAt, Hop
from probes.protocol.frozen import frozen
from probes.protocol.model import Observation

_TTLS: Final = range(1, 65)


@frozen
class DropLocation:
    """The result of one trace of a dropped flow."""

    observation: Observation
    blocked_at: BlockedAt | None
    path_answers: bool  # whether any router on the path has answered
    is_hello: bool  # whether it is the ClientHello that is lost, on a connection that opens


def conclude(observation: Observation, traced: str) -> Observation:
    """Add to a trace the step that it is about, and where its packets are lost.

    A router that answers for the open flow right after it did not for the dropped one did not get the packet. A router
    that answers for neither says nothing.
    """
    trace = _Trace.read(observation.facts)
    place = None if trace.arrived else _place(trace)
    answers = trace.arrived or bool(trace.passed or trace.others)
    conclusion = {"traced": traced, "blocked_at": place and asdict(place), "path_answers": answers}
    return replace(observation, facts={**observation.facts, **conclusion})


def locations(observations: Iterable[Observation], steps: Iterable[str]) -> Iterator[DropLocation]:
    """List the traces of the flows that were observed in *steps*."""
    wanted = set(steps)
    for observation in observations:
        facts = observation.facts
        if observation.probe != LOCATE or "traced" not in facts:
            continue
        traced = step_of(facts["relay"], facts["traced"]) if "relay" in facts else facts["traced"]
        if traced in wanted:
            place = _read(facts["blocked_at"])
            yield DropLocation(observation, place, facts["path_answers"], _is_hello(facts))


@frozen
class _Trace:
    """What a relay reports, without what is no hop or no address, because a relay may send anything."""

    passed: Mapping[int, str]  # the router at each hop that the flow passes; "" if unknown
    missed: Mapping[int, str]  # the routers that answer, and that the flow does not reach
    others: Mapping[int, str]  # the routers that answer for the open flow
    arrived: bool  # whether the target itself answered: then the flow is not dropped now

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> "_Trace":
        others = _routers(facts.get("control_hops"))
        if _is_hello(facts):  # the kernel does not say who answers; its open flow is the SYN to the same port
            passed = {ttl: others.get(ttl, "") for ttl in _hops(facts.get("hops"))}
        else:
            passed = _routers(facts.get("hops"))
        if facts.get("hello") and not _is_hello(facts):  # the connection does not open, so the SYN is lost
            return cls(others, {}, others, arrived=False)
        missed = {ttl: others[ttl] for ttl in _hops(facts.get("missed")) if ttl in others}
        if facts.get("control_address") == facts.get("address") and _is_address(facts.get("address")):
            missed |= {ttl: facts["address"] for ttl in _hops([facts.get("control_reached")]) if passed}
        return cls(passed, missed, others, facts.get("reached") is not None)


def _place(trace: _Trace) -> BlockedAt | None:
    if not trace.passed:
        first = min(trace.missed, default=None)
        return BlockedAt(first, trace.missed[first], None) if first else None
    last = max(trace.passed)
    return BlockedAt(last + 1, trace.missed.get(last + 1), Hop(last, trace.passed[last] or None))


def _is_hello(facts: Mapping[str, Any]) -> bool:
    return bool(facts.get("hello")) and facts.get("control_reached") is not None


def _routers(value: Any) -> dict[int, str]:
    return {ttl: value[str(ttl)] for ttl in _hops(value) if _is_address(value[str(ttl)])}


def _hops(value: Any) -> list[int]:
    """Read the numbers of hops in a list, or among the keys of a mapping."""
    texts = {str(item) for item in value} if isinstance(value, list | Mapping) else set()
    return [ttl for ttl in _TTLS if str(ttl) in texts]


def _is_address(value: Any) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return isinstance(value, str)


def _read(value: Any) -> BlockedAt | None:
    if not value:
        return None
    last = value["last_seen"]
    return BlockedAt(value["hop"], value["address"], Hop(**last) if last else None)
