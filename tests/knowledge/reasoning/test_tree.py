"""The compiled tree agrees with judging every cause by itself, and unknown answers only take away."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.model.conclusions import Answered, Answers
from knowledge.model.schema import CaseModel
from knowledge.reasoning.answers import answer, needs_met
from knowledge.reasoning.branches import Ask, Fork, Leaf, Node, branches_of, grow, next_in
from knowledge.reasoning.judge import judge
from knowledge.reasoning.tree import compile_tree, settled, walk
from probes.protocol.failures import Failure
from probes.protocol.model import Observation
from tests.knowledge.small import QUESTIONS, answered, case_of, look_at, write, write_all

STATES = [None, Failure.CONNECTION_REFUSED, Failure.SSL_LOCAL_AUTHORITY, Failure.UDP_OUTBOUND_LOST]
STATES += [Failure.UDP_INBOUND_LOST, Failure.SKIPPED, Failure.OUT_OF_TIME]


# A cause that ties a question to the one it needs, so that both stand in one branch.
LINKED = """
weight: {31009: 2}
when:
  - {port: partly, tls: broken}
  - {others: open, upgrade: cut, tls: genuine}
platforms: [javascript]
cases: [{given: {port: partly, tls: broken}, found: [linked]}]
"""


# A cause that needs the answers of two checks which do not need one another.
TWO = """
weight: {31009: 5}
when: {tls: broken, media: blocked}
cases: [{given: {tls: broken, media: blocked}, found: [two]}]
"""


@pytest.fixture(scope="module", params=["javascript", "ios", "linked"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CaseModel:
    folder = write_all(tmp_path_factory.mktemp("knowledge"))
    if request.param != "linked":
        return case_of(folder, request.param)
    write(folder, "causes", "linked", LINKED)
    return case_of(folder, "javascript")


def consistent(case: CaseModel, chosen: dict[str, str | None]) -> dict[str, Answered]:
    """Answers as chosen, where what a question needs allows it to be asked."""
    answers: dict[str, Answered] = {}
    for question in case.questions.values():
        allowed = needs_met(question, answers)
        answers[question.id] = answered(case, question.id, chosen[question.id] if allowed else None)
    return answers


def choices(case: CaseModel, unknown: bool) -> st.SearchStrategy[dict[str, str | None]]:
    none = [None] if unknown else []
    return st.fixed_dictionaries(
        {one.id: st.sampled_from([*none, *one.names]) for one in case.questions.values()}
    )


def leaves_found(node: Node, answers: Answers) -> Iterator[str]:
    """What is found on the way through a drawn tree; an unknown answer ends the way."""
    if isinstance(node, Leaf):
        yield from node.found
    elif isinstance(node, Fork):
        for part in node.parts:
            yield from leaves_found(part, answers)
    elif (given := answers[node.question].answer) is not None:
        yield from leaves_found(dict(node.edges)[given], answers)


def directly_found(case: CaseModel, answers: Answers) -> set[str]:
    return {id_ for id_, standing in judge(case, answers).standing.items() if standing == "found"}


quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(data=st.data())
def test_leaves_find_what_judging_finds(case: CaseModel, data: st.DataObject) -> None:
    """For fully known answers the leaves of all branches list exactly the causes whose conditions hold."""
    answers = consistent(case, data.draw(choices(case, unknown=False)))
    found = {id_ for root in compile_tree(case).roots for id_ in leaves_found(root, answers)}
    assert found == directly_found(case, answers)


@pytest.mark.unmeasured
def test_leaves_find_what_judging_finds_everywhere(case: CaseModel) -> None:
    """The same for every combination of answers in every branch, one branch at a time."""
    tried = 0
    for branch in branches_of(case):
        root = grow(branch)
        for names in product(*(question.names for question in branch.questions.values())):
            chosen = dict(zip(branch.questions, names, strict=True))
            answers = {id_: answered(case, id_, None) for id_ in case.questions}
            for id_, name in chosen.items():  # what is needed comes first
                needs = {q: fit for q, fit in case.questions[id_].needs.items() if q in chosen}
                if all(answers[q].answer in fit for q, fit in needs.items()):
                    answers[id_] = answered(case, id_, name)
            assert set(leaves_found(root, answers)) == directly_found(case, answers)
            tried += 1
    assert tried > 30


@pytest.mark.unmeasured
@quick
@given(data=st.data())
def test_an_unknown_answer_only_takes_away(case: CaseModel, data: st.DataObject) -> None:
    """Forgetting an answer never adds to what is found or ruled out."""
    chosen = data.draw(choices(case, unknown=True))
    forgotten = data.draw(st.sampled_from(sorted(chosen)))
    before = walk(compile_tree(case), consistent(case, chosen))
    after = walk(compile_tree(case), consistent(case, {**chosen, forgotten: None}))
    whole = {one.cause for one in (*before.found, *before.explained)}
    assert {one.cause for one in after.found} <= whole
    assert {one.cause for one in after.ruled_out} <= {one.cause for one in before.ruled_out}


@pytest.mark.unmeasured
@quick
@given(data=st.data())
def test_every_cause_is_in_one_list(case: CaseModel, data: st.DataObject) -> None:
    """However much is known, no cause is lost and none told twice; walking again gives the same."""
    answers = consistent(case, data.draw(choices(case, unknown=True)))
    tree = compile_tree(case)
    one = walk(tree, answers)
    every = [*one.found, *one.risks, *one.explained, *one.possible, *one.ruled_out, *one.not_checked]
    assert sorted(cause.cause for cause in every) == sorted(case.causes)
    assert walk(tree, answers) == one == walk(compile_tree(case), answers)


@pytest.mark.unmeasured
@quick
@given(data=st.data())
def test_the_path_asks_each_question_once(case: CaseModel, data: st.DataObject) -> None:
    """The walk comes to an end, and goes on to the next question where an answer is unknown."""
    answers = consistent(case, data.draw(choices(case, unknown=True)))
    asked = [step.question for step in walk(compile_tree(case), answers).path]
    assert len(asked) == len(set(asked))
    for step in walk(compile_tree(case), answers).path:
        assert step.answer == answers[step.question].answer


@quick
@given(data=st.data())
def test_settled_means_settled(case: CaseModel, data: st.DataObject) -> None:
    """Once settled, no result of the running checks changes a list or a confidence."""
    steps = sorted({one.step for wanted in case.probes.values() for one in wanted})
    known = data.draw(st.dictionaries(st.sampled_from(steps), st.sampled_from(STATES)))
    rest = [step for step in steps if step not in known]
    told = data.draw(st.dictionaries(st.sampled_from(["vpn", "turn"]), st.sampled_from(["yes", "no"])))
    looks = {one.step: one for wanted in case.probes.values() for one in wanted}

    def seen(failures: dict[str, Failure | None]) -> dict[str, Observation]:
        return {s: Observation(s, looks[s].probe, looks[s].target, f) for s, f in failures.items()}

    before = answer(case, seen(known), told)
    if settled(case, before, rest):
        ends = data.draw(st.fixed_dictionaries({step: st.sampled_from(STATES) for step in rest}))
        one, other = judge(case, before), judge(case, answer(case, seen({**known, **ends}), told))
        assert one == other


def test_settled_waits_for_what_matters(case: CaseModel) -> None:
    """Running checks of an open cause are waited for; when all checks have ended, there is nothing to wait for."""
    seen = look_at(case, {"": None})
    media = {step for step in seen if step.startswith("udp_media")}
    partly = {step: one for step, one in seen.items() if step not in media}
    assert not settled(case, answer(case, partly, {}), media)
    assert settled(case, answer(case, partly, {}), set())
    assert settled(case, answer(case, seen, {}), media)


def test_settled_waits_for_what_makes_a_question_due(case: CaseModel) -> None:
    """TLS was checked, but counts only once TCP is known: the TCP check is waited for."""
    alone = replace(case, causes={"intercepted": case.causes["intercepted"]})
    seen = look_at(case, {"": None, "tls": Failure.SSL_LOCAL_AUTHORITY})
    port = {one.step for one in case.probes["port"]}
    answers = answer(alone, {step: one for step, one in seen.items() if step not in port}, {})
    assert answers["tls"].answer is None
    assert not settled(alone, answers, port)


def test_settled_does_not_wait_for_what_is_ruled_out_anyway(case: CaseModel) -> None:
    """With the port open, how the other edges fare decides nothing any more."""
    seen = look_at(case, {"": None})
    edges = {step for step in seen if "near.example" in step or "far.example" in step}
    answers = answer(case, {step: one for step, one in seen.items() if step not in edges}, {})
    assert answers["others"].answer is None
    assert settled(case, answers, edges)


def test_branches_share_no_question(case: CaseModel) -> None:
    """A fault in one branch cannot hide one in another."""
    asked = [id_ for branch in branches_of(case) for id_ in branch.questions]
    assert len(asked) == len(set(asked))


def test_cheap_questions_come_before_people(case: CaseModel) -> None:
    """A person is asked only after the relay's questions in the same branch."""
    media = next(
        root for root in compile_tree(case).roots if isinstance(root, Ask) and root.question == "media"
    )
    _, relayed = next(edge for edge in media.edges if edge[0] == "open")
    assert isinstance(relayed, Ask)
    assert relayed.question == "relayed"


