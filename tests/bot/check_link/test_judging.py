"""What a browser shows, judged by the same tree as a relay's observations; what it cannot show stays unknown."""

from dataclasses import replace
from typing import Any

import pytest

from bot.check_link.browser_checks import BrowserChecks
from bot.check_link.result_schema import read_result
from bot.check_link.targets import CheckTargets, page_config, targets_of
from bot.check_link.verdict import join, record_of
from bot.diagnosis.aggregate import aggregate
from bot.diagnosis.engine import Engine
from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.triage import prepare
from bot.diagnosis.turn_settings import TurnSettings
from bot.model.request import Request
from probes.protocol.failures import Failure
from probes.protocol.model import REFERENCE, USER_NETWORK, Observation
from tests.bot.check_link.results import encode, result
from tests.previews.samples import sample

SILENT = "generic_timeout_error"
ABORTED = "connection_aborted"
UNKNOWN = {
    "websocket": "inconclusive",
    "http": "inconclusive",
    "stun": "inconclusive",
    "turn": "inconclusive",
}
MEDIA_UNKNOWN = {"udp_media": "inconclusive", "quality": "inconclusive"}


def targets(engine: Engine, platform: str | None = "javascript") -> CheckTargets:
    return targets_of(Request("31009", platform), engine.network, TurnSettings())


def judge(
    engine: Engine, *, platform: str | None = "javascript", vantage: str = USER_NETWORK, **changes: Any
) -> RunRecord:
    """The record of a result that is healthy except *changes*."""
    wanted = targets(engine, platform)
    sent = result(page_config(wanted, engine, ""), run="r", key="k", **changes)
    checks = BrowserChecks(read_result(encode(sent)), wanted, engine.network)
    problem = prepare(wanted.request, engine.knowledge, engine.network)
    return record_of(checks, problem, wanted.request, engine.knowledge.digest, vantage, 1.0)


def found(record: RunRecord) -> list[tuple[str, str]]:
    return [(finding.cause, finding.confidence) for finding in record.diagnosis.found]


@pytest.mark.parametrize(
    ("changes", "causes"),
    [
        ({}, []),
        ({"websocket": (SILENT, {"host_reachable": False})}, [("signaling-blocked", "certain")]),
        ({"websocket": (ABORTED, {"host_reachable": True})}, [("websocket-blocked", "likely")]),
        ({"websocket": ("websocket_closed", {"close_code": 1006})}, [("websocket-blocked", "likely")]),
        ({"http": SILENT}, [("insights-blocked", "certain")]),
        ({"udp_media": "udp_outbound_lost"}, [("media-udp-blocked", "certain")]),
        ({"udp_media": "udp_inbound_lost"}, [("media-udp-one-way", "certain")]),
        ({"turn": SILENT, "stun": SILENT, **MEDIA_UNKNOWN}, [("turn-blocked", "certain")]),
        ({"quality": (None, {"lost": 12})}, [("packet-loss", "certain")]),
        # What a browser cannot see, or what chance explains, blames nobody.
        ({"websocket": (ABORTED, {"host_reachable": False})}, []),  # DNS, a reset, or a certificate
        ({"websocket": "inconclusive"}, []),
        ({"websocket": (SILENT, {"host_reachable": True})}, []),  # a slow upgrade, perhaps
        ({"websocket": ("websocket_closed", {"close_code": 1013})}, []),  # the service is busy
        ({"http": ABORTED}, []),  # an extension blocks it, perhaps
        ({"udp_media": "inconclusive"}, []),
        ({"udp_media": ("udp_outbound_lost", {"outbound_lost": []})}, []),
        ({"udp_media": ("udp_outbound_lost", {"outbound_lost": [10_001], "open": [10_002, 10_003]})}, []),
        ({"udp_media": ("udp_inbound_lost", {"inbound_lost": [10_001], "open": [10_002, 10_003]})}, []),
        ({"udp_media": (None, {"open": [10_001]})}, []),
        ({"quality": (None, {"lost": 3})}, []),
        ({"turn": "turn_unauthorized"}, []),
        ({"turn": ABORTED}, []),
        ({"udp_media": "udp_outbound_lost", "stun": "inconclusive"}, []),  # the TURN server may drop it
        ({"udp_media": "udp_outbound_lost", "stun": (None, {"reflexive": "x"})}, []),
        ({**UNKNOWN, **MEDIA_UNKNOWN}, []),
        # Nothing answers at all: a dead line or DNS, and no control says otherwise.
        ({"websocket": SILENT, "http": SILENT, "stun": SILENT, "turn": SILENT, **MEDIA_UNKNOWN}, []),
    ],
)
def test_causes(engine: Engine, changes: dict[str, Any], causes: list[tuple[str, str]]) -> None:
    """Each fault that a browser can see is found, with the right confidence, and nothing else."""
    assert found(judge(engine, **changes)) == causes


