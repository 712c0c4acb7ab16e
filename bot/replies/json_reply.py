"""One case as JSON: the form that `docs/schemas/diagnosis.schema.json` publishes.

Pure: no network, no clock.
"""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from bot.replies.view import View
from bot.replies.words import sentence
from bot.triage import CaseRecord
from knowledge.meaning import Meaning
from knowledge.network_facts import Network
from knowledge.schema import Judged, NextQuestion, PathStep
from probes.model import Observation

# Goes up when a field is renamed or changes its meaning; new fields leave it as it is.
FORMAT: Final = 1


def render(record: CaseRecord, view: View, network: Network, version: str) -> dict[str, Any]:
    """Everything that is known about *record*, as JSON values; no secret is among them."""
    diagnosis = record.diagnosis
    return {
        "format": FORMAT,
        "version": version,
        "request": _request(record),
        "relay": {"name": record.relay, "vantage": record.vantage},
        "network": {"id": network.id, "title": network.title},
        "knowledge": {"digest": record.digest},
        "platforms": list(diagnosis.platforms),
        "outcome": diagnosis.outcome,
        "headline": view.headline,
        "meaning": _meaning(view.meaning),
        "found": [asdict(one) for one in view.found],
        "explained": [{**_judged(one), "by": one.by} for one in diagnosis.explained],
        "possible": _list(diagnosis.possible),
        "ruled_out": _list(diagnosis.ruled_out),
        "not_checked": [{**_judged(one), "person_only": one.person_only} for one in diagnosis.not_checked],
        "unexplained": list(diagnosis.unexplained),
        "path": [_path_step(step) for step in diagnosis.path],
        "next_question": _next(diagnosis.next_question),
        "observations": [_observation(one) for one in record.observations.values()],
        "preflight": [asdict(one) for one in view.preflight],
        "turn": record.turn,
        "timings": {
            "started": datetime.fromtimestamp(record.started, UTC).isoformat(timespec="milliseconds"),
            **{f"{name}_ms": spent for name, spent in record.timings.items()},
        },
    }


def _meaning(one: Meaning | None) -> dict[str, Any] | None:
    if one is None:
        return None
    lists = {name: [list(entry) for entry in getattr(one, name)] for name in ("confused_with", "related")}
    return {**asdict(one), **lists}


def _request(record: CaseRecord) -> dict[str, Any]:
    request = record.request
    return {
        "code": request.code,
        "platform": request.platform,
        "edge": request.edge,
        "told": dict(request.told),
        "relays": list(request.relays),
    }


def _list(judged: Iterable[Judged]) -> list[dict[str, Any]]:
    return [_judged(one) for one in judged]


def _judged(one: Judged) -> dict[str, Any]:
    return {
        "id": one.cause,
        "title": one.title,
        "because": one.because,
        "steps": list(one.steps),
        "platforms": list(one.platforms),
    }


def _path_step(step: PathStep) -> dict[str, Any]:
    return {
        "branch": step.branch,
        "question": step.question,
        "asks": step.asks,
        "answer": step.answer,
        "because": step.because,
        "steps": list(step.steps),
        "platforms": list(step.platforms),
    }


def _next(question: NextQuestion | None) -> dict[str, Any] | None:
    if question is None:
        return None
    return {
        "question": question.question,
        "option": question.option,
        "ask": question.ask,
        "choices": [{"answer": answer, "says": says} for answer, says in question.choices],
    }


def _observation(one: Observation) -> dict[str, Any]:
    return {
        "step": one.step,
        "probe": one.probe,
        "target": asdict(one.target),
        "failure": None if one.failure is None else str(one.failure),
        "sentence": sentence(one),
        "facts": dict(one.facts),
        "started": one.started,
        "runtime_ms": round(one.runtime * 1000, 2),
    }
