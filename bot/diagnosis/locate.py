"""After a verdict that rests on dropped packets, find out where on the path they are lost.

A second, short plan on the same relay: each dropped flow is traced hop by hop, beside one that is open.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.diagnosis.budgets import DEFAULT
from bot.diagnosis.drop_location import conclude
from bot.diagnosis.run_record import LOCATE, RunRecord
from bot.relays.local import Relay, seconds_for
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Plan, Step, Target

# Flows traced for one diagnosis. Each takes an answer or two from every router, and Linux routers give six at once.
_MOST: Final = 4
_MARGIN: Final = 0.1  # seconds of the plan beyond those of its steps
# Which flow is traced if a cause rests on several, best first; TURN over UDP before its other transports.
_ORDER: Final = ("udp_media", "tcp", "tls", "http", "turn", "stun")
_PREFIX: Final = f"{LOCATE} "  # of the id of a step, before that of the step which it is about
_SILENT: Final = Failure.GENERIC_TIMEOUT_ERROR
# How far a TLS handshake may have got if its ClientHello was dropped; the http check does not say.
_UNANSWERED: Final = ("connect", "hello", None)


async def locate(record: RunRecord, relay: Relay) -> RunRecord:
    """Return *record* with the traces of its dropped flows; unchanged if no cause rests on one."""
    plan = make_trace_plan(record)
    if plan is None:
        return record
    begun = time.perf_counter()
    found: dict[str, Observation] = {}
    async with relay.run(plan) as coming:
        async for observation in coming:
            found[observation.step] = conclude(observation, observation.step.removeprefix(_PREFIX))
    spent = round((time.perf_counter() - begun) * 1000, 2)
    return replace(
        record, observations={**record.observations, **found}, timings={**record.timings, LOCATE: spent}
    )


def has_drops(record: RunRecord) -> bool:
    """Whether a found cause of *record* rests on a flow that was dropped and can be traced."""
    return make_trace_plan(record) is not None


def make_trace_plan(record: RunRecord) -> Plan | None:
    """Plan the traces of the flows that the found causes rest on; None if packets were not dropped."""
    known = {step.id: step for step in record.plan.steps}
    steps: dict[str, Step] = {}
    for finding in record.diagnosis.found:
        flows = [
            (observation, step)
            for id_ in finding.steps
            if (observation := record.observations.get(id_))
            and (step := _dropped(observation, known.get(id_)))
        ]
        if flows:
            _, step = min(flows, key=_rank)
            steps.setdefault(step.id, step)
    traced = list(steps.values())[:_MOST]
    if not traced:
        return None
    control = next(_open_flows(record, known, traced), None)
    every = tuple(
        replace(step, params={**step.params, "control": control}) if control else step for step in traced
    )
    return Plan(every, max(step.budget for step in every) + _MARGIN)


def _rank(flow: tuple[Observation, Step]) -> tuple[int, bool]:
    observation, step = flow
    return _ORDER.index(observation.probe), step.target.transport != "udp"


def _dropped(observation: Observation, step: Step | None) -> Step | None:
    """Make the trace of a flow that was dropped without an answer; None if it was not, or went through a proxy."""
    facts, target = observation.facts, observation.target
    if observation.probe == "udp_media" and observation.failure is Failure.UDP_OUTBOUND_LOST:
        lost = [
            port["port"]
            for port in facts.get("tried", ())
            if port["outbound"] is False and not port["icmp_from"]
        ]
        place = Target(
            "media", str(facts.get("relayed_address", "")), lost[0] if lost else 0, "udp", target.edge
        )
        return _trace(observation, place, None) if place.host and place.port else None
    if observation.failure is not _SILENT or facts.get("proxy"):
        return None
    match observation.probe:
        case "tcp" | "stun":
            return _trace(observation, target, step)
        case "turn":
            return _trace(observation, target, step, hello=target.transport == "tls")
        case "tls" | "http" if facts.get("stage") in _UNANSWERED:
            return _trace(observation, target, step, hello=True)
    return None


def _open_flows(
    record: RunRecord, known: Mapping[str, Step], dropped: Sequence[Step]
) -> Iterator[dict[str, Any]]:
    """List the flows that are open: to a host of the dropped ones first, TCP before UDP."""
    hosts = {step.target.host for step in dropped}
    taken = {(step.target.host, step.target.port, step.target.transport) for step in dropped}
    looks = [look for look in record.observations.values() if look.failure is None]
    for look in sorted(
        looks, key=lambda look: (look.target.host not in hosts, look.target.transport == "udp")
    ):
        target, facts = look.target, look.facts
        place = (target.host, target.port, target.transport)
        if look.probe in ("tcp", "turn", "stun") and place not in taken and not facts.get("proxy"):
            where = dict(zip(("host", "port", "transport"), place, strict=True))
            yield where | _addresses(known.get(look.step)) | _address(facts.get("address"))


def _address(value: object) -> dict[str, Any]:
    """Prefer this address, if the name still leads there."""
    return {"address": str(value)} if value else {}


def _addresses(step: Step | None) -> dict[str, Any]:
    """Return the addresses that the network file pins for *step*."""
    pinned = step.params.get("addresses") if step else None
    return {"addresses": pinned} if pinned else {}


def _trace(observation: Observation, target: Target, step: Step | None, *, hello: bool = False) -> Step:
    """Trace the flow of *observation*, to the address that it was about if the name still leads there."""
    silent = (entry for entry in observation.facts.get("tried", ()) if entry.get("failure") == _SILENT)
    address = observation.facts.get("address") or next((entry.get("address") for entry in silent), "")
    params = {**_address(address), **_addresses(step), **({"hello": True} if hello else {})}
    return Step(f"{_PREFIX}{observation.step}", LOCATE, target, seconds_for(LOCATE) or DEFAULT, params)
