"""Which flows are traced after a verdict, and what becomes of the traces."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.diagnosis.comparison import compare, missing_from
from bot.diagnosis.ice_servers import IceServers, TurnServer
from bot.diagnosis.locate import locate, make_trace_plan
from bot.diagnosis.plan import make_plan
from bot.diagnosis.run_record import LOCATE, RunRecord
from bot.diagnosis.triage import prepare
from bot.model.request import Request
from bot.rendering.json.diagnosis import render
from bot.rendering.view import make_view
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from probes.protocol.failures import Failure
from probes.protocol.model import USER_NETWORK, Observation, Plan, Step

KNOWLEDGE = load_knowledge()
NETWORK = load_network(None)
REQUEST = Request("31009", "javascript")
PROBLEM = prepare(REQUEST, KNOWLEDGE, NETWORK)
ICE = IceServers((TurnServer("global.turn.twilio.com", 3478, "udp", "user", "password"),))
SILENT = Failure.GENERIC_TIMEOUT_ERROR
Answer = tuple[Failure | None, Mapping[str, Any]]


def record(network_fails: Mapping[str, Answer]) -> RunRecord:
    """A run in which the steps whose id begins as a key of *network_fails* end so, and the others well."""
    plan = make_plan(PROBLEM.cases, NETWORK, ICE)
    words = {
        step.id: answer
        for step in plan.steps
        for key, answer in network_fails.items()
        if step.id.startswith(key)
    }
    observations = {
        step.id: Observation(step.id, step.probe, step.target, *words.get(step.id, (None, {})), started=1.0)
        if not (behind := [id_ for id_ in step.after if id_ in words])
        else Observation(step.id, step.probe, step.target, Failure.SKIPPED, {"because": behind[0]})
        for step in plan.steps
    }
    answers = PROBLEM.answers(observations, {}, USER_NETWORK)
    return RunRecord(
        request=REQUEST, network=NETWORK.id, digest=KNOWLEDGE.digest, relay="local", vantage=USER_NETWORK, turn="given",
        plan=plan, observations=observations, answers=answers, diagnosis=PROBLEM.diagnosis(answers, observations),
        started=1.0, timings={"prepare": 1.0, "looks": 1.0, "total": 2.0},
    )  # fmt: skip


def tried(address: str, failure: Failure | None) -> dict[str, Any]:
    return {"tried": [{"address": "203.0.113.9", "failure": None}, {"address": address, "failure": failure}]}


SYN_SILENT: dict[str, Answer] = {
    "tcp signaling": (SILENT, tried("203.0.113.7", SILENT)),
    "edges": (None, {"open_count": 0, "shut_count": 8, "open": [], "shut": ["ashburn"]}),
}
TLS_SILENT: dict[str, Answer] = {"tls signaling": (SILENT, {"stage": "hello"})}
PORTS = [
    {"port": 11000, "outbound": True, "icmp_from": ""},
    {"port": 12000, "outbound": False, "icmp_from": "192.0.2.1"},
    {"port": 13000, "outbound": False, "icmp_from": ""},
]
MEDIA = {
    "relayed_address": "198.51.100.10",
    "in_range": True,
    "tried": PORTS,
    "outbound_lost": 2,
    "outbound_ok": 1,
}
MEDIA_SILENT: dict[str, Answer] = {"udp_media": (Failure.UDP_OUTBOUND_LOST, MEDIA)}


@dataclass
class ScriptedRelay:
    """A relay that answers each step as `answers` says; a trace without an answer has no result."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    name: str = "local"
    vantage: str = USER_NETWORK
    plans: list[Plan] = field(default_factory=list)

    @asynccontextmanager
    async def run(self, plan: Plan) -> AsyncIterator[AsyncIterator[Observation]]:
        self.plans.append(plan)
        yield self._observe(plan)

    async def _observe(self, plan: Plan) -> AsyncIterator[Observation]:
        for step in plan.steps:
            answers = (
                answer for key, answer in self.answers.items() if step.id.startswith(f"{LOCATE} {key}")
            )
            failure, facts = next(answers, (Failure.RELAY_LOST, {"because": "the relay disconnected"}))
            yield Observation(step.id, step.probe, step.target, failure, facts)


def traces(of: RunRecord) -> list[Step]:
    planned = make_trace_plan(of)
    assert planned
    assert all(step.id.startswith(f"{LOCATE} ") for step in planned.steps)
    return list(planned.steps)


