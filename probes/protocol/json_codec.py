"""Write targets, steps, plans, and observations as JSON, for transport and storage, and read them back.

Pure: no network, no clock. Reading is strict: a missing, unknown, or ill-typed field is a `WireError`
that names its place, so that a message of another version is never half understood.
"""

import json
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from types import GenericAlias
from typing import Any, Final

from probes.protocol.json_fields import (
    Amount,
    Duration,
    Json,
    JsonForm,
    Port,
    WireError,
    check_facts,
    take_version,
)
from probes.protocol.model import Observation, Plan, Step, Target
from probes.protocol.scrub import Scrubber

# Increase it when a field is renamed, added, or changes its meaning.
VERSION: Final = 1

_NOTHING: Final = Scrubber()


def plan_to_json(plan: Plan, *, secrets: bool = False) -> Json:
    """Write *plan*; with *secrets* only for the relay that runs it, never for a database or a log."""
    return {
        "version": VERSION,
        "steps": [_step_to_json(step, secrets=secrets) for step in plan.steps],
        "budget": plan.budget,
        "roots": list(plan.roots),
        "proxy": plan.proxy,
    }


def plan_from_json(value: object) -> Plan:
    """Read a plan; every id in a step's `after` must be a step of the same plan."""
    _, left = take_version(value, "version", (VERSION,), "plan")
    plan = _PLAN.read(left, "plan")
    for number, step in enumerate(plan.steps):
        check_facts(step.params, f"plan.steps[{number}].params")
    _check_order(plan)
    return plan


def observation_to_json(observation: Observation, scrubber: Scrubber = _NOTHING) -> Json:
    """Write *observation*; *scrubber* removes the plan's secrets from its facts."""
    return {
        "version": VERSION,
        "step": observation.step,
        "probe": observation.probe,
        "target": target_to_json(observation.target),
        "failure": observation.failure.value if observation.failure else None,
        "facts": _without(dict(observation.facts), scrubber),
        "started": observation.started,
        "runtime": observation.runtime,
    }


def observation_from_json(value: object) -> Observation:
    """Read an observation; an unknown failure word is refused, not guessed."""
    _, left = take_version(value, "version", (VERSION,), "observation")
    observation = _OBSERVATION.read(left, "observation")
    check_facts(observation.facts, "observation.facts")
    return observation


def target_to_json(target: Target) -> Json:
    """Write *target*."""
    return {
        "service": target.service,
        "host": target.host,
        "port": target.port,
        "transport": target.transport,
        "edge": target.edge,
    }


def target_from_json(value: object, where: str = "target") -> Target:
    """Read a target."""
    return _TARGET.read(value, where)


def dump(value: Json) -> str:
    """Write *value* as one line of ASCII; a value that is not JSON is a bug in the caller."""
    return _ENCODER.encode(value)


def load(text: str | bytes) -> Any:
    """Read JSON text; raise `WireError` for duplicate keys, NaN, and too deep nesting."""
    try:
        return _DECODER.decode(text if isinstance(text, str) else text.decode())
    except WireError:
        raise
    except (ValueError, RecursionError):  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        raise WireError("this is not JSON") from None


def _step_to_json(step: Step, *, secrets: bool) -> Json:
    return {
        "id": step.id,
        "probe": step.probe,
        "target": target_to_json(step.target),
        "budget": step.budget,
        "params": dict(step.params),
        "after": list(step.after),
        "secrets": dict(step.secrets) if secrets else {},
    }


def _check_order(plan: Plan) -> None:
    ids = [step.id for step in plan.steps]
    if len(set(ids)) < len(ids):
        raise WireError("plan.steps: an id is there twice")
    for step in plan.steps:
        if not set(step.after) <= set(ids):
            raise WireError(f"plan.steps: {step.id[:60]} comes after a step that is not in the plan")
    try:
        TopologicalSorter({step.id: step.after for step in plan.steps}).prepare()
    except CycleError:
        raise WireError("plan.steps: some wait for each other") from None


def _without(value: Any, scrubber: Scrubber) -> Any:
    """Copy *value* with *scrubber* applied to all keys and values."""
    match value:
        case str():
            return scrubber(value)
        case Mapping():
            return {scrubber(str(key)): _without(item, scrubber) for key, item in value.items()}
        case list() | tuple():
            return [_without(item, scrubber) for item in value]
    return value


def _once(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise WireError("an object has the same key twice")
    return found


def _no_constant(_: str) -> object:
    raise WireError("NaN and Infinity are not JSON")


_TARGET: Final = JsonForm(Target, port=Port)
_STEP: Final = JsonForm(Step, target=_TARGET.struct, budget=Duration)
_STEPS: Final = GenericAlias(tuple, (_STEP.struct, ...))  # a type made at runtime, which mypy does not know
_PLAN: Final = JsonForm(Plan, steps=_STEPS, budget=Duration)
_OBSERVATION: Final = JsonForm(Observation, target=_TARGET.struct, started=Amount, runtime=Amount)

# Made once: a hub reads and writes thousands of frames a second, and json makes a new coder for each call.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"))
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)
