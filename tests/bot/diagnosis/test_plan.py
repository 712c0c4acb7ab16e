"""The plan as a value: printing it tells what will be looked at, after what, and for how long."""

from dataclasses import replace
from itertools import chain

import pytest

from bot.diagnosis.budgets import CAP, DARK, DEFAULT
from bot.diagnosis.ice_servers import IceServers, TurnServer
from bot.diagnosis.plan import make_plan, observe_known
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.model.network import Edge, Network, Service
from knowledge.model.schema import CaseModel, ProbeSpec
from knowledge.reasoning.selection import select_causes, step_id
from probes.checks import BUDGETS, PROBES
from probes.protocol.failures import Failure
from probes.protocol.model import Plan, Step, Target

NETWORK = Network(
    id="lab",
    title="Lab",
    roaming="roaming",
    edges={"near": Edge("near"), "far": Edge("far")},
    services=(
        Service(
            "signaling",
            "websocket",
            "tcp",
            443,
            {"roaming": "sig.example", "near": "near.example", "far": "203.0.113.7"},
            path="/signal",
        ),
        Service("stun", "stun", "udp", 3478, {"all": "stun.example"}),
        Service("turn", "turn", "udp", 3478, {"all": "turn.example"}),
    ),
    media_ranges=("198.51.100.0/24",),
    media_ports=(10000, 60000),
    allowed_edges=("near",),
    roots=("PEM",),
    proxy="http://192.0.2.1:3128",
)
SIGNALING = Target("signaling", "sig.example", 443, "tcp", "roaming")
DNS = replace(SIGNALING, port=53, transport="udp")
TURN = Target("turn", "turn.example", 3478, "udp")
ICE = IceServers(
    (TurnServer("turn.example", 3478, "udp", "u", "s"), TurnServer("turn.example", 443, "tls", "u", "s"))
)


def look(probe: str, target: Target, **params: object) -> ProbeSpec:
    return ProbeSpec(probe, target, params, step_id(probe, target, params))


def case(*looks: ProbeSpec, platform: str = "javascript") -> CaseModel:
    return CaseModel("31009", platform, "roaming", {}, {}, {f"q{n}": (one,) for n, one in enumerate(looks)})


def steps(*looks: ProbeSpec, network: Network = NETWORK, ice: IceServers = ICE) -> dict[str, Step]:
    return {step.probe: step for step in make_plan([case(*looks)], network, ice).steps}


def test_equal_looks_are_one_step() -> None:
    """However many questions and platforms want a look, it is made once."""
    plan = make_plan(
        [
            case(look("tcp", SIGNALING), look("dns", DNS), look("tcp", SIGNALING)),
            case(look("dns", DNS), platform="ios"),
        ],
        NETWORK,
        ICE,
    )
    assert [step.id for step in plan.steps] == [
        "tcp signaling sig.example:443/tcp",
        "dns signaling sig.example:53/udp",
    ]
    assert (plan.budget, plan.roots, plan.proxy) == (CAP, NETWORK.roots, NETWORK.proxy)


def test_edges_know_their_turn_servers() -> None:
    """The check of edges gets the first TURN server of each edge that takes TCP."""
    edges = steps(look("edges", SIGNALING), network=load_network(None))["edges"].params["turn_servers"]
    assert edges["dublin"] == {"host": "dublin.turn.twilio.com", "port": 3478}
    assert "roaming" not in edges


@pytest.mark.parametrize(
    ("probe", "after"),
    [
        ("tcp", ["dns"]),
        ("tls", ["dns", "tcp"]),
        ("websocket", ["dns", "tcp"]),
        ("http", ["dns", "tcp"]),
        ("edges", []),
        ("something-new", []),
    ],
)
def test_order(probe: str, after: list[str]) -> None:
    """A look comes after those on the same host whose failure it would only repeat."""
    made = make_plan([case(look("dns", DNS), look("tcp", SIGNALING), look(probe, SIGNALING))], NETWORK, ICE)
    step = next(one for one in made.steps if one.probe == probe)
    assert [one.split()[0] for one in step.after] == after
    assert step.budget == (BUDGETS[probe].limit if probe in BUDGETS else DEFAULT)


def test_only_what_is_looked_at_comes_before() -> None:
    """A step never waits for one that nobody wants, nor for another port of its host."""
    found = steps(look("tls", SIGNALING), look("tcp", replace(SIGNALING, port=10194)))
    assert found["tls"].after == ()


@pytest.mark.parametrize(
    ("host", "network", "v4", "v6"),
    [
        ("203.0.113.7", NETWORK, ["203.0.113.7"], []),
        (
            "sig.example",
            replace(NETWORK, addresses={"sig.example": ("203.0.113.8", "2001:db8::8")}),
            ["203.0.113.8"],
            ["2001:db8::8"],
        ),
    ],
)
def test_known_addresses(host: str, network: Network, v4: list[str], v6: list[str]) -> None:
    """Addresses and pinned names are not looked up: the answer is there, and their looks carry it."""
    wanted = [look("dns", replace(DNS, host=host)), look("tcp", replace(SIGNALING, host=host))]
    plan = make_plan([case(*wanted)], network, ICE)
    (step,) = plan.steps
    assert (step.probe, step.after, step.params["addresses"]) == ("tcp", (), v4 + v6)
    (known,) = observe_known([case(*wanted)], network, ICE).values()
    assert known.failure is None
    assert (known.facts["addresses"], known.facts["addresses6"]) == (v4, v6)