def test_a_dropped_syn_is_traced_to_the_address_that_was_silent() -> None:
    """The trace goes to the same place, beside one of a flow that is open."""
    (step,) = traces(record(SYN_SILENT))
    assert (step.id, step.probe) == ("locate tcp signaling voice-js.roaming.twilio.com:443/tcp", LOCATE)
    assert str(step.target) == "voice-js.roaming.twilio.com:443/tcp"
    open_flow = {"host": "eventgw.twilio.com", "port": 443, "transport": "tcp"}
    assert step.params == {"address": "203.0.113.7", "control": open_flow}


def test_a_dropped_hello_is_traced_as_such() -> None:
    """Where the connection opens and the ClientHello is lost, the trace is of the ClientHello."""
    (step,) = traces(record(TLS_SILENT))
    assert step.params["hello"] is True


def test_media_are_traced_to_a_port_that_is_silent() -> None:
    """The relayed address and a port of it that dropped, not one that a router rejected."""
    (step,) = traces(record(MEDIA_SILENT))
    assert (step.target.service, str(step.target)) == ("media", "198.51.100.10:13000/udp")


def test_turn_is_traced_over_udp() -> None:
    """Where every transport to TURN is silent, UDP is traced."""
    (step,) = traces(record({"turn": (SILENT, {}), "stun": (SILENT, {})}))
    assert (step.target.service, step.target.transport) == ("turn", "udp")


@pytest.mark.parametrize(
    "nothing",
    [
        {},
        SYN_SILENT | {"tcp signaling": (Failure.CONNECTION_REFUSED, {})},
        SYN_SILENT | {"tcp signaling": (Failure.ADMIN_PROHIBITED, {"icmp_from": "192.0.2.1"})},
        {"tls signaling": (Failure.CONNECTION_RESET, {"stage": "hello"})},
        {"tls signaling": (SILENT, {"stage": "mid"})},
    ],
)
def test_what_was_not_dropped_is_not_traced(nothing: Mapping[str, Answer]) -> None:
    """A healthy network, a rejection, and a handshake that got further have no place to look for."""
    made = record(nothing)
    assert bool(made.diagnosis.found) is bool(nothing)
    assert make_trace_plan(made) is None


async def test_nothing_is_asked_of_a_relay_where_nothing_was_dropped() -> None:
    """A verdict without a drop costs no second plan."""
    relay = ScriptedRelay()
    healthy = record({})
    assert await locate(healthy, relay) is healthy
    assert relay.plans == []


async def test_the_location_is_part_of_the_answer() -> None:
    """The cause has the place in its evidence and as `blocked_at`; the time is counted apart from the verdict's."""
    facts = {"address": "203.0.113.7", "hops": {"1": "192.168.1.1"}, "reached": None, "missed": [2]}
    relay = ScriptedRelay({"tcp signaling": (None, facts | {"control_hops": {"2": "192.0.2.1"}})})
    before = record(SYN_SILENT)
    after = await locate(before, relay)
    shown = render(after, make_view(after, KNOWLEDGE, NETWORK), NETWORK, "1")
    (found,) = [
        item for item in (*shown["found"], *shown.get("risks", ())) if item["id"] == "signaling-blocked"
    ]
    assert found["blocked_at"] == {
        "hop": 2, "address": "192.0.2.1", "last_seen": {"hop": 1, "address": "192.168.1.1"},
    }  # fmt: skip
    said = "TCP 443 to voice-js.roaming.twilio.com: lost between hop 1 (192.168.1.1) and hop 2 (192.0.2.1)."
    assert found["evidence"][1] == said
    assert after.timings["total"] == before.timings["total"]
    assert shown["timings"]["locate_ms"] > 0
    again = PROBLEM.conclude(replace(after, request=replace(REQUEST, answers={"vpn": "no"})))
    assert said in make_view(again, KNOWLEDGE, NETWORK).found[0].evidence
    assert again.diagnosis.unexplained == before.diagnosis.unexplained


@pytest.mark.parametrize("word", [Failure.NOT_SUPPORTED, Failure.NOT_ALLOWED, Failure.RELAY_LOST])
async def test_a_relay_that_cannot_trace_changes_no_verdict(word: Failure) -> None:
    """A relay without the check, or gone by then: the answer stays and says why; no other check counts as missing."""
    before = record(SYN_SILENT)
    because = "acme-hq runs version 0.1.0, which does not have this check"
    after = await locate(before, ScriptedRelay({"": (word, {"because": because})}))
    (found,) = make_view(after, KNOWLEDGE, NETWORK).found
    assert found.blocked_at is None
    assert (
        f"TCP 443 to voice-js.roaming.twilio.com: the path could not be traced: {because}." in found.evidence
    )
    assert after.diagnosis == before.diagnosis
    assert missing_from(after) is None
    assert compare([after, after]).missing == ()
