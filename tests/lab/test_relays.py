"""Relays in the lab: the hub at the service's side, a relay behind NAT and firewall, others outside of them."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.hub.processes import Town
from tests.lab import addresses as at
from tests.lab import scenarios
from tests.lab.counting import connections
from tests.lab.hubs import HUB, hub_in, outside
from tests.lab.lab import Lab, Situation
from tests.lab.service_faults import outage
from tests.lab.world import World

pytestmark = [pytest.mark.root, pytest.mark.lab]

INSIDE, OUTSIDE, REFERENCE = "acme-hq", "berlin", "cloud"
FLOWS = 4  # steps at most of a plan that locates where packets are dropped


@pytest.fixture(scope="module")
def place(lab: Lab) -> Iterator[Town]:
    """The hub, and three relays that have joined it and run: behind the firewall, outside of it, and a reference."""
    with hub_in(lab) as here:
        outer = partial(outside, lab)
        for name, wrap in ((INSIDE, lab.put(World()).command), (OUTSIDE, outer), (REFERENCE, outer)):
            here.join(name, wrap, more=("--vantage", "reference") if name == REFERENCE else ())
            here.start_relay(name, wrap)
        here.until(lambda: len(here.connected()) == 3)
        yield here


def ask(place: Town, situation: Situation, *relays: str, options: Sequence[str] = ()) -> dict[str, Any]:
    """Diagnose from *relays*; gives the JSON reply."""
    words = ["diagnose", "31009", "javascript", "--relay", ",".join(relays), *options]
    done = place.lineman(*words, "--network", str(situation.network_file), "--json")
    assert done.returncode in (0, 1, 3), done.stdout + done.stderr + place.log("hub")
    reply: dict[str, Any] = json.loads(done.stdout)
    return reply


def found(reply: dict[str, Any], relay: str) -> list[str]:
    (one,) = [one for one in (reply, *reply.get("others", ())) if one["relay"]["name"] == relay]
    return [cause["id"] for cause in one["found"]]


@pytest.mark.parametrize("name", ["signaling-blocked-drop", "media-udp-blocked", "tls-intercepted-unknown"])
def test_fault_of_one_network(lab: Lab, place: Town, name: str) -> None:
    """One command asks three relays: the one behind the fault names it, and the comparison puts it into its network."""
    scenario = scenarios.load(name)
    with lab.scenario(scenario) as situation:
        reply = ask(place, situation, INSIDE, OUTSIDE, REFERENCE)
    assert found(reply, INSIDE) == list(scenario.found)
    assert found(reply, OUTSIDE) == []
    assert found(reply, REFERENCE) == []
    (cause,) = reply["comparison"]["causes"]
    assert cause["scope"] == "one-network", cause
    assert cause["seen_from"] == [INSIDE]
    assert cause["fine_from"] == [OUTSIDE, f"{REFERENCE} (reference)"]


@pytest.mark.parametrize("name", ["packet-loss-20", "mtu-both-1300", "media-udp-blocked"])
def test_a_relay_without_privileges_does_all_of_it(lab: Lab, place: Town, name: str) -> None:
    """Loss, a small MTU, and the place of a drop are found by a relay that has no capability and can get none."""
    relay = place.running[1]
    status = Path(f"/proc/{relay.pid}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split() == ["65534"] * 4
    assert {int(fields[f"Cap{kind}"], 16) for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {0}
    assert fields["NoNewPrivs"] == "1"
    scenario = scenarios.load(name)
    world = scenario.world()
    world.forward["fw"] = [f"ip {way} {HUB} accept" for way in ("saddr", "daddr")] + world.forward["fw"]
    reply = ask(place, lab.put(world), INSIDE)
    assert found(reply, INSIDE) == list(scenario.found)
    measurements, place_of_drop = reply["measurements"], reply["found"][0]["blocked_at"]
    assert (measurements["loss_percent"] > 0) is (name == "packet-loss-20")
    assert (measurements["path_mtu"] == 1300) is (name == "mtu-both-1300")
    if name == "media-udp-blocked":
        assert place_of_drop["last_seen"] == {"hop": 1, "address": at.GATEWAY}


def test_fault_of_the_service(lab: Lab, place: Town) -> None:
    """What fails upstream from every relay, including the reference relay, is the service's fault: other sites work."""
    world = World()
    world.add_forward(f"ip daddr {{ {', '.join(at.JAVASCRIPT)} }} tcp dport 443 drop", "r2")
    reply = ask(place, lab.put(world), INSIDE, OUTSIDE, REFERENCE)
    (cause,) = reply["comparison"]["causes"]
    assert (cause["id"], cause["scope"]) == ("service-failing", "everywhere")
    assert found(reply, INSIDE) == found(reply, OUTSIDE) == ["service-failing"]
    assert found(reply, REFERENCE) == []
    assert "signaling-blocked" in [effect["id"] for effect in reply["explained"]]


