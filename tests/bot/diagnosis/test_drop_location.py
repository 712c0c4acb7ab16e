"""Where a dropped flow is lost, from traces as a relay reports them, and how it is said."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.diagnosis.drop_location import conclude, locations
from bot.diagnosis.run_record import LOCATE
from bot.rendering.drop_text import _sentences
from knowledge.model.advice import BlockedAt, Hop
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Target

SERVER, OTHER = "203.0.113.130", "203.0.113.20"
R1, R2, R3 = "192.168.1.1", "192.0.2.1", "198.51.100.1"


def trace(
    passed: Sequence[str] = (),
    others: Sequence[str] = (),
    missed: Sequence[int] = (),
    *,
    failure: Failure | None = None,
    **facts: Any,
) -> Observation:
    """A trace beside an open flow to another host; the numbers of hops are those of the lists."""
    target = Target("signaling", "voice.example", 443)
    noted = {
        "address": SERVER,
        "hello": False,
        "hops": hops(*passed),
        "reached": None,
        "missed": list(missed),
        "control_address": OTHER,
        "control_hops": hops(*others),
        "control_reached": None,
    }
    return Observation(f"{LOCATE} tcp", LOCATE, target, failure, noted | facts)


def hops(*routers: str) -> dict[str, str]:
    return {str(number): router for number, router in enumerate(routers, 1) if router}


def result(observation: Observation) -> tuple[BlockedAt | None, str]:
    (place,) = locations([conclude(observation, "tcp")], ["tcp"])
    return place.blocked_at, " ".join(_sentences([place]))


TCP, TLS = "TCP 443 to voice.example: ", "TLS handshake with voice.example, port 443: "


@pytest.mark.parametrize(
    ("observation", "place", "words"),
    [
        (trace([R1], ["", R2, R3], [2, 3]), BlockedAt(2, R2, Hop(1, R1)),
         f"lost between hop 1 ({R1}) and hop 2 ({R2})."),
        (trace([R1, R2, R3]), BlockedAt(4, None, Hop(3, R3)), f"lost after hop 3 ({R3})."),
        (trace([R1, R2, R3], control_address=SERVER, control_reached=4), BlockedAt(4, SERVER, Hop(3, R3)),
         f"lost between hop 3 ({R3}) and hop 4 ({SERVER})."),
        (trace([R1], ["", "", R3], [3]), BlockedAt(2, None, Hop(1, R1)), f"lost after hop 1 ({R1})."),
        (trace([], [R1, R2], [1, 2]), BlockedAt(1, R1, None), f"lost before hop 1 ({R1})."),
        (trace([], ["", R2], [2]), BlockedAt(2, R2, None), f"lost before hop 2 ({R2})."),
        (trace(["", R2], ["", "", R3], [3]), BlockedAt(3, R3, Hop(2, R2)),
         f"lost between hop 2 ({R2}) and hop 3 ({R3})."),
    ],
)  # fmt: skip
def test_a_drop_is_between_the_last_hop_that_answers_and_the_next(
    observation: Observation, place: BlockedAt, words: str
) -> None:
    """A router that answers for the open flow and not for the dropped one did not get the packet."""
    assert result(observation) == (place, TCP + words)


def test_a_router_that_may_have_reached_its_limit_is_not_blamed() -> None:
    """An answer for the open flow that was not confirmed says nothing about the dropped one."""
    assert result(trace([R1], ["", R2]))[0] == BlockedAt(2, None, Hop(1, R1))
    assert result(trace([], [R1]))[0] is None


@pytest.mark.parametrize("facts", [{}, {"control_hops": None}, {"control_reached": 4}])
def test_a_path_without_answers_locates_nothing(facts: dict[str, Any]) -> None:
    """If no router answers for any flow, silence says nothing about the drop, and that is said."""
    words = "no router on the path answered, so it is unknown where the packets are lost."
    assert result(trace(**facts)) == (None, TCP + words)


def test_a_flow_that_arrives_now_is_not_located() -> None:
    """If the destination answers the trace, nothing is dropped any more, and nothing is said."""
    assert result(trace([R1, R2], reached=3)) == (None, "")


def test_a_hello_has_the_names_of_its_own_connection() -> None:
    """The kernel does not say who answers for a ClientHello; the SYN to the same port does."""
    opens = {"hello": True, "control_address": SERVER, "control_reached": 4, "control_hops": hops(R1, R2, R3)}
    first = trace(hops={"1": ""}, missed=[2, 3], **opens)
    assert result(first) == (
        BlockedAt(2, R2, Hop(1, R1)),
        f"{TLS}lost between hop 1 ({R1}) and hop 2 ({R2}).",
    )
    last = trace(hops={"1": "", "2": "", "3": ""}, **opens)
    assert result(last)[0] == BlockedAt(4, SERVER, Hop(3, R3))
    assert result(trace(missed=[1, 2, 3], **opens))[0] == BlockedAt(1, R1, None)
    unnamed = trace(hops={"1": ""}, **{**opens, "control_hops": {}})
    assert result(unnamed) == (BlockedAt(2, None, Hop(1, None)), f"{TLS}lost after hop 1.")
    assert result(trace(hops={"1": ""}, reached=2, **opens)) == (None, "")


def test_where_the_connection_does_not_open_its_syn_is_located() -> None:
    """A handshake cannot be traced if the SYN is lost; then the SYN's own hops count."""
    shut = trace([], [R1], hello=True, control_address=SERVER)
    assert result(shut) == (BlockedAt(2, None, Hop(1, R1)), f"{TCP}lost after hop 1 ({R1}).")


