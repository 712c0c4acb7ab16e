"""What a cause does to calls, where answers decide it."""

from pathlib import Path

import pytest

from knowledge.checking.check import report
from knowledge.loading.load import load_knowledge
from knowledge.model.problems import KnowledgeError
from knowledge.model.schema import CaseModel
from knowledge.reasoning.judge import judge
from knowledge.reasoning.tree import settled
from tests.knowledge.small import CAUSES, case_of, given, write

NO_TURN = """
weight: {31009: 2}
impact: risk
impact_when:
  - {impact: blocks, when: {media: blocked, turn-passed: yes}}
  - {impact: degrades, when: {media: [blocked, one-way]}}
when: {relayed: shut}
cases:
  - {given: {relayed: shut}, found: [no-turn], impact: {no-turn: risk}}
  - {given: {relayed: shut, media: open, turn-passed: yes}, found: [no-turn], impact: {no-turn: risk}}
  - {given: {relayed: shut, media: blocked, turn-passed: yes}, found: [no-turn], impact: {no-turn: blocks}}
  - {given: {relayed: shut, media: blocked}, found: [no-turn], impact: {no-turn: degrades}}
  - {given: {relayed: shut, media: one-way, turn-passed: yes}, found: [no-turn], impact: {no-turn: degrades}}
  - {given: {relayed: reached}, found: []}
"""


@pytest.fixture
def case(folder: Path) -> CaseModel:
    write(folder, "causes", "no-turn", NO_TURN)
    return case_of(folder)


@pytest.mark.parametrize(
    ("answers", "impact"),
    [
        ({}, "risk"),
        ({"media": "open", "turn_passed": "yes"}, "risk"),
        ({"media": "blocked"}, "degrades"),
        ({"media": "one-way", "turn_passed": "yes"}, "degrades"),
        ({"media": "blocked", "turn_passed": "yes"}, "blocks"),
    ],
)
def test_the_first_condition_that_holds_gives_the_impact(
    case: CaseModel, answers: dict[str, str], impact: str
) -> None:
    """An unknown answer fits no condition; without a fitting one, the cause's own impact is used."""
    judgement = judge(case, given(case, relayed="shut", **answers))
    assert judgement.standing["no-turn"] == "found"
    assert judgement.impact["no-turn"] == impact


def test_a_verdict_waits_for_what_can_change_the_impact(case: CaseModel) -> None:
    """While a check can still change the impact of a cause that is found, nothing is settled."""
    media = {spec.step for spec in case.probes["media"]}
    only = CaseModel(
        case.code, case.platform, case.edge, {"no-turn": case.causes["no-turn"]}, case.questions, case.probes
    )
    assert not settled(only, given(only, relayed="shut", turn_passed="yes"), media)
    assert settled(only, given(only, relayed="reached", turn_passed="yes"), media)


def test_each_condition_of_an_impact_needs_an_example(folder: Path) -> None:
    """The check deletes the entries of `impact_when` and their parts, and names the place of each survivor."""
    write(folder, "causes", "no-turn", NO_TURN)
    assert report(load_knowledge(folder)).problems == ()
    untested = NO_TURN.replace(", impact: {no-turn: blocks}", "").replace(
        "impact: {no-turn: degrades}", "impact: {}"
    )
    file = write(folder, "causes", "no-turn", untested)
    number = next(n for n, line in enumerate(file.read_text().splitlines(), 1) if "one-way]}}" in line)
    problems = report(load_knowledge(folder)).problems
    assert any(
        f"no-turn.yaml:{number}: no case notices no-turn: without the impact degrades" in p for p in problems
    )
    assert any("without turn-passed in impact_when" in p for p in problems)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("impact: risk\n", "", "'impact' is missing"),
        (
            "impact: risk\n",
            "impact: rsk\n",
            "'rsk' is not one of blocks, degrades, risk (did you mean risk?)",
        ),
        ("media: blocked, turn-passed", "medium: blocked, turn-passed", "there is no question 'medium'"),
        (
            "{media: [blocked, one-way]}",
            "{media: [blocked, two-way]}",
            "there is no answer of media 'two-way'",
        ),
        ("{no-turn: blocks}", "{no-tern: blocks}", "there is no cause 'no-tern'"),
    ],
)
def test_a_wrong_impact_is_refused(folder: Path, old: str, new: str, problem: str) -> None:
    """A missing or unknown impact, and unknown names in its conditions, are reported."""
    file = write(folder, "causes", "no-turn", NO_TURN)
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(KnowledgeError) as refused:
        load_knowledge(folder)
    assert any(problem in line for line in refused.value.problems), refused.value.problems


def test_a_wrong_example_of_an_impact_is_told(folder: Path) -> None:
    """An example that expects another impact is reported."""
    text = CAUSES["no-turn"].replace("found: [no-turn]", "found: [no-turn], impact: {no-turn: risk}")
    write(folder, "causes", "no-turn", text)
    assert any(
        "the impact of no-turn is blocks, not risk" in p for p in report(load_knowledge(folder)).problems
    )