def test_never_genuine(engine: Engine) -> None:
    """A WebSocket that opens does not show whose certificate it was: interception is not ruled out."""
    record = judge(engine)
    answers = record.answers["javascript"]
    assert answers["signaling-tls"].answer == "accepted"
    assert answers["portal"].answer == "none"
    ruled_out = {judged.cause for judged in record.diagnosis.ruled_out}
    assert "tls-intercepted" not in ruled_out
    assert {"signaling-blocked", "websocket-blocked", "media-udp-blocked", "turn-blocked"} <= ruled_out


def test_one_silent_edge(engine: Engine) -> None:
    """One edge that is silent is a risk beside the others; edges of which one is unknown say nothing of all."""
    wanted = targets(engine)
    sent = result(page_config(wanted, engine, ""), run="r", key="k")
    tokyo = next(item for item in sent["observations"] if item.get("edge") == "tokyo")
    for failure, risks in ((SILENT, ["edges-partly-blocked"]), ("inconclusive", [])):
        tokyo["failure"] = failure
        checks = BrowserChecks(read_result(encode(sent)), wanted, engine.network)
        problem = prepare(wanted.request, engine.knowledge, engine.network)
        record = record_of(checks, problem, wanted.request, "", USER_NETWORK, 1.0)
        assert found(record) == []
        assert [finding.cause for finding in record.diagnosis.risks] == risks


def test_mobile(engine: Engine) -> None:
    """For a mobile SDK, a browser says nothing about signaling; media and TURN are the same."""
    assert targets(engine, "ios").signaling == ()
    record = judge(engine, platform="ios", udp_media="udp_outbound_lost")
    assert found(record) == [("media-udp-blocked", "certain")]
    assert record.answers["ios"]["signaling-tcp"].answer is None
    assert judge(engine, platform=None).answers.keys() == {"javascript"}


def relay(engine: Engine, *, vantage: str = USER_NETWORK, **failures: Failure | None) -> RunRecord:
    """A relay's record: everything works, except *failures* by probe, with the facts that show it."""
    browser = judge(engine)
    problem = prepare(browser.request, engine.knowledge, engine.network)
    facts: dict[str, dict[str, Any]] = {
        "tcp": {"open": 0, "shut": 1} if failures.get("tcp") else {"open": 1, "shut": 0},
        "udp_media": {"in_range": True, "outbound_lost": 8},
        "edges": {"open_count": 0 if failures.get("edges") else 8, "barred_count": 0},
        "turn": {"reached": True},
    }
    observations = {
        step: replace(each, failure=failures.get(each.probe), facts=facts.get(each.probe, {}))
        for step, each in browser.observations.items()
        if each.probe != "preflight"
    }
    answers = problem.answers(observations, {}, vantage)
    diagnosis = problem.diagnosis(answers, observations)
    return replace(
        browser,
        relay="acme",
        vantage=vantage,
        observations=observations,
        answers=answers,
        diagnosis=diagnosis,
    )


