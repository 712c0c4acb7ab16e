"""What several relays say together, from records made of what each saw."""

from dataclasses import replace

import pytest

from bot.diagnosis.comparison import compare, leading
from bot.diagnosis.ice_servers import IceServers
from bot.diagnosis.plan import make_plan
from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.triage import prepare
from bot.model.request import Request
from bot.rendering.terminal.multi_relay import render_several
from bot.rendering.view import make_view
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from probes.protocol.failures import Failure
from probes.protocol.model import REFERENCE, USER_NETWORK, Observation, Plan

KNOWLEDGE = load_knowledge()
NETWORK = load_network(None)
REQUEST = Request("31009", "javascript", relays=("acme-hq", "berlin"))
MATTER = prepare(REQUEST, KNOWLEDGE, NETWORK)


def record(
    relay: str, *, shut: str = "", word: Failure | None = None, vantage: str = USER_NETWORK
) -> RunRecord:
    """What a relay saw: TCP to the services in *shut* fails by *word*, the rest works."""
    plan = make_plan(MATTER.cases, NETWORK, IceServers(()))
    seen = {}
    for step in plan.steps:
        hit = word if (step.probe == "tcp" and step.target.service == shut) or shut == "*" else None
        behind = any(seen[one].failure for one in step.after if one in seen)
        failure = hit or (Failure.SKIPPED if behind else None)
        before = next((one for one in step.after if one in seen and seen[one].failure), "")
        facts = {"because": "the connection broke" if failure is Failure.RELAY_LOST else before}
        seen[step.id] = Observation(step.id, step.probe, step.target, failure, facts)
    answers = MATTER.answers(seen, {}, vantage)
    return RunRecord(
        request=REQUEST, network=NETWORK.id, digest=KNOWLEDGE.digest, relay=relay, vantage=vantage, turn="none",
        plan=plan, observations=seen, answers=answers, diagnosis=MATTER.diagnosis(answers, seen), started=0.0,
        timings={"prepare": 1.0, "looks": 1.0, "total": 2.0},
    )  # fmt: skip


SHUT = {"shut": "insights", "word": Failure.GENERIC_TIMEOUT_ERROR}
ONE = record("acme-hq", **SHUT)  # type: ignore[arg-type]  # named as in record


def test_what_fails_from_one_relay_only_is_that_networks_fault() -> None:
    """A cause that one relay finds and another rules out lies in the network of the first."""
    comparison = compare([ONE, record("berlin")])
    (one,) = comparison.causes
    assert (one.cause, one.scope, one.seen_from, one.fine_from) == (
        "insights-blocked", "one-network", ("acme-hq",), ("berlin",),
    )  # fmt: skip
    assert "the fault is in the network of acme-hq" in one.says


def test_what_fails_from_all_is_common() -> None:
    """A cause that every relay finds is the service's own, or common to all of them."""
    comparison = compare([ONE, replace(ONE, relay="berlin")])
    (one,) = comparison.causes
    assert one.scope == "everywhere"
    assert "in the service, or common to all" in one.says
    assert comparison.alike


def test_some_networks() -> None:
    """Two of three that share a fault share it, and the third is not blamed."""
    (one,) = compare([ONE, replace(ONE, relay="paris"), record("berlin")]).causes
    assert (one.scope, one.seen_from) == ("some-networks", ("acme-hq", "paris"))


@pytest.mark.parametrize("healthy", [True, False])
def test_reference_is_a_control(healthy: bool) -> None:
    """A reference relay that sees it work puts the fault into the network; one that sees it fail makes it common."""
    other = record("cloud", vantage=REFERENCE) if healthy else record("cloud", vantage=REFERENCE, **SHUT)  # type: ignore[arg-type]  # named as in record
    (one,) = compare([ONE, other]).causes
    assert one.scope == ("one-network" if healthy else "everywhere")
    assert "cloud (reference)" in one.says


