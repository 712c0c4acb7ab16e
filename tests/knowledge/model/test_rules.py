"""Rules are three-valued: what nobody saw makes nothing true and nothing false."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.loading.build import build_rule
from knowledge.model.rules import Else, ObservedValues, Rule, Truth, all_of, any_of, deciding, holds, negated
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Target

TRUTHS: tuple[Truth, ...] = (True, False, None)
STATES = [None, Failure.CONNECTION_REFUSED, Failure.GENERIC_TIMEOUT_ERROR]
RULES: list[Any] = [
    {"every": {"failure": None}},
    {"some": {"failure": "connection_refused"}},
    {"none": {"failure": ["connection_refused", "generic_timeout_error"]}},
    {"all": [{"some": {"failure": None}}, {"some": {"failure": {"not": None}}}]},
    {"any": [{"every": {"host": "a", "failure": None}}, {"none": {"failure": None}}]},
    "else",
]


def seen(failure: Failure | None, host: str = "a", **facts: object) -> ObservedValues:
    target = Target("signaling", host, 443, "tcp", "roaming")
    return ObservedValues("tcp", target, Observation(host, "tcp", target, failure, facts))


def running(host: str = "a") -> ObservedValues:
    return ObservedValues("tcp", Target("signaling", host, 443, "tcp", "roaming"), None)


@pytest.mark.parametrize("raw", RULES, ids=str)
def test_unknown_is_what_could_still_be_either(raw: Any) -> None:
    """A rule that is true (false) while looks still run stays so, however they end."""
    rule = build_rule(raw)
    for states in product([*STATES, "running"], repeat=3):
        now = [running() if state == "running" else seen(state) for state in states]
        ends = [STATES if state == "running" else [state] for state in states]
        futures = {holds(rule, [seen(state) for state in end]) for end in product(*ends)}
        truth = holds(rule, now)
        assert truth is None or futures == {truth}
        assert len(futures) > 1 or truth is not None or "all" in raw or "any" in raw


@given(st.lists(st.sampled_from(TRUTHS), max_size=5))
def test_kleene(truths: list[Truth]) -> None:
    """And, or and not obey De Morgan, and false (true) wins over unknown."""
    assert negated(all_of(truths)) is any_of(map(negated, truths))
    assert all_of(truths) is (False if False in truths else None if None in truths else True)


@pytest.mark.parametrize(
    ("match", "true"),
    [
        ({"failure": None}, False),
        ({"failure": "connection_refused"}, True),
        ({"failure": ["eof_error", "connection_refused"]}, True),
        ({"failure": {"not": None}}, True),
        ({"failure": {"not": ["eof_error", "connection_refused"]}}, False),
        ({"host": "a", "port": 443, "transport": "tcp", "edge": "roaming", "service": "signaling"}, True),
        ({"probe": "tcp"}, True),
        ({"probe": "tls"}, False),
        ({"ms": {"above": 10}}, True),
        ({"ms": {"above": 10.5}}, False),
        ({"ms": {"below": 10.5}}, False),
        ({"ms": 10.5}, True),
        ({"open": 1}, False),
        ({"open": True}, True),
        ({"open": {"above": 0}}, False),
        ({"none": None}, True),
        ({"missing": None}, False),
        ({"missing": {"not": "x"}}, False),
    ],
)
def test_tests_of_one_observation(match: dict[str, Any], true: bool) -> None:
    """Each kind of test says what it says: true is not 1, a missing fact matches nothing."""
    one = seen(Failure.CONNECTION_REFUSED, ms=10.5, open=True, none=None)
    assert holds(build_rule({"some": match}), [one]) is true


@pytest.mark.parametrize("word", ["skipped", "cancelled", "out_of_time", "inconclusive", "probe_crashed"])
def test_what_did_not_look_has_labels_only(word: str) -> None:
    """Facts noted before a step gave up do not decide, and its word is neither a failure nor a success."""
    one = seen(Failure(word), ms=5)
    assert holds(build_rule({"some": {"ms": 5}}), [one]) is None
    assert holds(build_rule({"some": {"failure": word}}), [one]) is None
    assert holds(build_rule({"some": {"host": "a"}}), [one]) is True
    assert holds(build_rule({"some": {"host": "b", "ms": 5}}), [one]) is False


def hosts(rule: Any, *many: ObservedValues) -> list[str]:
    return [one.target.host for one in deciding(build_rule(rule), many)]


def test_deciding_looks() -> None:
    """`some` is decided by those that match, the others by all; a combination by the parts that hold."""
    good, bad = seen(None, "good"), seen(Failure.EOF_ERROR, "bad")
    assert hosts({"some": {"failure": "eof_error"}}, good, bad) == ["bad"]
    assert hosts({"none": {"failure": "connection_reset"}}, good, bad) == ["good", "bad"]
    either = {"any": [{"some": {"failure": "eof_error"}}, {"every": {"failure": None}}]}
    assert hosts(either, good, bad) == ["bad"]
    assert hosts("else", good, bad) == ["good", "bad"]


def test_else_is_a_rule() -> None:
    """`else` is written as a word and holds over anything."""
    rule: Rule = build_rule("else")
    assert rule == Else()
    assert holds(rule, [running()]) is True
