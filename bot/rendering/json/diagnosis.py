"""Render a diagnosis as JSON, in the format of `docs/schemas/diagnosis.schema.json`.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from bot.diagnosis.compared import Comparison
from bot.diagnosis.comparison import compare, leading, missing_from
from bot.diagnosis.measurements import measurements_of
from bot.diagnosis.run_record import RunRecord
from bot.rendering.failure_text import sentence
from bot.rendering.view import View
from knowledge.advice.meaning import Meaning
from knowledge.model.conclusions import Judged, NextQuestion, PathStep
from knowledge.model.network import Network
from probes.protocol.model import Observation

# Increased when a field is renamed or its meaning changes; new fields do not increase it.
FORMAT: Final = 2


def render(record: RunRecord, view: View, network: Network, version: str) -> dict[str, Any]:
    """Return *record* as JSON values, without secrets."""
    diagnosis = record.diagnosis
    return {
        "format": FORMAT,
        "version": version,
        "request": _request(record),
        "relay": _relay(record),
        "network": {"id": network.id, "title": network.title},
        "knowledge": {"digest": record.digest},
        "platforms": list(diagnosis.platforms),
        "outcome": diagnosis.outcome,
        "headline": view.headline,
        "meaning": _meaning(view.meaning),
        "found": [asdict(cause) for cause in view.found],
        "risks": [asdict(cause) for cause in view.risks],
        "explained": [{**_judged(judged), "by": judged.by} for judged in diagnosis.explained],
        "possible": _list(diagnosis.possible),
        "ruled_out": _list(diagnosis.ruled_out),
        "not_checked": [
            {**_judged(judged), "person_only": judged.person_only} for judged in diagnosis.not_checked
        ],
        "unexplained": list(diagnosis.unexplained),
        "measurements": _measurements(record),
        "path": [_path_step(step) for step in diagnosis.path],
        "next_question": _next(diagnosis.next_question),
        "observations": [_observation(observation) for observation in record.observations.values()],
        "preflight": [asdict(guide) for guide in view.preflight],
        "turn": record.turn,
        "timings": {
            "started": datetime.fromtimestamp(record.started, UTC).isoformat(timespec="milliseconds"),
            **{f"{name}_ms": spent for name, spent in record.timings.items()},
        },
    }


def render_several(
    records: Sequence[RunRecord], views: Sequence[View], network: Network, version: str
) -> dict[str, Any]:
    """Return a run on several relays: the leading record, the others, and their comparison."""
    rendered = [render(*pair, network, version) for pair in zip(records, views, strict=True)]
    first = rendered.pop(list(records).index(leading(records)))
    return first | {"comparison": _comparison(compare(records)), "others": rendered}


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "says": comparison.says,
        "causes": [
            {
                "id": cause.cause,
                "title": cause.title,
                "scope": cause.scope,
                "seen_from": list(cause.seen_from),
                "fine_from": list(cause.fine_from),
                "unknown_from": list(cause.unknown_from),
                "says": cause.says,
            }
            for cause in comparison.causes
        ],
        "alike": list(comparison.alike),
    }


def _relay(record: RunRecord) -> dict[str, Any]:
    missing = missing_from(record)
    more = {"missing": missing.says} if missing else {}
    return {"name": record.relay, "vantage": record.vantage, **more}


def _measurements(record: RunRecord) -> dict[str, Any]:
    measured = asdict(measurements_of(record.observations.values()))
    interval = measured["loss_interval"]
    return {**measured, "loss_interval": list(interval) if interval else None}


def _meaning(meaning: Meaning | None) -> dict[str, Any] | None:
    if meaning is None:
        return None
    lists = {name: [list(entry) for entry in getattr(meaning, name)] for name in ("confused_with", "related")}
    return {**asdict(meaning), **lists}


def _request(record: RunRecord) -> dict[str, Any]:
    request = record.request
    return {
        "code": request.code,
        "platform": request.platform,
        "edge": request.edge,
        "told": dict(request.answers),
        "relays": list(request.relays),
        **({"assumed": request.assumed} if request.assumed else {}),
    }


def _list(judged: Iterable[Judged]) -> list[dict[str, Any]]:
    return [_judged(item) for item in judged]


def _judged(judged: Judged) -> dict[str, Any]:
    return {
        "id": judged.cause,
        "title": judged.title,
        "because": judged.because,
        "steps": list(judged.steps),
        "platforms": list(judged.platforms),
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


def _observation(observation: Observation) -> dict[str, Any]:
    return {
        "step": observation.step,
        "probe": observation.probe,
        "target": asdict(observation.target),
        "failure": None if observation.failure is None else str(observation.failure),
        "sentence": sentence(observation),
        "facts": dict(observation.facts),
        "started": observation.started,
        "runtime_ms": round(observation.runtime * 1000, 2),
    }
