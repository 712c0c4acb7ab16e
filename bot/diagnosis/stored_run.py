"""Make the records of a stored run again from its observations.

Pure: no network, no clock.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.triage import Problem
from bot.model.records import RunRow
from bot.model.request import Request
from knowledge.model.conclusions import Diagnosis
from probes.protocol.model import Observation


def conclude_stored(
    problem: Problem, run: RunRow, relay: str, request: Request, observations: Mapping[str, Observation]
) -> RunRecord:
    """Conclude the run of one *relay* again from its stored *observations*."""
    text, vantage = run.summary.get("relays", {}).get(relay, run.summary), run.vantages[relay]
    return problem.conclude(
        RunRecord(
            request=request,
            network=run.network,
            digest=run.knowledge,
            relay=relay,
            vantage=vantage,
            turn=str(text.get("turn", "")),
            observations=observations,
            started=run.started,
            timings=_timings(text.get("timings")),
        )
    )


def summary_of(records: Sequence[RunRecord], headline: str, diagnosis: Diagnosis) -> dict[str, Any]:
    """Return what is stored of a run besides its observations: the result, and each relay's turn and timings."""
    return {
        "headline": headline,
        "found": [finding.cause for finding in diagnosis.found],
        "risks": [finding.cause for finding in diagnosis.risks],
        "relays": {
            record.relay: {"turn": record.turn, "timings": dict(record.timings)} for record in records
        },
    }


def _timings(value: object) -> dict[str, float]:
    known = value if isinstance(value, Mapping) else {}
    return {str(name): float(spent) for name, spent in known.items() if isinstance(spent, int | float)}
