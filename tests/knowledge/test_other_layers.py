"""A failed check is explained by a cause of another layer, where no cause of the code's own explains it."""

from functools import cache

import pytest

from knowledge.model.conclusions import Diagnosis
from knowledge.model.schema import CaseModel
from knowledge.reasoning.answers import answer
from knowledge.reasoning.other_causes import walk_wider
from knowledge.reasoning.selection import select_causes, widen
from knowledge.reasoning.tree import Tree, compile_tree
from tests.knowledge.stories import KNOWLEDGE, TWILIO, Change, found, observe
from tests.knowledge.test_stories import CODES_WITH_CHECKS, MEDIA, SIGNALING, SINGLE

FAULTS: dict[str, tuple[Change, ...]] = {
    **{cause: (change,) for cause, change in {**SIGNALING, **MEDIA}.items()},
    **{
        name: SINGLE[name][3]
        for name in (
            "signaling-blocked",
            "registration-blocked",
            "dns-failing",
            "edge-mismatch by a shut edge",
            "clock-skew",
            "certificate-out-of-date",
        )
    },
}
PLATFORM = dict(reversed(CODES_WITH_CHECKS))


@cache
def cases(code: str) -> tuple[Tree, CaseModel]:
    """The tree of *code* on one platform, and its case with the causes of other codes."""
    case = select_causes(KNOWLEDGE, TWILIO, code, PLATFORM[code])
    return compile_tree(case), widen(case, KNOWLEDGE, TWILIO)


def diagnose(code: str, changes: tuple[Change, ...]) -> Diagnosis:
    tree, wide = cases(code)
    seen = observe(tree.case, *changes)
    return walk_wider(tree, wide, answer(wide, seen, {}), seen)


@pytest.mark.parametrize("code", PLATFORM)
def test_no_simple_fault_is_without_a_cause(code: str) -> None:
    """For every code that runs checks, a simple fault that keeps the outcome from being clear has a cause."""
    for fault, changes in FAULTS.items():
        diagnosis = diagnose(code, changes)
        strange = set(diagnosis.unexplained) - set(diagnosis.tolerated)
        assert diagnosis.found or diagnosis.possible or not strange, (fault, strange)


@pytest.mark.parametrize("code", PLATFORM)
def test_names_that_do_not_resolve_are_found_for_every_code(code: str) -> None:
    """Where no name resolves, that is the cause, also of a code of media."""
    assert "dns-failing" in found(diagnose(code, FAULTS["dns-failing"]))


def test_a_wider_case_runs_no_more_checks() -> None:
    """Causes of other codes are judged by the checks of the case, and weigh nothing."""
    tree, wide = cases("53405")
    steps = {spec.step for looks in tree.case.probes.values() for spec in looks}
    assert {spec.step for looks in wide.probes.values() for spec in looks} == steps
    assert {cause.weight["53405"] for id_, cause in wide.causes.items() if id_ not in tree.case.causes} == {0}


def test_on_a_healthy_network_nothing_is_added() -> None:
    """Without a failed check, the diagnosis has the causes of the code only."""
    tree, _ = cases("53405")
    diagnosis = diagnose("53405", ())
    listed = (*diagnosis.ruled_out, *diagnosis.not_checked, *diagnosis.possible)
    assert diagnosis.outcome == "clear"
    assert not diagnosis.found
    assert {judged.cause for judged in listed} == set(tree.case.causes)