@pytest.mark.parametrize("how", ["refuse", "busy"])
def test_outage_of_the_service(lab: Lab, place: Town, how: str) -> None:
    """Gateways that all refuse or answer 503 are likely blocked from one relay. A reference relay shows the outage."""
    world = World()
    outage(world, how)
    situation = lab.put(world)
    alone = ask(place, situation, INSIDE)
    assert [cause["confidence"] for cause in alone["found"]] == ["likely"]
    assert "or an outage of the service" in " ".join(alone["found"][0]["evidence"])
    reply = ask(place, situation, INSIDE, REFERENCE)
    assert [(cause["id"], cause["confidence"]) for cause in reply["found"]] == [
        ("service-failing", "certain")
    ]
    assert "According to the code" not in " ".join(reply["found"][0]["evidence"])
    assert "The fault is in the service" in reply["comparison"]["causes"][0]["says"]


def test_only_a_proxy_leads_out(lab: Lab, place: Town) -> None:
    """If only an authenticated proxy of the host gives internet access, a relay joins, serves and reports the proxy."""
    proxy = at.PROXY_WITH_PASSWORD
    with lab.scenario("proxy-only-unnamed") as situation:
        place.join("proxied", situation.command, LINEMAN_RELAY_PROXY=proxy)
        relay = place.start_relay("proxied", situation.command, LINEMAN_RELAY_PROXY=proxy)
        place.until(lambda: "proxied" in place.connected())
        reply = ask(place, situation, "proxied")
    place.stop(relay)
    assert "missing" not in reply["relay"]
    assert found(reply, "proxied") == ["proxy-required"]
    (cause,) = reply["found"]
    assert cause["confidence"] == "certain"
    evidence = "\n".join(cause["evidence"])
    assert "Without the proxy, TCP 443 to" in evidence
    assert f"Through the proxy {at.NEAR}:3129, the WebSocket opens" in evidence
    assert at.TURN_PASSWORD not in json.dumps(reply)


def start(place: Town, situation: Situation) -> subprocess.Popen[str]:
    """Begin a diagnosis by the relay behind the firewall; returns when its plan runs there."""
    before = len(began(place))
    words = ["diagnose", "31009", "javascript", "--relay", INSIDE, "--network", str(situation.network_file)]
    process = place.start_lineman(*words, "--json")
    place.until(lambda: len(began(place)) > before)
    return process


def began(place: Town) -> list[str]:
    """The plans that the relay behind the firewall began, by its own journal: each as often as it did."""
    return [plan for plan, _ in _journal(place)]


def diagnosed(place: Town) -> list[str]:
    """Those of them that look at the whole case; a short one afterwards locates where packets are dropped."""
    return [plan for plan, steps in _journal(place) if int(steps) > FLOWS]


def _journal(place: Town) -> list[tuple[str, str]]:
    return re.findall(r"INFO plan (\w+) for .*: (\d+) steps", place.log(INSIDE))


def welcomed(place: Town) -> int:
    """How often the hubs of this test took in the relay behind the firewall, by their journal: no process to start."""
    return place.log("hub").count(f"relay {INSIDE} connected,")


