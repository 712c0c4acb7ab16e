"""Where a flow is dropped: four flows, each dropped at each of four routers, found by an ordinary user."""

import json
import os
import sys
from collections.abc import Iterator
from typing import Any, Final

import pytest

from bot.diagnosis.drop_location import conclude
from probes.protocol.json_codec import observation_from_json, plan_to_json
from probes.protocol.model import Observation, Plan, Step, Target
from tests.lab import addresses as at
from tests.lab.four_routers import ADDRESSES, ASKED, FLOWS, ROUTERS, FourRouters
from tests.lab.lab import Situation

pytestmark = [pytest.mark.root, pytest.mark.lab]

FULL: Final = os.environ.get("LINEMAN_LOCATE") == "full"
HOPS: Final = range(1, len(ROUTERS) + 1)
PAIRS: Final = [(flow, hop) for flow in FLOWS for hop in HOPS]
DIAGONAL: Final = list(zip(FLOWS, HOPS, strict=True))
LOSS: Final = tuple(f"ip {way} {at.RELAY} numgen random mod 100 < 10 drop" for way in ("saddr", "daddr"))

# The traces alone, as a relay runs them.
TRACE: Final = """
import asyncio, json, sys
from probes.protocol.json_codec import observation_to_json, plan_from_json
from probes.runner.run import run_plan
async def run():
    async with run_plan(plan_from_json(json.loads(sys.argv[1]))) as coming:
        print(json.dumps([observation_to_json(observation) async for observation in coming]))
asyncio.run(run())
"""
TARGETS: Final = {
    "syn": Target("registration", at.REGISTRATION_NAME, 443),
    "hello": Target("signaling", at.ROAMING_JAVASCRIPT, 443),
    "media": Target("media", at.RELAYED, 20000, "udp"),
    "turn": Target("turn", at.TURN_NAME, 3478, "udp"),
}
CONTROL: Final = {"host": at.INSIGHTS_NAME, "port": 443, "transport": "tcp"}


@pytest.fixture(scope="module")
def four() -> Iterator[FourRouters]:
    with FourRouters.start() as made:
        yield made


def traced(situation: Situation) -> dict[str, Observation]:
    """Trace all four flows and an open one, side by side."""
    steps = [
        Step(flow, "locate", target, 0.5, {"hello": True} if flow == "hello" else {"control": CONTROL})
        for flow, target in TARGETS.items()
    ]
    ran = situation.run([sys.executable, "-c", TRACE, json.dumps(plan_to_json(Plan(tuple(steps), 1.0)))])
    assert ran.returncode == 0, ran.stderr
    found = [observation_from_json(entry) for entry in json.loads(ran.stdout)]
    return {observation.step: observation for observation in found}


def diagnosed(situation: Situation, platform: str) -> dict[str, Any]:
    words = ["diagnose", "31009", platform, "--network", str(situation.network_file), "--json"]
    ran = situation.run([sys.executable, "-m", "bot.cli.main", *words])
    result: dict[str, Any] = json.loads(ran.stdout)
    return result


@pytest.mark.parametrize(("shift", "more"), [(0, ()), (1, ()), (2, ()), (3, ()), (1, LOSS)])
def test_each_trace_ends_at_the_router_that_drops(
    four: FourRouters, shift: int, more: tuple[str, ...]
) -> None:
    """Four flows dropped by four routers at once are told apart, at most one hop off; with 10 % loss, too."""
    four.limit_icmp(0)
    truth, found = all_at_once(four, shift, more)
    for flow, hop in truth.items():
        place = conclude(found[flow], flow).facts["blocked_at"]
        assert place, (flow, found[flow])
        assert abs(place["hop"] - hop) <= 1, (flow, hop, found[flow])
        if (before := place["last_seen"]) and before["address"]:
            assert before["address"] == ADDRESSES[before["hop"] - 1], (flow, found[flow])


def test_routers_that_stop_answering_are_not_blamed(four: FourRouters) -> None:
    """Four traces on end exhaust what Linux answers per second: then less is said, and nothing wrong."""
    four.limit_icmp(1000)
    for shift in range(len(ROUTERS)):
        truth, found = all_at_once(four, shift)
        for flow, hop in truth.items():
            place = conclude(found[flow], flow).facts["blocked_at"] or {
                "hop": 0,
                "address": None,
                "last_seen": None,
            }
            assert place["hop"] <= hop + 1, (flow, hop, found[flow])
            if place["address"]:  # then it is said that the packet did not get there
                assert place["hop"] > hop, (flow, hop, found[flow])


def all_at_once(
    four: FourRouters, shift: int, more: tuple[str, ...] = ()
) -> tuple[dict[str, int], dict[str, Observation]]:
    """Drop the four flows at the four routers, and trace them: the hop that drops each, and the trace of each."""
    truth = {flow: 1 + (number + shift) % len(ROUTERS) for number, flow in enumerate(FLOWS)}
    rules = {
        router: tuple(FLOWS[flow] for flow in FLOWS if truth[flow] == hop)
        for hop, router in enumerate(ROUTERS, 1)
    }
    return truth, traced(four.put({**rules, "fw": (*more, *rules["fw"])}))


def test_a_diagnosis_says_where(four: FourRouters) -> None:
    """`blocked_at` is within one hop of the router that drops in all diagnoses but one, and never more than two off."""
    four.limit_icmp(1000)
    errors = []
    for flow, hop in PAIRS if FULL else DIAGONAL:
        platform, cause = ASKED[flow]
        diagnosis = diagnosed(four.put({ROUTERS[hop - 1]: (FLOWS[flow],)}), platform)
        (found,) = (item for item in diagnosis["found"] if item["id"] == cause)
        place, spent = found["blocked_at"], diagnosis["timings"]["locate_ms"]
        errors.append(abs(place["hop"] - hop))
        print(f"{flow:6} dropped by hop {hop} ({ADDRESSES[hop - 1]}): {json.dumps(place)}, {spent:.0f} ms")
        assert spent < 800  # half a second, and some for a busy machine
    assert sum(error <= 1 for error in errors) >= len(errors) - 1
    assert max(errors) <= 2


def test_a_path_that_answers_nothing_is_said(four: FourRouters) -> None:
    """If no router answers, nothing is located, and the evidence says why."""
    (found,) = diagnosed(four.put({"fw": (FLOWS["media"],)}, is_silent=True), "javascript")["found"]
    assert found["id"] == "media-udp-blocked"
    assert found["blocked_at"] is None
    assert any("no router on the path answered" in text for text in found["evidence"])