def test_they_disagree(engine: Engine) -> None:
    """Where browser and relay contradict each other, neither is used, and the reason names both."""
    problem = prepare(targets(engine).request, engine.knowledge, engine.network)
    shut = relay(engine, tcp=Failure.GENERIC_TIMEOUT_ERROR, edges=Failure.GENERIC_TIMEOUT_ERROR)
    lost = relay(engine, udp_media=Failure.UDP_OUTBOUND_LOST)
    blocked = judge(engine, udp_media="udp_outbound_lost")
    pairs = (
        (shut, judge(engine), "signaling-tcp"),
        (lost, judge(engine), "media-udp"),
        (relay(engine), blocked, "media-udp"),
    )
    for other, browser, question in pairs:
        assert found(other) + found(browser)
        joined = join([other], browser, problem)
        assert [found(record) for record in joined] == [[], []]
        for record in joined:
            answered = record.answers["javascript"][question]
            assert answered.answer is None
            assert "relay acme" in answered.because
            assert "the customer's browser" in answered.because


def test_what_follows_is_open_too(engine: Engine) -> None:
    """Without the disputed answer, the questions that need it are not asked either."""
    problem = prepare(targets(engine).request, engine.knowledge, engine.network)
    shut = relay(engine, tcp=Failure.GENERIC_TIMEOUT_ERROR, edges=Failure.GENERIC_TIMEOUT_ERROR)
    _, browser = join([shut], judge(engine, websocket=(ABORTED, {"host_reachable": True})), problem)
    assert browser.answers["javascript"]["signaling-tls"].answer is None
    assert browser.answers["javascript"]["websocket"].answer is None


def test_they_agree(engine: Engine) -> None:
    """The same fault from both is found by both; a relay elsewhere, or a browser elsewhere, disputes nothing."""
    problem = prepare(targets(engine).request, engine.knowledge, engine.network)
    lost, browser = (
        relay(engine, udp_media=Failure.UDP_OUTBOUND_LOST),
        judge(engine, udp_media="udp_outbound_lost"),
    )
    assert [found(record) for record in join([lost], browser, problem)] == [
        [("media-udp-blocked", "certain")]
    ] * 2
    elsewhere = relay(engine, vantage=REFERENCE)
    assert join([elsewhere], browser, problem) == (elsewhere, browser)
    far = judge(engine, vantage=REFERENCE)
    assert join([lost], far, problem) == (lost, far)


def test_not_measured_contradicts_nothing(engine: Engine) -> None:
    """If a relay measures what a browser cannot, they do not disagree: where both are healthy, the verdict is clear."""
    browser = judge(engine)
    request = replace(browser.request, relays=("acme-hq",))
    healthy = sample(request, engine.knowledge, engine.network)
    assert healthy.answers["javascript"]["roaming-fit"].answer == "fits"
    assert browser.answers["javascript"]["roaming-fit"].answer == "unmeasured"
    problem = prepare(request, engine.knowledge, engine.network)
    assert join([healthy], browser, problem) == (healthy, browser)
    assert (healthy.diagnosis.outcome, browser.diagnosis.outcome) == ("clear", "clear")
    assert aggregate([healthy, browser]).diagnosis.outcome == "clear"


def test_clear_only_where_all_was_tested(engine: Engine) -> None:
    """A browser's record is clear if signaling and media work and nothing else failed, and not from elsewhere."""
    assert judge(engine).diagnosis.outcome == "clear"
    assert judge(engine, vantage=REFERENCE).diagnosis.outcome == "unclear"
    for changes in (
        {"websocket": "inconclusive"},
        {"udp_media": "no_credentials"},
        {"http": ABORTED},
        {"stun": "inconclusive"},
    ):
        assert judge(engine, **changes).diagnosis.outcome == "unclear", changes
    assert judge(engine, udp_media="udp_outbound_lost").diagnosis.outcome == "found"


def test_every_step_is_observed(engine: Engine) -> None:
    """Each step of a relay's plan has an observation, and what is not tested in a browser is not called fine."""
    record = judge(engine, **UNKNOWN, **MEDIA_UNKNOWN)
    fine: list[Observation] = [each for each in record.observations.values() if each.failure is None]
    assert [each.probe for each in fine] == ["preflight"]
    for platform, answers in record.answers.items():
        needed = {
            question
            for case in prepare(record.request, engine.knowledge, engine.network).cases
            for question in case.questions
            if case.platform == platform
        }
        assert needed == set(answers)
