"""Answers come from observations and replies; anything else is unknown, with the reason."""

from dataclasses import replace

import pytest

from knowledge.model.conclusions import Answered
from knowledge.model.schema import CaseModel
from knowledge.reasoning.answers import answer, compare_versions, parse_version
from probes.protocol.failures import NO_RESULT, Failure
from probes.protocol.model import REFERENCE
from tests.knowledge.small import look_at


def test_a_healthy_network_answers_what_can_be_seen(browser: CaseModel) -> None:
    """If every check succeeds, every relay question has its fine answer, and a person's question has none."""
    answers = answer(browser, look_at(browser, {"": None}), {})
    for question in browser.questions.values():
        assert answers[question.id].answer == (None if question.person else question.fine)
    assert answers["vpn"].because == "needs an answer from the user"


def test_nothing_seen_is_nothing_known(browser: CaseModel) -> None:
    """Before the first check ends, every answer is unknown and waits for it."""
    answers = answer(browser, {}, {})
    assert all(one.answer is None for one in answers.values())
    assert answers["media"].because == "still looking"
    assert answers["tls"].waits_for == ("names",)


@pytest.mark.parametrize("word", sorted(NO_RESULT))
def test_what_did_not_look_is_never_fine_nor_broken(browser: CaseModel, word: Failure) -> None:
    """Each failure word without a result leaves the answer unknown, with a sentence as the reason."""
    answers = answer(browser, look_at(browser, {"": word}), {})
    assert all(one.answer is None for one in answers.values())
    assert answers["media"].because.startswith("not checked: ")
    assert word not in answers["media"].because or word is Failure.CANCELLED


def test_the_loss_of_the_line_is_the_reason(browser: CaseModel) -> None:
    """A check that loss leaves without a result says how much the line loses."""
    seen = look_at(browser, {"udp_media": Failure.INCONCLUSIVE})
    seen = {
        step: replace(observation, facts={"loss_low_percent": 12.4, "loss_high_percent": 51.0})
        for step, observation in seen.items()
    }
    assert answer(browser, seen, {})["media"].because == (
        "no reply proves nothing here: the line loses 12 to 51 % of the packets"
    )


def test_a_skipped_look_is_left_out(browser: CaseModel) -> None:
    """What could not follow because its predecessor failed does not stop the others from answering."""
    steps = {"turn turn turn.example:443": Failure.SKIPPED, "turn": Failure.CONNECTION_REFUSED}
    given = answer(browser, look_at(browser, {"": None, **steps}), {})["relayed"]
    assert given.answer == "shut"
    assert len(given.steps) == 2


@pytest.mark.parametrize("word", [Failure.PROBE_CRASHED, Failure.OUT_OF_TIME, Failure.CANCELLED])
def test_what_follows_a_look_that_never_was_is_unknown(browser: CaseModel, word: Failure) -> None:
    """A skip after a failure is left out; a skip after a crash, however far back, may hide anything."""
    seen = look_at(browser, {"": None, "turn": Failure.CONNECTION_REFUSED})
    last = next(step for step in seen if step.startswith("turn turn turn.example:443"))
    chain = {"first": "", "second": "first", last: "second"}
    for step, because in chain.items():
        failure = Failure.SKIPPED if because else word
        facts = {"because": because}
        seen[step] = replace(seen[last], step=step, failure=failure, facts=facts)
    assert answer(browser, seen, {})["relayed"].answer is None
    seen["first"] = replace(seen["first"], failure=Failure.CONNECTION_REFUSED)
    assert answer(browser, seen, {})["relayed"].answer == "shut"


def test_skipped_looks_tell_what_failed_before(browser: CaseModel) -> None:
    """If all checks of a question were skipped, the reason says in words what failed, without ids."""
    facts = {"because": "tcp media a.example:443/tcp proxy=true", "because_failure": "connection_refused"}
    answers = answer(browser, look_at(browser, {"": Failure.SKIPPED}, **facts), {})
    assert answers["media"].because == "not checked: TCP connection to a.example, port 443 failed first"
    facts = {"because": "dns media a.example:53/udp"}
    named = answer(browser, look_at(browser, {"": Failure.SKIPPED}, **facts), {})["media"].because
    assert named == "not checked: name lookup for a.example failed first"
    assert answer(browser, look_at(browser, {"": Failure.SKIPPED}), {})["media"].because == (
        "not checked: an earlier check failed"
    )


