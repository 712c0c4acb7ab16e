"""The lab is what it says: a healthy network that works, and keeps its promises."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from knowledge.loading.load import load_knowledge
from tests.lab import addresses as at
from tests.lab import faults, leftovers, needs, network, observations, scenarios
from tests.lab.lab import Lab
from tests.lab.servers import REPOSITORY
from tests.lab.world import World

pytestmark = [pytest.mark.root, pytest.mark.lab]

TCP_REPAIR = 19  # linux/tcp.h
PATIENCE = 5.0  # seconds
NEAR_EDGE, FAR_EDGE = at.EDGE["frankfurt"], at.EDGE["sydney"]


# The healthy network


def test_names_lead_to_the_near_edge(lab: Lab) -> None:
    """The near resolver passes the client's subnet on, so roaming leads to Frankfurt."""
    with lab.scenario("healthy") as situation:
        assert observations.dig(situation, at.ROAMING_JAVASCRIPT) == [NEAR_EDGE.javascript]
        assert observations.dig(situation, at.ROAMING_MOBILE) == [NEAR_EDGE.mobile]
        assert "'ecs':'True'" in observations.dig(situation, "TXT", at.CLIENT_SUBNET_NAME)[0]
        assert observations.dig(situation, "+subnet=198.51.100.0/24", at.ROAMING_JAVASCRIPT) == [
            at.EDGE["ashburn"].javascript
        ]
        assert observations.dig(situation, "CH", "TXT", "id.server") == [f'"near.{at.ZONE}"']


@pytest.mark.parametrize("edge", at.EDGES, ids=lambda edge: edge.name)
def test_every_edge_is_genuine_and_upgrades(lab: Lab, edge: at.Edge) -> None:
    """Each edge has a certificate of the lab's CA, switches to WebSocket, and keeps the old mobile port open."""
    with lab.scenario("healthy") as situation:
        where = ["-connect", f"{edge.javascript}:443", "-servername", edge.javascript_name]
        root = ["-CAfile", str(lab.folder / "pki" / "lab.pem"), "-verify_return_error"]
        ran = situation.run(["openssl", "s_client", *where, *root, "-verify_hostname", edge.javascript_name])
        assert "Verification: OK" in ran.stdout
    assert observations.http(lab, edge.javascript, edge.javascript_name, observations.UPGRADE).startswith(
        "HTTP/1.1 101 "
    )
    assert observations.tls(lab, edge.mobile, edge.mobile_name) == "ok"
    assert observations.tls(lab, edge.mobile, edge.mobile_name, port=at.LEGACY_PORT) == "ok"


def test_edges_differ_in_distance_and_nothing_else_is_delayed(lab: Lab) -> None:
    """A connection takes at least its edge's delay; TURN has none."""
    lab.with_faults()
    for edge in at.EDGES:
        assert (
            edge.delay_ms / 1000
            <= observations.tcp_seconds(lab, edge.javascript)
            < edge.delay_ms / 1000 + 0.05
        )
    assert observations.tcp_seconds(lab, at.TURN, 3478) < at.EDGE["ashburn"].delay_ms / 1000


def test_a_connection_left_open_lends_its_way_to_no_other(lab: Lab) -> None:
    """A new connection from the same port goes where the rules of now lead it, not where the former one went."""
    port, place = 45000, (at.RELAYED, 443)

    def listen() -> socket.socket:
        return socket.create_server(place)

    def connect() -> socket.socket:
        made = socket.create_connection(place, timeout=PATIENCE, source_address=(at.RELAY, port))
        made.settimeout(PATIENCE)
        return made

    def leave(end: socket.socket) -> None:
        end.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)  # then it closes without a packet
        end.close()

    def ask() -> bytes:
        with connect() as asking:
            asking.sendall(b"GET / HTTP/1.1\r\n\r\n")
            return asking.recv(100)

    lab.with_faults()
    with lab.namespaces.inside("svc", listen) as server:
        leave(lab.namespaces.inside("relay", connect))
        leave(server.accept()[0])
        lab.with_faults(("clear_text", {}))
        assert lab.namespaces.inside("relay", ask).startswith(b"HTTP/1.1 302 ")


def test_turn_relays_by_udp(lab: Lab) -> None:
    """A TURN client loops a message through the relay range."""
    with lab.scenario("healthy") as situation:
        ran = situation.run([*observations.TURN_CLIENT, "-w", at.TURN_PASSWORD, at.TURN])
    assert "tot_recv_msgs=2" in ran.stdout, ran.stdout + ran.stderr


def test_media_passes_both_ways_and_hops_show(lab: Lab) -> None:
    """UDP passes to the range and back, from one address, and each router answers when the TTL ends there."""
    lab.with_faults()
    assert observations.udp(lab, 20000) == (True, True)
    assert observations.udp(lab, 60000, local_port=33000) == (True, True)
    assert observations.egress(lab) == at.WAN
    assert [observations.hop(lab, ttl) for ttl in (1, 2, 3)] == [at.GATEWAY, at.WAN_GATEWAY, "10.77.23.2"]


def test_root_namespace_carries_nothing(lab: Lab) -> None:
    """No device, address or route of the lab is in the root namespace."""
    shown = subprocess.run(["ip", "addr"], capture_output=True, text=True, check=True).stdout
    shown += subprocess.run(["ip", "route"], capture_output=True, text=True, check=True).stdout
    assert "10.77." not in shown
    assert "203.0.113." not in shown
    assert "198.51.100." not in shown


