"""What a cause does to calls, where answers decide it."""

from pathlib import Path

import pytest

from knowledge.checking.check import report
from knowledge.loading.load import load_knowledge
from knowledge.model.conclusions import Diagnosis, Finding
from knowledge.model.impact import Impact
from knowledge.model.problems import KnowledgeError
from knowledge.model.schema import CaseModel
from knowledge.reasoning.diagnosis import diagnose
from knowledge.reasoning.judge import judge
from knowledge.reasoning.merge import merge
from knowledge.reasoning.outcome import finding_order
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


def conclude(case: CaseModel, **answers: str) -> Diagnosis:
    return diagnose(case, given(case, **answers), {})


ALONE = {"relayed": "shut", "media": "open", "turn_passed": "no", "names": "resolves", "port": "open"}
ALONE |= {
    "others": "open",
    "tls": "genuine",
    "upgrade": "opens",
    "distance": "near",
    "vpn": "no",
    "proof": "inside",
}


def test_a_risk_alone_is_clear(case: CaseModel) -> None:
    """A risk is listed apart, rules nothing out, and leaves the outcome clear; a cause beside it does not."""
    diagnosis = conclude(case, **ALONE)
    assert (diagnosis.outcome, diagnosis.found) == ("clear", ())
    assert [(risk.cause, risk.impact) for risk in diagnosis.risks] == [("no-turn", "risk")]
    both = conclude(case, **{**ALONE, "tls": "intercepted"})
    assert both.outcome == "found"
    assert [finding.cause for finding in both.found] == ["intercepted"]
    assert [risk.cause for risk in both.risks] == ["no-turn"]
    harmful = conclude(case, **{**ALONE, "media": "one-way"})
    assert "no-turn" in [finding.cause for finding in harmful.found]
    assert harmful.risks == ()


def test_what_can_only_be_a_risk_keeps_nothing_open(folder: Path, case: CaseModel) -> None:
    """A possible cause leaves the outcome unclear only if an answer that is missing can make it harm somebody."""
    two = NO_TURN.replace("when: {relayed: shut}", "when: {relayed: shut, version: before-3}")
    write(
        folder,
        "causes",
        "no-turn",
        two.replace("{given: {relayed: shut", "{given: {version: before-3, relayed: shut"),
    )
    case = case_of(folder)
    open_ = conclude(case, **ALONE)
    assert [judged.cause for judged in open_.possible] == ["no-turn"]
    assert open_.outcome == "clear"
    unknown = conclude(case, **{key: value for key, value in ALONE.items() if key != "media"})
    assert "no-turn" in [judged.cause for judged in unknown.possible]
    assert unknown.outcome == "unclear"


def test_a_risk_hides_nothing(folder: Path, case: CaseModel) -> None:
    """A risk explains other risks, and never a cause that affects somebody now."""
    write(folder, "causes", "no-turn", NO_TURN + "explains: [intercepted]\n")
    diagnosis = conclude(case_of(folder), **{**ALONE, "tls": "intercepted"})
    assert [finding.cause for finding in diagnosis.found] == ["intercepted"]
    blocking = conclude(case_of(folder), **{**ALONE, "tls": "intercepted", "media": "one-way"})
    assert [judged.cause for judged in blocking.explained] == ["intercepted"]


def test_the_gravest_impact_counts(case: CaseModel) -> None:
    """Of two diagnoses that are merged, the one in which the cause harms somebody decides."""
    calm, harmful = conclude(case, **ALONE), conclude(case, **{**ALONE, "media": "one-way"})
    for pair in ((calm, harmful), (harmful, calm)):
        merged = merge(pair)
        assert ("no-turn", "degrades") in [(finding.cause, finding.impact) for finding in merged.found]
        assert merged.risks == ()
        assert merged.outcome == "found"
    assert merge((calm, calm)).outcome == "clear"


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


def test_what_blocks_is_acted_on_before_what_degrades_and_has_effects() -> None:
    """A cause that blocks and explains others comes first; one that only degrades goes by its weight."""

    def finding(cause: str, impact: Impact, weight: float, *effects: str) -> Finding:
        return Finding(cause, cause, "certain", (), (), effects, ("ios",), weight, impact=impact)

    findings = [
        finding("loss", "degrades", 1, "quality"),
        finding("signaling", "blocks", 5),
        finding("portal", "blocks", 2, "signaling-tls"),
    ]
    assert [one.cause for one in sorted(findings, key=finding_order)] == ["portal", "signaling", "loss"]