def test_reference_alone_finds_and_rules_out_nothing() -> None:
    """What only a reference relay sees fail is no cause of anybody's network."""
    comparison = compare([record("cloud", vantage=REFERENCE, **SHUT), record("acme-hq")])  # type: ignore[arg-type]  # named as in record
    assert comparison.causes == ()


def test_lost_relay_says_nothing() -> None:
    """A relay that was lost neither confirms nor contradicts; what is missing is told."""
    lost = record("berlin", shut="*", word=Failure.RELAY_LOST)
    comparison = compare([ONE, lost])
    (one,) = comparison.causes
    assert one.scope == "not-compared"
    assert one.unknown_from == ("berlin",)
    (missing,) = comparison.missing
    assert missing.relay == "berlin"
    assert "checks did not run: the connection broke." in missing.says
    assert lost.diagnosis.found == ()
    assert lost.diagnosis.ruled_out == ()


def test_leading() -> None:
    """The first that found something stands for all; without one, a relay in the user's network does."""
    fine, cloud = record("berlin"), record("cloud", vantage=REFERENCE)
    assert leading([fine, ONE]).relay == "acme-hq"
    assert leading([cloud, fine]).relay == "berlin"


def test_text() -> None:
    """On a terminal the comparison comes first, then each relay by name with its headline."""
    records = [ONE, record("berlin")]
    views = [make_view(one, KNOWLEDGE, NETWORK) for one in records]
    text = "\n".join(line.text for line in render_several(records, views, NETWORK))
    assert text.index("only from acme-hq, not from berlin") < text.index(
        "From acme-hq (user's network): Degraded"
    )
    assert "From berlin (user's network): " in text


def test_no_plan_no_comparison() -> None:
    """Records without anything seen compare to nothing, and say so."""
    empty = replace(ONE, observations={}, plan=Plan((), 1.0), diagnosis=replace(ONE.diagnosis, found=()))
    assert compare([empty, empty]).causes == ()


def offline(relay: str, *, vantage: str = USER_NETWORK) -> RunRecord:
    """The run of a relay without a route: a resolver of its LAN answers, and nothing else can be sent."""
    fine = record(relay, vantage=vantage)
    facts = {"beyond_gateway": False, "open_count": 0}
    observations = {
        step: look if look.probe == "dns" else replace(look, failure=Failure.NETWORK_UNREACHABLE, facts=facts)
        for step, look in fine.observations.items()
    }
    answers = MATTER.answers(observations, {}, vantage)
    diagnosis = MATTER.diagnosis(answers, observations)
    return replace(fine, observations=observations, answers=answers, diagnosis=diagnosis)


def test_two_relays_without_a_route_are_no_fault_of_the_service() -> None:
    """Relays that have no internet access each have a fault of their own; the service was not checked."""
    comparison = compare([offline("acme-hq"), offline("berlin")])
    (cause,) = comparison.causes
    assert (cause.cause, cause.scope) == ("no-network", "some-networks")
    assert "in their own networks, and the service was not checked" in cause.says
    assert comparison.says == "Tested from acme-hq and berlin: acme-hq and berlin have no internet access."
    assert comparison.alike == ()


def test_a_relay_without_a_route_beside_a_healthy_one() -> None:
    """The healthy relay adds nothing: the fault is in the network of the other."""
    comparison = compare([offline("acme-hq"), record("berlin")])
    assert [(cause.cause, cause.scope) for cause in comparison.causes] == [("no-network", "one-network")]
    assert comparison.says.endswith("acme-hq has no internet access.")


def test_a_reference_without_a_route_confirms_nothing() -> None:
    """A reference relay without internet access does not make a blocked service the service's own fault."""
    comparison = compare([ONE, offline("cloud", vantage=REFERENCE)])
    (cause,) = comparison.causes
    assert (cause.cause, cause.scope) == ("insights-blocked", "not-compared")
    assert cause.unknown_from == ("cloud (reference)",)