@contextmanager
def nothing_runs_twice(
    lab: Lab, place: Town
) -> Iterator[tuple[Callable[[dict[str, Any]], None], Callable[[], int]]]:
    """Yield a function that checks a reply, and one that counts the connections to Insights in the network.

    The check: at most one diagnosis was started in between, and no plan twice. The connections cannot be checked: where
    signaling is silent, Insights also serves for control attempts. The names must be resolved before.
    """
    before, diagnoses = len(began(place)), len(diagnosed(place))
    with connections(lab, at.INSIGHTS) as seen:

        def check(reply: dict[str, Any]) -> None:
            plans, ran = began(place)[before:], len(diagnosed(place)) - diagnoses
            assert len(set(plans)) == len(plans), place.log(INSIDE)
            assert ran <= 1, place.log(INSIDE)
            if "missing" not in reply["relay"] or "did not answer in time" not in reply["relay"]["missing"]:
                assert ran == 1

        yield check, seen


def test_cut_off_in_the_middle(lab: Lab, place: Town) -> None:
    """A relay is cut off during a plan: its observations count, the rest is reported as missing, it reconnects.

    The steps that it completed in between did not run twice.
    """
    situation = lab.put(scenarios.load("signaling-blocked-drop").world())
    begun = time.monotonic()
    with nothing_runs_twice(lab, place) as (check, looks):
        process = start(place, situation)
        place.until(lambda: looks() > 1)  # the second follows the first one's observation
        cut = scenarios.load("signaling-blocked-drop").world()
        for way in ("saddr", "daddr"):
            cut.forward.setdefault("fw", []).insert(0, f"ip {way} {HUB} tcp {way[0]}port 443 drop")
        lab.put(cut)
        out, err = process.communicate(timeout=60)
        assert time.monotonic() - begun < 40
        reply = json.loads(out)
        assert "checks did not run" in reply["relay"]["missing"], err
        lost = [one for one in reply["observations"] if one["failure"] == "relay_lost"]
        assert lost
        assert len(lost) < len(reply["observations"])
        before = welcomed(place)
        lab.put(World())
        assert place.until(lambda: welcomed(place) > before) < 10
        check(reply)
    assert "missing" not in ask(place, lab.put(World()), INSIDE)["relay"]


def test_hub_killed_in_the_middle(lab: Lab, place: Town) -> None:
    """A hub that is killed while a plan runs and started again: the relay is back, nothing is missing or ran twice."""
    situation = lab.put(scenarios.load("signaling-blocked-drop").world())
    with nothing_runs_twice(lab, place) as (check, _):
        process = start(place, situation)
        place.stop(place.running[0])
        before = welcomed(place)
        place.start_hub()
        place.running.insert(0, place.running.pop())
        assert place.until(lambda: welcomed(place) > before) < 10
        out, err = process.communicate(timeout=60)
        reply = json.loads(out)
        check(reply)
    assert "missing" not in reply["relay"], reply["relay"]["missing"] + err
    assert [one["id"] for one in reply["found"]] == ["signaling-blocked"]


def test_loss(lab: Lab, place: Town) -> None:
    """With 30 % loss between relay and hub all observations arrive, or the answer says how many did not.

    Either way no step runs twice, and nothing is blamed. About one run in twenty does miss some: at such loss
    a connection can stall for longer than the hub waits, and the plan may even arrive too late to be of use.
    (So this is the last test here.)
    """
    world = World()
    for way in ("saddr", "daddr"):
        world.add_forward(f"ip {way} {HUB} tcp {way[0]}port 443 numgen random mod 10 < 3 drop")
    situation = lab.put(world)
    with nothing_runs_twice(lab, place) as (check, _):
        reply = ask(place, situation, INSIDE)
        lost = [one for one in reply["observations"] if one["failure"] == "relay_lost"]
        check(reply)
    assert reply["found"] == []
    assert reply["outcome"] == ("unclear" if lost else "clear")
    said = f"{len(lost)} of {len(reply['observations'])} checks did not run: "
    assert said in reply["relay"].get("missing", said if not lost else "")