def test_a_device_that_answers_for_the_server_at_once_locates_nothing() -> None:
    """If the first hop takes the connection itself, no router is known to have missed the ClientHello."""
    assert result(trace(hello=True, control_address=SERVER, control_reached=1))[0] is None


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"because": "acme-hq runs version 0.1.0, which does not have this check"}, "acme-hq runs version 0.1.0"),
        ({}, "this relay is not allowed to check this host"),
    ],
)  # fmt: skip
def test_a_relay_that_cannot_trace_says_why(facts: dict[str, str], words: str) -> None:
    """An older relay, or one with another policy, leaves the place open and gives its reason."""
    place, sentence = result(trace(failure=Failure.NOT_ALLOWED, **facts))
    assert place is None
    assert f"{TCP}the path could not be traced: {words}" in sentence


@pytest.mark.parametrize(
    "facts",
    [
        {"hops": None, "missed": None, "control_hops": 5},
        {"hops": ["192.0.2.1"], "missed": {"1": 2}},
        {"hops": {"x": R1, "0": R1, "65": R1, "\u00b2": R1, "2": "<@everyone>", "3": 5, "4": None, "05": R1}},
        {"control_hops": {"1": "<@everyone>"}, "missed": [1, None, "x", 99, [1]]},
        {"control_hops": {"1": R1}, "missed": [2], "control_reached": "soon"},
        {"hello": True, "hops": ["1", {}], "control_reached": 4, "reached": "soon"},
    ],
)
def test_nonsense_from_a_relay_locates_nothing(facts: dict[str, Any]) -> None:
    """What is no hop or no address is left out; it never reaches a sentence."""
    sane = trace()
    place, words = result(replace(sane, facts={**sane.facts, **facts}))
    assert place is None
    assert "everyone" not in words


def test_only_the_traces_of_a_causes_own_steps_are_its_own() -> None:
    """A trace belongs to the step whose flow it follows, with the relay's name among several relays."""
    about = conclude(trace([R1]), "tcp")
    assert list(locations([about, trace([R1])], ["tls"])) == []
    named = Observation("paris: locate tcp", LOCATE, about.target, None, {**about.facts, "relay": "paris"})
    assert list(locations([named], ["tcp"])) == []
    (place,) = locations([named], ["paris: tcp"])
    assert " (from paris)." in " ".join(_sentences([place]))
