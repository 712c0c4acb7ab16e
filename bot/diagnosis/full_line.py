"""After a verdict, measure the round trip while the line is filled, where the network file allows it.

A second, short plan on the same relay. What it shows may add to what was found, so the case is concluded again.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bot.diagnosis.budgets import DEFAULT
from bot.diagnosis.run_record import FILL, RunRecord
from bot.diagnosis.triage import Problem
from bot.relays.local import Relay, seconds_for
from knowledge.model.network import Network
from knowledge.model.schema import ProbeSpec
from probes.protocol.model import Observation, Plan, Step

_MOST_BYTES: Final = 2_000_000
_MARGIN: Final = 0.1  # seconds of the plan beyond those of its step
_LIMIT: Final = "loaded_rtt_ms"


async def fill_line(record: RunRecord, relay: Relay, problem: Problem, network: Network) -> RunRecord:
    """Return *record* with the round trip on the full line, concluded again; unchanged if that is not measured."""
    plan = make_fill_plan(record, problem, network)
    if plan is None:
        return record
    found: dict[str, Observation] = {}
    async with relay.run(plan) as coming:
        async for observation in coming:
            found[observation.step] = observation
    return problem.conclude(replace(record, observations={**record.observations, **found}))


def make_fill_plan(record: RunRecord, problem: Problem, network: Network) -> Plan | None:
    """Plan to fill the line; None if the network file does not allow it, or nothing can be measured.

    It needs TURN credentials, a server that answered the measurement of the idle line, and a verdict that nothing
    blocks calls.
    """
    spec = next(_specs(problem), None)
    media = next((step for step in record.plan.steps if step.probe == "udp_media" and step.secrets), None)
    server = next((look.target for look in record.observations.values() if _is_measured(look)), None)
    if spec is None or media is None or server is None or _is_blocked(record):
        return None
    params = {
        "turn": [way for way in media.params["turn"] if way["transport"] != "udp"],
        "servers": [{"host": server.host, "port": server.port}],
        "bytes": _MOST_BYTES,
        "limits": {_LIMIT: network.quality[_LIMIT]} if _LIMIT in network.quality else {},
    }
    budget = seconds_for(FILL) or DEFAULT
    step = Step(spec.step, FILL, spec.target, budget, params, secrets=media.secrets)
    return Plan((step,), budget + _MARGIN) if params["turn"] else None


def _specs(problem: Problem) -> Iterator[ProbeSpec]:
    for case in problem.cases:
        for specs in case.probes.values():
            yield from (spec for spec in specs if spec.probe == FILL)


def _is_measured(look: Observation) -> bool:
    return look.probe == "quality" and look.failure is None


def _is_blocked(record: RunRecord) -> bool:
    return any(finding.impact == "blocks" for finding in record.diagnosis.found)