def test_needs_inside_a_branch_are_asked_first(case: CaseModel) -> None:
    """A question waits for what it needs, and is not asked when its needs are not met."""
    for branch, root in zip(compile_tree(case).branches, compile_tree(case).roots, strict=True):
        for question, known in asked_in(root, {}):
            for needed, fit in case.questions[question].needs.items():
                assert needed not in branch.questions or known.get(needed) in fit


def asked_in(node: Node, known: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each question of a drawn tree, with what is known when it is asked."""
    if isinstance(node, Fork):
        for part in node.parts:
            yield from asked_in(part, known)
    if isinstance(node, Ask):
        yield node.question, known
        for name, child in node.edges:
            yield from asked_in(child, {**known, node.question: name})


def test_the_likeliest_cause_comes_first(case: CaseModel) -> None:
    """The first branch settles a likeliest cause of the code, and its first question is one of that cause."""
    first = branches_of(case)[0]
    likeliest = first.causes[0]
    assert likeliest.weight[case.code] == max(cause.weight[case.code] for cause in case.causes.values())
    question = next_in(first, {})
    assert any(question in condition for condition in likeliest.when)
    weights = [branch.causes[0].weight[case.code] for branch in branches_of(case)]
    assert weights == sorted(weights, reverse=True)


def test_checks_come_before_people(folder: Path) -> None:
    """Of the questions that settle one cause, a check comes first, however much a person's answer tells."""
    both = """
        weight: {31009: 5}
        when: {vpn: yes, names: fails}
        cases: [{given: {vpn: yes, names: fails}, found: [both]}]
        """
    by_people = (
        "weight: {31009: 5}\nwhen: {turn-passed: yes}\ncases: [{given: {turn-passed: yes}, found: [a-said]}]"
    )
    write(folder, "causes", "both", both)
    write(folder, "causes", "a-said", by_people)
    write(folder, "questions", "vpn", QUESTIONS["vpn"] + "cost: 0.001")
    case = case_of(folder)
    branches = branches_of(case)
    mixed = next(branch for branch in branches if "both" in [cause.id for cause in branch.causes])
    assert next_in(mixed, {}) == "names"
    assert next_in(mixed, {"names": "fails"}) == "vpn"
    assert next_in(mixed, {"names": None}) == "vpn"
    people = [branch.causes[0].id for branch in branches if branch.causes[0].weight[case.code] == 5]
    assert people[-1] == "a-said"


def test_information_breaks_ties(folder: Path) -> None:
    """Of two checks that settle equally likely causes, the one that tells more per cost comes first."""
    cheap = QUESTIONS["tls"] + "cost: 0.5"
    write(folder, "questions", "tls", cheap)
    write(folder, "causes", "two", TWO)
    first = branches_of(case_of(folder))[0]
    assert next_in(first, {}) == "tls"
    write(folder, "questions", "tls", QUESTIONS["tls"] + "cost: 50")
    assert next_in(branches_of(case_of(folder))[0], {}) == "media"
