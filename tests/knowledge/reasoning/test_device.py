"""An answer from the user's device is combined with the relay's, and never counts for more than it shows."""

from dataclasses import replace
from typing import Any

import pytest

from knowledge.checking.check import report
from knowledge.loading.build import build_rule
from knowledge.model.conclusions import Answered, By
from knowledge.model.schema import CaseModel, DeviceAnswer, Knowledge, Question
from knowledge.reasoning.answers import answer
from knowledge.reasoning.device import reported, reports_in, shown_by, with_device
from probes.protocol.model import Observation
from tests.knowledge.small import look_at


@pytest.fixture
def question(browser: CaseModel) -> Question:
    """A question that a device can answer: port, with open and shut, and one answer of the device's own."""
    weaker = DeviceAnswer(
        "somehow", build_rule({"some": {"up": "somehow"}}), "it went through", ("open",), ("odd",)
    )
    shut = DeviceAnswer("shut", build_rule({"some": {"up": False}}))
    return replace(browser.questions["port"], device=(weaker, shut))


def given(name: str | None, by: By = "relay") -> Answered:
    return Answered("port", name, "seen: something", ("a look",), by)


def shows(question: Question, answered: Answered, **facts: Any) -> Answered:
    return with_device(question, answered, [reported(facts)])


def test_a_device_answers_what_no_relay_could(question: Question) -> None:
    """An unknown is filled in, firmly, with the report as the step behind it; no fact fills in nothing."""
    filled = shows(question, given(None), up="somehow")
    assert (filled.answer, filled.firm, filled.by, filled.steps) == (
        "somehow",
        "somehow",
        "device",
        ("preflight",),
    )
    assert "it went through" in filled.because
    assert shows(question, given(None), other=1) == given(None)


def test_what_agrees_leaves_the_relay_its_answer(question: Question) -> None:
    """A relay's stronger answer stays, with the device named beside it; one that says less yields."""
    both = shows(question, given("open"), up="somehow")
    assert (both.answer, both.by, both.steps) == ("open", "relay", ("a look", "preflight"))
    assert "it went through" in both.because
    assert shows(question, given("odd"), up="somehow").answer == "somehow"
    assert shows(question, given("shut"), up=False).answer == "shut"


def test_a_contradiction_leaves_the_question_open(question: Question) -> None:
    """Neither is taken, nobody will be asked, and the reason names both."""
    both = shows(question, given("shut"), up="somehow")
    assert both.answer is None
    assert both.waits_for == ()
    assert "seen: something" in both.because
    assert "they disagree" in both.because


def test_a_reference_relay_yields_to_the_device(question: Question) -> None:
    """The device's answer replaces a reference relay's, because the device is in the user's network."""
    for name in ("open", "shut"):
        told = shows(question, given(name, "reference"), up="somehow")
        assert (told.answer, told.by) == ("somehow", "device")


def test_what_nobody_placed_finds_nothing(question: Question) -> None:
    """Output of unknown origin gives an answer that does not count and does not change the relay's."""
    told = shows(question, given(None), up="somehow", placed=False)
    assert (told.answer, told.firm) == ("somehow", None)
    assert shows(question, given("shut"), up="somehow", placed=False).answer == "shut"


def test_reports_that_differ_show_nothing(question: Question) -> None:
    """Two reports with two answers leave the relay's as it is."""
    two = [reported({"up": "somehow"}), reported({"up": False})]
    assert with_device(question, given("open"), two) == given("open")


def test_reports_stand_among_the_observations(browser: CaseModel, question: Question) -> None:
    """A report is found by its probe among what the relay saw, and changes no look of the relay's."""
    seen = look_at(browser, {"": None})
    one = reported({"up": False})
    assert reports_in({**seen, one.step: one}) == (one,)
    case = replace(browser, questions={**browser.questions, "port": question})
    answers = answer(case, {**seen, one.step: one}, {})
    assert answers["port"].answer is None
    unchanged = answer(browser, {**seen, one.step: one}, {})
    assert unchanged == answer(browser, seen, {})


def test_the_first_that_holds_is_shown(question: Question) -> None:
    """Rules are tried in order, and a report without the fact shows none."""
    assert (one := shown_by(question, reported({"up": "somehow"}))) is not None
    assert one.name == "somehow"
    assert shown_by(question, reported({})) is None


def test_the_check_wants_a_case_for_each_answer_of_a_device(knowledge: Knowledge, question: Question) -> None:
    """A device rule that no example needs is reported, and so is an answer that no example gives."""
    told = report(replace(knowledge, questions={**knowledge.questions, "port": question})).problems
    assert any("without the device's answer somehow" in problem for problem in told)
    assert any("no case gives the answer somehow" in problem for problem in told)


def test_an_observation_of_a_device_is_one_that_travels() -> None:
    """It looked, and has no failure word: what it says stands in its facts."""
    one = reported({"up": True, "service": "signaling"})
    assert isinstance(one, Observation)
    assert one.has_result
    assert one.target.service == "signaling"
