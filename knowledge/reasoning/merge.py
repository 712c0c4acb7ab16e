"""Lay the diagnoses of several platforms together: one list for each cause, with the platforms it holds for.

Pure. Found somewhere is found; ruled out is only what is ruled out wherever it applies.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from knowledge.model.conclusions import Diagnosis, Finding, Judged, NextQuestion, PathStep
from knowledge.reasoning.diagnosis import finding_order, outcome

_T = TypeVar("_T")
_LISTS: Final = ("explained", "possible", "not_checked", "ruled_out")  # the more telling ones first


def merge(diagnoses: Sequence[Diagnosis]) -> Diagnosis:
    """One diagnosis for all platforms of *diagnoses* (not empty)."""
    if len(diagnoses) == 1:
        return diagnoses[0]
    found = _found(diagnoses)
    placed = {one.cause for one in found}
    lists: dict[str, tuple[Judged, ...]] = {}
    for name in _LISTS:
        lists[name] = _judged([one for d in diagnoses for one in getattr(d, name)], placed)
        placed |= {one.cause for one in lists[name]}
    accounted = dict.fromkeys(step for d in diagnoses for step in d.accounted)
    unexplained = dict.fromkeys(s for d in diagnoses for s in d.unexplained if s not in accounted)
    strict = {s for d in diagnoses for s in d.unexplained if s not in d.tolerated}
    merged = replace(
        diagnoses[0],
        platforms=tuple(dict.fromkeys(platform for d in diagnoses for platform in d.platforms)),
        found=found,
        explained=lists["explained"],
        possible=lists["possible"],
        ruled_out=lists["ruled_out"],
        not_checked=lists["not_checked"],
        unexplained=tuple(unexplained),
        tolerated=tuple(step for step in unexplained if step not in strict),
        accounted=tuple(accounted),
        path=_path(diagnoses),
        next_question=_next(diagnoses),
    )
    return replace(merged, outcome=outcome(merged))


def _found(diagnoses: Iterable[Diagnosis]) -> tuple[Finding, ...]:
    merged: dict[str, Finding] = {}
    for one in (finding for d in diagnoses for finding in d.found):
        before = merged.get(one.cause)
        if before is None:
            merged[one.cause] = one
            continue
        surer, other = (one, before) if _surer(one, before) else (before, one)
        merged[one.cause] = replace(
            surer,
            because=_union(surer.because, other.because),
            steps=_union(before.steps, one.steps),
            effects=_union(before.effects, one.effects),
            platforms=_union(before.platforms, one.platforms),
        )
    return tuple(sorted(merged.values(), key=finding_order))


def _surer(one: Finding, other: Finding) -> bool:
    return one.confidence == "certain" and other.confidence != "certain"


def _judged(judged: Iterable[Judged], placed: Iterable[str]) -> tuple[Judged, ...]:
    taken = set(placed)
    merged: dict[str, Judged] = {}
    for one in judged:
        if one.cause in taken:
            continue
        before = merged.get(one.cause)
        merged[one.cause] = one if before is None else _both(before, one)
    return tuple(sorted(merged.values(), key=lambda one: -one.weight))


def _both(before: Judged, one: Judged) -> Judged:
    because = before.because
    if one.because not in because:
        because = f"{because}; {one.because}"
    return replace(
        before,
        because=because,
        steps=_union(before.steps, one.steps),
        platforms=_union(before.platforms, one.platforms),
        waits_for=_union(before.waits_for, one.waits_for),
        person_only=before.person_only and one.person_only,
    )


def _path(diagnoses: Iterable[Diagnosis]) -> tuple[PathStep, ...]:
    """Each question once, where it was first asked; equal answers of several platforms are one step."""
    merged: dict[tuple[str, str | None, str], PathStep] = {}
    for step in (step for d in diagnoses for step in d.path):
        key = (step.question, step.answer, step.because)
        before = merged.get(key)
        if before is None:
            merged[key] = step
        else:
            platforms = _union(before.platforms, step.platforms)
            merged[key] = replace(before, platforms=platforms, steps=_union(before.steps, step.steps))
    return tuple(merged.values())


def _next(diagnoses: Iterable[Diagnosis]) -> NextQuestion | None:
    """The question worth the most over all platforms."""
    worth: dict[str, NextQuestion] = {}
    for one in (d.next_question for d in diagnoses if d.next_question):
        before = worth.get(one.question)
        worth[one.question] = replace(one, worth=one.worth + before.worth) if before else one
    return max(worth.values(), key=lambda one: one.worth, default=None)


def _union(one: tuple[_T, ...], other: tuple[_T, ...]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys((*one, *other)))
