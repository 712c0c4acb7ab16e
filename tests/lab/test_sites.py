"""Several customers at once: a relay in each one's LAN behind a NAT and firewall of its own, one hub, one command."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest

from tests.hub.processes import Town, Wrap
from tests.lab.hubs import hub_in, outside
from tests.lab.lab import Lab
from tests.lab.scenarios import Scenario
from tests.lab.sites import Site
from tests.lab.world import World

pytestmark = [pytest.mark.root, pytest.mark.lab]

REFERENCE = "cloud"
MEDIA_SHUT = ("udp_range", {})
# What is wrong at each site, and the cause that shall be found there, and nowhere else. A product that opens TLS
# leaves the hub alone, as its operator would have it.
SITES = {
    "hamburg": (MEDIA_SHUT, "media-udp-blocked"),
    "lyon": (("dns_dead", {}), "dns-failing"),
    "oslo": (("tls_intercepted", {"to": ["signaling", "insights"]}), "tls-intercepted"),
}
Fault = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def sites(lab: Lab) -> Iterator[dict[str, Site]]:
    """The customers by name, healthy."""
    lab.put(World())
    with ExitStack() as stack:
        yield {name: stack.enter_context(Site.start(lab, name, n)) for n, name in enumerate(SITES)}


@pytest.fixture(scope="module")
def place(lab: Lab, sites: dict[str, Site]) -> Iterator[Town]:
    """The hub at the service's side, a relay at each site, and a reference outside of them all."""
    with hub_in(lab) as here:
        wraps: dict[str, Wrap] = {name: site.put(World()).command for name, site in sites.items()}
        wraps[REFERENCE] = partial(outside, lab)

        def join(name: str) -> None:
            here.join(name, wraps[name], more=("--vantage", "reference") if name == REFERENCE else ())

        with ThreadPoolExecutor() as pool:
            list(pool.map(join, wraps))
        for name, wrap in wraps.items():  # from this thread: they die with the one that started them
            here.start_relay(name, wrap)
        here.until(lambda: len(here.connected()) == len(wraps))
        yield here


def break_each(sites: dict[str, Site], faults: dict[str, Fault]) -> None:
    for name, site in sites.items():
        site.put(Scenario(name, "", faults=(faults[name],)).world())


def ask(place: Town, lab: Lab, *relays: str) -> dict[str, Any]:
    """Diagnose from *relays* by one command; gives the JSON reply."""
    words = ["diagnose", "31009", "javascript", "--relay", ",".join(relays)]
    done = place.lineman(*words, "--network", str(lab.network_file), "--json")
    assert done.returncode == 0, done.stdout + done.stderr + place.log("hub")
    reply: dict[str, Any] = json.loads(done.stdout)
    return reply


def found(reply: dict[str, Any]) -> dict[str, list[str]]:
    """What was found, by relay."""
    replies = (reply, *reply["others"])
    return {one["relay"]["name"]: [cause["id"] for cause in one["found"]] for one in replies}


def test_each_network_has_its_own_fault(lab: Lab, place: Town, sites: dict[str, Site]) -> None:
    """Three networks with three faults, one command: each relay names its own, which the comparison leaves there."""
    break_each(sites, {name: fault for name, (fault, _) in SITES.items()})
    reply = ask(place, lab, *SITES, REFERENCE)
    assert found(reply) == {**{name: [cause] for name, (_, cause) in SITES.items()}, REFERENCE: []}
    causes = {one["id"]: one for one in reply["comparison"]["causes"]}
    assert set(causes) == {cause for _, cause in SITES.values()}
    for name, (_, cause) in SITES.items():
        assert causes[cause]["scope"] == "one-network", causes[cause]
        assert causes[cause]["seen_from"] == [name]
        assert f"{REFERENCE} (reference)" in causes[cause]["fine_from"]
        assert f"the fault is in the network of {name}" in causes[cause]["says"]
    assert causes["dns-failing"]["fine_from"] == ["hamburg", "oslo", f"{REFERENCE} (reference)"]
    # Without names nobody at lyon can tell what else there is.
    assert causes["media-udp-blocked"]["unknown_from"] == ["lyon"]
    assert causes["tls-intercepted"]["unknown_from"] == ["lyon"]


def test_the_same_fault_in_every_network(lab: Lab, place: Town, sites: dict[str, Site]) -> None:
    """A fault in all three networks is found by each relay, and reported as common to all."""
    break_each(sites, dict.fromkeys(SITES, MEDIA_SHUT))
    reply = ask(place, lab, *SITES)
    assert found(reply) == {name: ["media-udp-blocked"] for name in SITES}
    (cause,) = reply["comparison"]["causes"]
    assert (cause["scope"], cause["seen_from"]) == ("everywhere", list(SITES))
    assert "common to all" in cause["says"]
