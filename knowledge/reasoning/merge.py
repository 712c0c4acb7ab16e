"""Merge the diagnoses of several platforms: each cause in one list, with the platforms it applies to.

Pure. A cause found on one platform is found, and the gravest impact counts.
It is ruled out only if it is ruled out wherever it applies.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from knowledge.model.conclusions import Diagnosis, Finding, Judged, NextQuestion, PathStep
from knowledge.model.impact import IMPACTS
from knowledge.reasoning.outcome import outcome, split

_T = TypeVar("_T")
_LISTS: Final = ("explained", "possible", "not_checked", "ruled_out")  # the most informative first


def merge(diagnoses: Sequence[Diagnosis]) -> Diagnosis:
    """One diagnosis for all platforms of *diagnoses* (not empty)."""
    if len(diagnoses) == 1:
        return diagnoses[0]
    found, risks = split(_found(diagnoses))
    placed = {finding.cause for finding in (*found, *risks)}
    lists: dict[str, tuple[Judged, ...]] = {}
    for name in _LISTS:
        lists[name] = _judged([item for d in diagnoses for item in getattr(d, name)], placed)
        placed |= {judged.cause for judged in lists[name]}
    accounted = dict.fromkeys(step for d in diagnoses for step in d.accounted)
    unexplained = dict.fromkeys(s for d in diagnoses for s in d.unexplained if s not in accounted)
    strict = {s for d in diagnoses for s in d.unexplained if s not in d.tolerated}
    merged = replace(
        diagnoses[0],
        platforms=tuple(dict.fromkeys(platform for d in diagnoses for platform in d.platforms)),
        found=found,
        risks=risks,
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


def _found(diagnoses: Iterable[Diagnosis]) -> Iterable[Finding]:
    merged: dict[str, Finding] = {}
    for item in (finding for d in diagnoses for finding in (*d.found, *d.risks)):
        before = merged.get(item.cause)
        if before is None:
            merged[item.cause] = item
            continue
        surer, other = (item, before) if _surer(item, before) else (before, item)
        merged[item.cause] = replace(
            surer,
            because=_union(surer.because, other.because),
            steps=_union(before.steps, item.steps),
            effects=_union(before.effects, item.effects),
            platforms=_union(before.platforms, item.platforms),
            impact=min(before.impact, item.impact, key=IMPACTS.index),
        )
    return merged.values()


def _surer(finding: Finding, other: Finding) -> bool:
    return finding.confidence == "certain" and other.confidence != "certain"


def _judged(judged: Iterable[Judged], placed: Iterable[str]) -> tuple[Judged, ...]:
    taken = set(placed)
    merged: dict[str, Judged] = {}
    for item in judged:
        if item.cause in taken:
            continue
        before = merged.get(item.cause)
        merged[item.cause] = item if before is None else _both(before, item)
    return tuple(sorted(merged.values(), key=lambda entry: -entry.weight))


def _both(before: Judged, judged: Judged) -> Judged:
    because = before.because
    if judged.because not in because:
        because = f"{because}; {judged.because}"
    return replace(
        before,
        because=because,
        steps=_union(before.steps, judged.steps),
        platforms=_union(before.platforms, judged.platforms),
        waits_for=_union(before.waits_for, judged.waits_for),
        person_only=before.person_only and judged.person_only,
        harmless=before.harmless and judged.harmless,
        elsewhere=before.elsewhere and judged.elsewhere,
    )


def _path(diagnoses: Iterable[Diagnosis]) -> tuple[PathStep, ...]:
    """Each question once, at its first place; equal answers of several platforms are one step."""
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
    for question in (d.next_question for d in diagnoses if d.next_question):
        before = worth.get(question.question)
        worth[question.question] = (
            replace(question, worth=question.worth + before.worth) if before else question
        )
    return max(worth.values(), key=lambda next_question: next_question.worth, default=None)


def _union(item: tuple[_T, ...], other: tuple[_T, ...]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys((*item, *other)))