def test_params() -> None:
    """The network fills in what a probe takes besides its target."""
    edges = steps(look("edges", SIGNALING))["edges"].params
    assert edges == {
        "hosts": {"near": "near.example", "far": "203.0.113.7"},
        "addresses": {"203.0.113.7": ["203.0.113.7"]},
        "chosen": "roaming",
        "allowed": ["near"],
    }
    assert steps(look("websocket", SIGNALING))["websocket"].params == {"path": "/signal"}
    assert steps(look("http", replace(SIGNALING, port=8443)))["http"].params == {"path": "/"}
    assert steps(look("dns", DNS), network=replace(NETWORK, private_addresses=True))["dns"].params == {
        "private_ok": True,
        "others": ["near.example"],
    }
    assert steps(look("dns", replace(DNS, service="insights")))["dns"].params == {}
    assert steps(look("dns", replace(DNS, host="near.example")))["dns"].params == {"others": ["sig.example"]}
    nat = steps(look("nat", Target("stun", "stun.example", 3478, "udp")))["nat"].params
    assert nat == {"servers": [{"host": "turn.example", "port": 3478}]}
    limited = replace(NETWORK, quality={"rtt_ms": 200, "loss_percent": 3, "kbps": {"opus": 40}})
    stun = Target("stun", "stun.example", 3478, "udp")
    assert steps(look("quality", stun), network=limited)["quality"].params == {
        "limits": {"rtt_ms": 200, "loss_percent": 3},
        "servers": [{"host": "turn.example", "port": 3478}],
    }


def test_media_proof() -> None:
    """The media proof gets every TURN server with the first one's credentials, streams first."""
    network = replace(NETWORK, addresses={"turn.example": ("203.0.113.9",)})
    step = steps(look("udp_media", Target("media", "198.51.100.1", 10000, "udp")), network=network)[
        "udp_media"
    ]
    assert step.params["turn"] == [
        {"host": "turn.example", "port": 443, "transport": "tls", "addresses": ["203.0.113.9"]},
        {"host": "turn.example", "port": 3478, "transport": "udp", "addresses": ["203.0.113.9"]},
    ]
    assert (step.params["ranges"], step.params["ports"]) == (["198.51.100.0/24"], [10000, 60000])
    assert step.secrets == {"username": "u", "credential": "s"}
    assert "'s'" not in repr(step)


def test_no_media_proof_without_credentials() -> None:
    """Without TURN servers the media proof is not tried: that it cannot be is known, with the reason."""
    wanted = case(look("udp_media", Target("media", "198.51.100.1", 10000, "udp")))
    none = IceServers(because="no credentials")
    assert make_plan([wanted], NETWORK, none).steps == ()
    (known,) = observe_known([wanted], NETWORK, none).values()
    assert (known.failure, known.facts) == (Failure.NO_CREDENTIALS, {"because": "no credentials"})


def test_a_step_knows_whether_its_transport_is_offered() -> None:
    """With known ICE servers, each TURN step says whether they offer its transport; without, it says nothing."""
    tcp = replace(TURN, transport="tcp")
    wanted = case(look("turn", TURN), look("turn", tcp))
    assert [step.params["offered"] for step in make_plan([wanted], NETWORK, ICE).steps] == [True, False]
    assert all("offered" not in step.params for step in make_plan([wanted], NETWORK, IceServers()).steps)


def test_credentials_stay_with_their_service() -> None:
    """Credentials of one TURN service are never sent to another one's host."""
    foreign = IceServers((TurnServer("turn.test", 3478, "udp", "u", "s"),))
    assert steps(look("turn", TURN), ice=foreign)["turn"].secrets == {}
    assert steps(look("turn", TURN))["turn"].secrets == {"username": "u", "credential": "s"}
    assert steps(look("turn", TURN), ice=IceServers())["turn"].secrets == {}


def test_through_the_proxy() -> None:
    """What goes through a proxy waits for no lookup of its own."""
    found = steps(look("dns", DNS), look("websocket", SIGNALING, proxy=True))
    assert found["websocket"].after == ()


def real_plans() -> list[Plan]:
    knowledge, network = load_knowledge(), load_network()
    return [
        make_plan([select_causes(knowledge, network, code, platform, edge)], network, ICE)
        for code in knowledge.errors
        for platform in knowledge.platforms
        for edge in ("roaming", "frankfurt")
    ]


def test_budgets_fit_together() -> None:
    """In every plan, looks that succeed slowly leave the last one its whole limit, inside the cap."""
    for plan in real_plans():
        by_id = {step.id: step for step in plan.steps}
        for step in plan.steps:
            waited = sum(BUDGETS[by_id[one].probe].slow for one in step.after)
            assert waited + step.budget <= plan.budget, step.id


def test_dark_network_is_told_soon() -> None:
    """Where nothing answers, whatever runs first ends within four seconds, and the rest never starts."""
    first = [step for plan in real_plans() for step in plan.steps if not step.after]
    assert max(step.budget for step in first) < DARK < CAP


def test_plans_run() -> None:
    """Every plan names probes that exist, and waits only for steps of its own, without a circle."""
    for plan in real_plans():
        seen: set[str] = set()
        waiting = list(plan.steps)
        while waiting:
            ready = [step for step in waiting if set(step.after) <= seen]
            assert ready, [step.id for step in waiting]
            seen |= {step.id for step in ready}
            waiting = [step for step in waiting if step.id not in seen]
    assert {step.probe for step in chain.from_iterable(plan.steps for plan in real_plans())} <= PROBES.keys()