def test_network_file_fits_the_published_schema(lab: Lab) -> None:
    """The lab's network file is one that --network takes."""
    schema = json.loads((REPOSITORY / "knowledge" / "schemas" / "network.schema.json").read_text())
    facts = network.facts(lab.folder / "pki" / "lab.pem", {"proxy": at.PROXY_AUTH})
    assert [error.message for error in Draft202012Validator(schema).iter_errors(facts)] == []


# The lab's own promises


def test_scenarios_do_not_leak_into_each_other(lab: Lab) -> None:
    """After any scenario the healthy one is healthy: rules, names, caches, routes and steering are gone."""
    lab.with_faults("everything", "dns_far", "no_default_route", ("dns_name", {"name": "ers"}))
    lab.with_faults(("roaming", {"edge": "sydney"}), "nat_pool", ("dns_answers", {}))
    with lab.scenario("healthy") as situation:
        assert observations.dig(situation, at.ROAMING_JAVASCRIPT) == [NEAR_EDGE.javascript]
        assert observations.dig(situation, at.REGISTRATION_NAME) == [at.REGISTRATION]
    assert observations.udp(lab, 20002) == (True, True)
    assert observations.egress(lab) == at.WAN


def test_clean_leaves_living_labs_alone(lab: Lab) -> None:
    """Cleaning up removes what dead runs left, and not the lab that this test runs in."""
    assert lab.namespaces.tag not in leftovers.clean()
    assert observations.tcp(lab, at.INSIGHTS) == "open"


@contextmanager
def lab_of_its_own() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process with a lab, and the lab's folder; it lives until it is ended."""
    code = "from tests.lab.lab import Lab\nwith Lab.start() as lab: print(lab.folder, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    ) as run:
        assert run.stdout is not None
        yield run, Path(run.stdout.readline().strip())


def test_killed_run_leaves_what_the_next_one_removes(lab: Lab) -> None:
    """When a run is killed on the spot its servers die with it, and `clean` removes its namespaces and files."""
    with lab_of_its_own() as (run, folder):
        tag = folder.name.split("_")[1]
        run.kill()
    assert folder.exists()
    leftovers.clean()
    assert not folder.exists()
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    assert f"lm_{tag}_" not in listed
    assert f"lm_{lab.namespaces.tag}_relay" in listed


@pytest.mark.usefixtures("lab")  # where it can be built
def test_terminated_run_removes_its_lab() -> None:
    """A run that gets SIGTERM takes its lab down before it ends."""
    with lab_of_its_own() as (run, folder):
        run.terminate()
        assert run.wait(20) == 143
    assert folder.name.startswith("lm_")
    assert not folder.exists()


@pytest.mark.usefixtures("lab")
def test_opened_scenario_shows_the_way_around_and_a_shell() -> None:
    """A person who opens a scenario reads the map, the faults and what to try, and gets a shell on the relay."""
    words = [sys.executable, "-m", "tests.lab", "open", "edge-mismatch"]
    shell = "id -un; cat /etc/resolv.conf\nexit\n"
    ran = subprocess.run(
        words, input=shell, capture_output=True, text=True, cwd=REPOSITORY, check=False, timeout=30
    )
    assert "fault dns_far" in ran.stdout
    assert FAR_EDGE.javascript_name in ran.stdout
    assert f"nobody\nnameserver {at.FAR}" in ran.stdout, ran.stdout + ran.stderr


def test_missing_packages_are_named_in_one_sentence() -> None:
    """Where the lab cannot run, one sentence says which Debian packages are missing, all from packages.txt."""
    sentence = needs.missing("/nonexistent")
    listed = (REPOSITORY / "tests" / "lab" / "packages.txt").read_text().split()
    assert sentence.startswith("The fault lab needs Debian packages")
    assert set(needs.PROGRAMS) <= set(listed)
    assert all(package in sentence for package in needs.PROGRAMS)


def test_every_cause_has_a_scenario_that_finds_it_alone() -> None:
    """For each cause of 31009 that probes can see there is a scenario that expects it alone, found or as a risk."""
    loaded = [scenarios.load(name) for name in scenarios.names()]
    alone = {only[0] for only in ((*s.found, *s.risks) for s in loaded) if len(only) == 1}
    known = load_knowledge()
    seen = {id_ for id_, question in known.questions.items() if question.observe}
    causes = {
        id_
        for id_, cause in known.causes.items()
        if "31009" in cause.weight and any(seen & set(when) for when in cause.when)
    }
    assert causes <= alone
    assert len(causes) >= 15


def test_a_dozen_pairs_are_tried() -> None:
    """At least twelve scenarios combine two faults and expect both to be found."""
    assert sum(len(scenarios.load(name).found) == 2 for name in scenarios.names()) >= 12


def test_wrong_scenarios_are_refused_with_a_reason() -> None:
    """A scenario with an unknown fault, parameter or option says so instead of testing something else."""
    for faulty in (
        {"faults": ["tpc"]},
        {"faults": [{"tcp": {"too": "any"}}]},
        {"options": {"colour": "red"}},
    ):
        with pytest.raises(scenarios.ScenarioError):
            scenarios.parse("x", {"about": "x", "found": [], **faulty})


def test_every_fault_has_one_line() -> None:
    """Each fault says in one line what it does, and can be had without parameters."""
    for name in faults.FAULTS:
        assert faults.about(name).endswith(".")
        faults.apply(World(), name, {})
