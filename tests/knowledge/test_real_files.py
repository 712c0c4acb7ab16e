"""The knowledge that is shipped: complete, tested to the last condition, quick, and open to one more cause."""

import shutil
from pathlib import Path

import pytest

from knowledge.advice.fill import advise
from knowledge.authoring.draw import draw
from knowledge.checking.check import report
from knowledge.loading.load import FOLDER, load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.model.schema import CaseModel, Knowledge
from knowledge.reasoning.answers import answer
from knowledge.reasoning.branches import branches_of, next_in
from knowledge.reasoning.selection import select_causes
from knowledge.reasoning.tree import compile_tree, walk
from probes.protocol.failures import Failure
from tests.knowledge.small import look_at

CAUSES = {
    *("signaling-blocked", "registration-blocked", "insights-blocked", "media-udp-blocked", "edge-mismatch"),
    *("turn-required", "legacy-signaling-port", "dns-failing", "tls-intercepted", "websocket-blocked"),
    *("edge-unreachable", "turn-blocked", "media-udp-one-way", "clock-skew", "no-network"),
}
PLATFORMS = ["android", "ios", "javascript", "react-native"]

ONE_MORE = """
id: certificate-expired
title: The service shows a certificate that is out of date
customer: The service's own certificate has run out.
impact: blocks
weight: {31009: 1}
when: {signaling-tls: misdated}
evidence: ["{host} showed a certificate that is out of date."]
fixes: {all: [{do: Tell the service., who: support}]}
references: []
symptoms:
  [out of date one, out of date two, out of date three, out of date four, out of date five, out of date six,
   out of date seven, out of date eight]
cases:
  - {given: {signaling-tls: misdated}, found: [certificate-expired]}
  - {given: {signaling-tls: genuine}, ruled_out: [certificate-expired]}
"""


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


def case_of(knowledge: Knowledge, platform: str) -> CaseModel:
    return select_causes(knowledge, load_network(None), "31009", platform)


@pytest.mark.unmeasured
def test_the_check_passes(knowledge: Knowledge) -> None:
    """Every example passes, every deletion is noticed, and nothing is untested, ambiguous, incomplete, or unused."""
    checked = report(knowledge)
    assert checked.problems == ()
    assert checked.noticed == checked.mutations > 150


def test_stored_ids_stay(knowledge: Knowledge) -> None:
    """Ids of causes and platforms are kept in old diagnoses: more may come, none may go."""
    assert knowledge.causes.keys() >= CAUSES
    assert set(PLATFORMS) <= knowledge.platforms.keys()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_tree_begins_with_the_likeliest_cause(knowledge: Knowledge, platform: str) -> None:
    """The first question about 31009 is whether TCP reaches the gateway; questions to people come last."""
    case = case_of(knowledge, platform)
    branches = branches_of(case)
    assert branches[0].causes[0].id == "signaling-blocked"
    assert next_in(branches[0], {}) == "signaling-tcp"
    first = [case.questions[next_in(branch, {}) or ""].person is not None for branch in branches]
    assert first == sorted(first)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_healthy_network_is_clear(knowledge: Knowledge, platform: str) -> None:
    """If every check succeeds, nothing is found or possible, and only questions for people are left."""
    case = case_of(knowledge, platform)
    facts = {"open_count": 8, "date_offset_s": 0.1, "roaming_open": True, "open": 1, "shut": 0}
    seen = look_at(case, {"": None}, **facts, loss_is="below")
    diagnosis = walk(compile_tree(case), answer(case, seen, {}), seen)
    assert diagnosis.outcome == "clear", (diagnosis.possible, diagnosis.not_checked)
    assert diagnosis.found == ()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_question_has_somewhere_to_look(knowledge: Knowledge, platform: str) -> None:
    """The network file has a target for each check that a question of the platform needs."""
    case = case_of(knowledge, platform)
    for question in case.questions.values():
        assert question.person or case.probes[question.id], question.id


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_tree_can_be_read(knowledge: Knowledge, platform: str) -> None:
    """The whole tree of a platform fits on a few pages, with every cause in it."""
    case = case_of(knowledge, platform)
    text = draw(compile_tree(case))
    assert len(text.splitlines()) < 340
    assert all(f"FOUND {id_}" in text for id_ in case.causes)


@pytest.mark.unmeasured
def test_a_sixteenth_cause_is_one_file(tmp_path: Path, knowledge: Knowledge) -> None:
    """A cause put into the folder is in question, found, drawn, and held to the same checks."""
    for room in ("errors", "causes", "questions", "platforms"):
        shutil.copytree(FOLDER / room, tmp_path / room)
    (tmp_path / "causes" / "certificate-expired.yaml").write_text(ONE_MORE)
    more = load_knowledge(tmp_path)
    assert more.causes.keys() - knowledge.causes.keys() == {"certificate-expired"}
    assert report(more).problems == ()
    case = case_of(more, "javascript")
    seen = look_at(case, {"": None, "tls signaling": Failure.SSL_EXPIRED_CERTIFICATE})
    diagnosis = walk(compile_tree(case), answer(case, seen, {}), seen)
    assert "certificate-expired" in [one.cause for one in diagnosis.found]
    assert "FOUND certificate-expired" in draw(compile_tree(case))
    advised = {one.id: one for one in advise(more, load_network(None), diagnosis, seen).found}
    assert advised["certificate-expired"].evidence == (
        "voice-js.roaming.twilio.com showed a certificate that is out of date.",
    )


def test_descriptions_answer_every_question_for_a_person(knowledge: Knowledge) -> None:
    """A question whose answers are words can be answered by a description; a version is read elsewhere."""
    silent = [
        question.id
        for question in knowledge.questions.values()
        if question.person and any(rule.option and rule.option.words for rule in question.answers)
        if not question.person.heard.answers
    ]
    assert silent == []
