"""A case model has the causes of a code on a platform, their questions, and each needed check once."""

from pathlib import Path

from knowledge.loading.load import load_knowledge
from knowledge.model.schema import CaseModel, EdgeScope, Knowledge
from knowledge.reasoning.selection import select_causes, step_id
from probes.protocol.model import Target
from tests.knowledge.small import CODE, QUESTIONS, Town, write


def test_causes_of_the_code_and_platform(knowledge: Knowledge) -> None:
    """A cause that does not name the code, or is for another platform, is not in question."""
    assert "too-old" not in select_causes(knowledge, Town(), "31009", "javascript").causes
    assert list(select_causes(knowledge, Town(), "31000", "ios").causes) == ["too-old"]
    assert select_causes(knowledge, Town(), "99999", "ios").causes == {}


def test_causes_come_most_common_first(browser: CaseModel) -> None:
    """The order of a case is that of the weights."""
    weights = [cause.weight["31009"] for cause in browser.causes.values()]
    assert weights == sorted(weights, reverse=True)


def test_needed_questions_come_first(browser: CaseModel) -> None:
    """Everything that is needed is in the case, before who needs it."""
    order = list(browser.questions)
    for question in browser.questions.values():
        for needed in question.needs:
            assert order.index(needed) < order.index(question.id)


def test_one_look_serves_several_questions(browser: CaseModel) -> None:
    """The media check runs once, although two questions ask about it."""
    assert browser.probes["media"] == browser.probes["proof"]


def test_a_service_that_the_network_lacks_is_nobodys_cause(knowledge: Knowledge) -> None:
    """If a network lacks a service, the causes that depend on checking it are left out."""

    class Nowhere(Town):
        def targets(
            self, service: str, platform: str, scope: EdgeScope, chosen: str, /
        ) -> tuple[Target, ...]:
            return ()

    assert select_causes(knowledge, Nowhere(), CODE, "javascript").causes == {}


def test_a_look_for_each_named_resolver_and_one_through_whatever_proxy(folder: Path) -> None:
    """`resolver: each` is one look a resolver of the network file, `proxy: true` one, as the relay may know a proxy."""
    names = QUESTIONS["names"].replace("service: signaling}", "service: signaling, params: {resolver: each}}")
    upgrade = QUESTIONS["upgrade"].replace("params: {path: /signal}", "params: {proxy: true}")
    write(folder, "questions", "names", names)
    write(folder, "questions", "upgrade", upgrade)
    knowledge = load_knowledge(folder)
    town = Town(resolvers=("192.0.2.1", "192.0.2.2"))
    case = select_causes(knowledge, town, CODE, "javascript")
    assert [one.params for one in case.probes["names"]] == [
        {"resolver": "192.0.2.1"},
        {"resolver": "192.0.2.2"},
    ]
    assert [one.params for one in case.probes["upgrade"]] == [{"proxy": True}]
    assert "names" not in select_causes(knowledge, Town(), CODE, "javascript").questions


def test_questions_for_other_platforms_are_dropped(phone: CaseModel) -> None:
    """On a phone nobody asks about WebSockets, nor finds what only they show."""
    assert "upgrade" not in phone.questions
    assert "stripped" not in phone.causes


def test_the_chosen_edge_is_looked_at(knowledge: Knowledge) -> None:
    """A chosen edge replaces roaming in all checks except those about roaming."""
    case = select_causes(knowledge, Town(), "31009", "javascript", "far")
    assert [one.target.host for one in case.probes["port"]] == ["far.example"]
    assert [one.target.host for one in case.probes["distance"]] == ["roaming.example"]
    assert [one.target.host for one in case.probes["others"]] == ["near.example", "far.example"]


def test_names_are_looked_up_where_names_are(browser: CaseModel) -> None:
    """A name lookup goes to port 53, not to the service's port."""
    (wanted,) = browser.probes["names"]
    assert wanted.step == "dns signaling roaming.example:53/udp"


def test_step_ids_tell_params_apart() -> None:
    """Short params are read in the id, long ones make it differ all the same."""
    target = Target("signaling", "a.example", 443)
    plain = step_id("tls", target, {})
    assert plain == "tls signaling a.example:443/tcp"
    assert step_id("tls", target, {"path": "/x", "proxy": True}) == f"{plain} path=/x proxy=true"
    long_, other = ({"path": letter * 60} for letter in "ab")
    assert step_id("tls", target, long_) != step_id("tls", target, other)
    assert len(step_id("tls", target, long_)) == len(plain) + 9