def test_the_need_that_is_contradicted_is_told_first(phone: CaseModel) -> None:
    """With one need open and another contradicted, the reason is the contradiction: it stays."""
    tls = replace(phone.questions["tls"], needs={"others": ("open",), "port": ("open",)})
    case = replace(phone, questions={**phone.questions, "tls": tls})
    seen = look_at(case, {"dns": None, "tcp signaling roaming": Failure.GENERIC_TIMEOUT_ERROR})
    assert answer(case, seen, {})["others"].answer is None
    assert "Does TCP 443 open? shut" in answer(case, seen, {})["tls"].because


def test_unmet_needs_are_told(browser: CaseModel) -> None:
    """If TCP is blocked, TLS is not asked about, and the reason names the answer that prevents it."""
    seen = look_at(browser, {"": None, "tcp": Failure.GENERIC_TIMEOUT_ERROR})
    answers = answer(browser, seen, {})
    assert answers["port"].answer == "shut"
    assert answers["tls"].answer is None
    assert answers["tls"].because == "not checked, because of this answer: Does TCP 443 open? shut"
    assert answers["upgrade"].because.startswith("not checked, because another answer is missing: Is TLS")
    assert answers["tls"].waits_for == ()


def test_deciding_steps_are_the_evidence(browser: CaseModel) -> None:
    """An answer by `some` names the checks that decided it."""
    seen = look_at(browser, {"": None, "turn turn turn.example:3478": Failure.CONNECTION_REFUSED})
    assert answer(browser, seen, {})["relayed"].steps == ("turn turn turn.example:443/tls",)


@pytest.mark.parametrize(
    ("said", "expected"),
    [("2.9", "before-3"), ("v2", "before-3"), ("3", "from-3"), ("3.0.0-beta1", "from-3"), ("10.0", "from-3")],
)
def test_versions_are_compared_by_number(phone: CaseModel, said: str, expected: str) -> None:
    """10 is after 3, 3 is 3.0, and a suffix does not matter."""
    assert answer(phone, {}, {"sdk-version": said})["version"] == Answered(
        "version", expected, f"reported: {phone.questions['version'].says(expected)}", (), "person"
    )


@pytest.mark.parametrize("said", ["newest", "", "-1"])
def test_a_word_that_fits_nothing_is_unknown(phone: CaseModel, said: str) -> None:
    """A reply that matches no answer is quoted, not guessed."""
    given = answer(phone, {}, {"sdk-version": said})["version"]
    assert given.answer is None
    assert given.because == f"{said!r} matches no answer"


def test_words_are_told_in_any_case(browser: CaseModel) -> None:
    """YES is yes."""
    assert answer(browser, {}, {"vpn": " YES "})["vpn"].answer == "yes"


def test_a_reference_relay_answers_as_such(browser: CaseModel) -> None:
    """A reference relay's answers are kept but cannot find or rule out causes; a person's replies can."""
    answers = answer(browser, look_at(browser, {"": None}), {"vpn": "no"}, REFERENCE)
    assert (answers["port"].answer, answers["port"].firm) == ("open", None)
    assert answers["vpn"].firm == "no"


def test_a_service_that_is_nowhere_is_unknown(phone: CaseModel, browser: CaseModel) -> None:
    """A question without a target on this platform is not fine."""
    assert "old-port" not in browser.questions
    assert len(phone.probes["old-port"]) == 1
    without = CaseModel(
        phone.code, phone.platform, "", phone.causes, phone.questions, {**phone.probes, "old-port": ()}
    )
    assert answer(without, {}, {})["old-port"].because == "there is nothing to check on this platform"


def test_version_parts() -> None:
    """Only a text that starts like a version is one."""
    assert parse_version("v2.10.1-beta") == (2, 10, 1)
    assert parse_version("beta 2") == ()
    assert compare_versions((2,), (2, 0)) == 0
    assert compare_versions((2, 10), (2, 9)) == 1
