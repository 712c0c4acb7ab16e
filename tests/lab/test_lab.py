"""The lab is what it says: a healthy network that works, and faults that do what their one line says."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.lab import addresses as at
from tests.lab import faults, leftovers, looks, needs, network, scenarios
from tests.lab.lab import Lab
from tests.lab.servers import REPOSITORY
from tests.lab.world import World

pytestmark = [pytest.mark.root, pytest.mark.lab]

NEAR_EDGE, FAR_EDGE = at.EDGE["frankfurt"], at.EDGE["sydney"]
UPGRADE = (
    "GET /signal HTTP/1.1\nHost: lab\nUpgrade: websocket\nConnection: Upgrade\n"
    "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: bGFiIGxhYiBsYWIgbGFiIA=="
)
TURN_CLIENT = ["turnutils_uclient", "-c", "-n", "1", "-y", "-u", at.TURN_USER]


def dig(situation: Any, *words: str) -> list[str]:
    return str(situation.run(["dig", "+tries=1", "+time=1", "+short", *words]).stdout).split("\n")[:-1]


# The healthy network


def test_names_lead_to_the_near_edge(lab: Lab) -> None:
    """The near resolver passes the client's subnet on, so roaming leads to Frankfurt."""
    with lab.scenario("healthy") as situation:
        assert dig(situation, at.ROAMING_JAVASCRIPT) == [NEAR_EDGE.javascript]
        assert dig(situation, at.ROAMING_MOBILE) == [NEAR_EDGE.mobile]
        assert "'ecs':'True'" in dig(situation, "TXT", at.CLIENT_SUBNET_NAME)[0]
        assert dig(situation, "+subnet=198.51.100.0/24", at.ROAMING_JAVASCRIPT) == [
            at.EDGE["ashburn"].javascript
        ]
        assert dig(situation, "CH", "TXT", "id.server") == [f'"near.{at.ZONE}"']


@pytest.mark.parametrize("edge", at.EDGES, ids=lambda edge: edge.name)
def test_every_edge_is_genuine_and_upgrades(lab: Lab, edge: at.Edge) -> None:
    """Each edge has a certificate of the lab's CA, switches to WebSocket, and keeps the old mobile port open."""
    with lab.scenario("healthy") as situation:
        where = ["-connect", f"{edge.javascript}:443", "-servername", edge.javascript_name]
        root = ["-CAfile", str(lab.folder / "pki" / "lab.pem"), "-verify_return_error"]
        ran = situation.run(["openssl", "s_client", *where, *root, "-verify_hostname", edge.javascript_name])
        assert "Verification: OK" in ran.stdout
    assert looks.http(lab, edge.javascript, edge.javascript_name, UPGRADE).startswith("HTTP/1.1 101 ")
    assert looks.tls(lab, edge.mobile, edge.mobile_name) == "ok"
    assert looks.tls(lab, edge.mobile, edge.mobile_name, port=at.LEGACY_PORT) == "ok"


def test_edges_differ_in_distance_and_nothing_else_is_delayed(lab: Lab) -> None:
    """A connection takes at least its edge's delay; TURN has none."""
    lab.with_faults()
    for edge in at.EDGES:
        assert edge.delay_ms / 1000 <= looks.tcp_seconds(lab, edge.javascript) < edge.delay_ms / 1000 + 0.05
    assert looks.tcp_seconds(lab, at.TURN, 3478) < at.EDGE["ashburn"].delay_ms / 1000


def test_turn_relays_by_udp(lab: Lab) -> None:
    """A TURN client loops a message through the relay range."""
    with lab.scenario("healthy") as situation:
        ran = situation.run([*TURN_CLIENT, "-w", at.TURN_PASSWORD, at.TURN])
    assert "tot_recv_msgs=2" in ran.stdout, ran.stdout + ran.stderr


def test_media_passes_both_ways_and_hops_show(lab: Lab) -> None:
    """UDP passes to the range and back, from one address, and each router answers when the TTL ends there."""
    lab.with_faults()
    assert looks.udp(lab, 20000) == (True, True)
    assert looks.udp(lab, 60000, local_port=33000) == (True, True)
    assert looks.egress(lab) == at.WAN
    assert [looks.hop(lab, ttl) for ttl in (1, 2, 3)] == [at.GATEWAY, at.WAN_GATEWAY, "10.77.23.2"]


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


# TCP and UDP


@pytest.mark.parametrize(
    ("how", "seen"),
    [("drop", "timeout"), ("reset", "ECONNREFUSED"), ("admin", "EHOSTUNREACH"), ("host", "EHOSTUNREACH")],
)
def test_tcp_is_shut_in_its_own_way(lab: Lab, how: str, seen: str) -> None:
    """A fault on signaling shuts signaling, in the way asked for, and nothing else."""
    lab.with_faults(("tcp", {"to": "signaling", "how": how}))
    assert looks.tcp(lab, FAR_EDGE.javascript) == seen
    assert looks.tcp(lab, NEAR_EDGE.mobile) == seen
    assert looks.tcp(lab, NEAR_EDGE.mobile, at.LEGACY_PORT) == "open"
    assert looks.tcp(lab, at.INSIGHTS) == "open"


def test_tcp_is_shut_for_one_edge_or_all(lab: Lab) -> None:
    """An edge, a service or everything on 443 can be shut, by a router further out too."""
    lab.with_faults(("tcp", {"to": "sydney", "where": "r1", "how": "reset"}))
    assert looks.tcp(lab, FAR_EDGE.javascript) == "ECONNREFUSED"
    assert looks.tcp(lab, NEAR_EDGE.javascript) == "open"
    lab.with_faults(("tcp", {"to": "any"}))
    assert looks.tcp(lab, at.TURN) == "timeout"
    assert looks.tcp(lab, at.TURN, 3478) == "open"
    lab.with_faults("legacy_port")
    assert looks.tcp(lab, NEAR_EDGE.mobile, at.LEGACY_PORT) == "timeout"
    assert looks.tcp(lab, NEAR_EDGE.mobile) == "open"


@pytest.mark.parametrize(
    ("fault", "parameters", "low", "high", "ephemeral"),
    [
        ("udp_range", {}, (False, False), (False, False), (False, False)),
        ("udp_range", {"ports": "30000-60000"}, (True, True), (False, False), (False, False)),
        ("udp_inbound", {}, (True, False), (True, False), (True, False)),
        ("udp_stateless", {}, (True, True), (True, True), (True, False)),
        ("udp_all", {}, (False, False), (False, False), (False, False)),
        ("everything", {}, (False, False), (False, False), (False, False)),
        ("nat_random", {}, (True, True), (True, True), (True, True)),
        ("nat_pool", {}, (True, True), (True, True), (True, True)),
    ],
)
def test_udp_is_shut_as_far_as_asked(
    lab: Lab,
    fault: str,
    parameters: dict[str, str],
    low: tuple[bool, bool],
    high: tuple[bool, bool],
    ephemeral: tuple[bool, bool],
) -> None:
    """A UDP fault hits the ports, directions and source ports it says, and no others."""
    lab.with_faults((fault, parameters))
    assert looks.udp(lab, 12000) == low
    assert looks.udp(lab, 50000) == high
    assert looks.udp(lab, 50001, local_port=40000) == ephemeral


def test_nat_pool_has_two_addresses(lab: Lab) -> None:
    """TCP leaves by one address and UDP by the other."""
    situation = lab.with_faults("nat_pool")
    assert looks.egress(lab) == at.WAN_POOL
    assert dig(situation, f"@{at.AUTHORITATIVE}", "+tcp", "TXT", at.WHOAMI_NAME) == [f'"{at.WAN}"']
    assert dig(situation, f"@{at.AUTHORITATIVE}", "TXT", at.WHOAMI_NAME) == [f'"{at.WAN_POOL}"']


def test_random_nat_maps_each_flow_anew(lab: Lab) -> None:
    """A NAT discovery tool sees a mapping that depends on the destination, and on the healthy network it does not."""
    discovery = ["turnutils_natdiscovery", "-m", at.TURN]
    assert "Address and Port Dependent" in lab.with_faults("nat_random").run(discovery).stdout
    assert "Endpoint Independent" in lab.with_faults().run(discovery).stdout


def test_everything_dropped_leaves_the_gateway(lab: Lab) -> None:
    """With nothing forwarded the gateway and the LAN still answer; without a route nothing is tried."""
    lab.with_faults("everything")
    assert looks.tcp(lab, NEAR_EDGE.javascript) == "timeout"
    assert looks.hop(lab, 1) == at.GATEWAY
    assert looks.tcp(lab, at.NEAR, 53) == "open"
    lab.with_faults("no_default_route")
    assert looks.tcp(lab, NEAR_EDGE.javascript) == "ENETUNREACH"
    lab.with_faults()
    assert looks.tcp(lab, NEAR_EDGE.javascript) == "open"


def test_loss_loses_some_and_not_all(lab: Lab) -> None:
    """At 50 % a few of many datagrams get through and a few do not."""
    lab.with_faults(("loss", {"percent": 50}))
    server = lab.namespaces.inside("svc", lambda: looks._udp_socket(at.RELAYED, 20001))
    client = lab.namespaces.inside("relay", lambda: looks._udp_socket("0.0.0.0", 5001))
    with server, client:
        for _ in range(200):
            client.sendto(b"x", (at.RELAYED, 20001))
        arrived = 0
        try:
            while server.recv(8):
                arrived += 1
        except TimeoutError:
            pass
    assert 50 < arrived < 150


# TLS, HTTP, WebSocket


@pytest.mark.parametrize(
    ("fault", "parameters", "seen"),
    [
        ("tls_intercepted", {}, "verify 19"),  # X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
        ("captive_portal", {}, "not tls"),
        ("tls_cut", {"how": "reset"}, "ECONNRESET"),
        ("tls_cut", {"how": "close"}, "eof"),
        ("tls_cut", {"how": "silent"}, "timeout"),
        ("tls_cut", {"how": "reset", "names": ["voice-js"]}, "ECONNRESET"),
        ("tls_cut", {"how": "reset", "names": ["elsewhere"]}, "ok"),
        ("tls_dropped", {}, "timeout"),
        ("certificate", {"what": "expired"}, "verify 10"),
        ("certificate", {"what": "not-yet-valid"}, "verify 9"),
        ("certificate", {"what": "wrong-name"}, "verify 62"),
        ("date", {}, "ok"),
        ("websocket", {}, "ok"),
    ],
)
def test_tls_goes_wrong_in_its_own_way(lab: Lab, fault: str, parameters: dict[str, Any], seen: str) -> None:
    """A TLS fault shows on signaling as what it is, at a plain verified handshake, while TCP stays open."""
    lab.with_faults((fault, parameters))
    assert looks.tls(lab, NEAR_EDGE.javascript, NEAR_EDGE.javascript_name) == seen
    assert looks.tcp(lab, NEAR_EDGE.javascript) == "open"


def test_interceptor_passes_the_traffic_on(lab: Lab) -> None:
    """Behind the interceptor the service answers as ever, under a certificate of the interceptor's CA."""
    situation = lab.with_faults(("tls_intercepted", {"trusted": True}))
    assert looks.tls(lab, NEAR_EDGE.javascript, NEAR_EDGE.javascript_name, authority="interceptor") == "ok"
    assert looks.http(lab, NEAR_EDGE.javascript, NEAR_EDGE.javascript_name, UPGRADE).startswith(
        "HTTP/1.1 101 "
    )
    assert "interceptor.pem" in situation.run(["env"]).stdout


@pytest.mark.parametrize(
    ("how", "seen"), [("strip", "HTTP/1.1 200 "), ("refuse", "HTTP/1.1 403 "), ("cut", "cut")]
)
@pytest.mark.parametrize("where", ["fw", "svc"])
def test_upgrade_is_tampered_with_under_a_genuine_certificate(
    lab: Lab, how: str, seen: str, where: str
) -> None:
    """The upgrade is stripped, refused or cut, and the certificate is the service's own."""
    lab.with_faults(("websocket", {"how": how, "where": where}))
    assert looks.tls(lab, FAR_EDGE.javascript, FAR_EDGE.javascript_name) == "ok"
    assert looks.http(lab, FAR_EDGE.javascript, FAR_EDGE.javascript_name, UPGRADE).startswith(seen)


def test_stand_in_behind_the_delay_keeps_the_distance(lab: Lab) -> None:
    """A gateway tampered with at the service is as far away as the edge it stands for."""
    lab.with_faults(("websocket", {"where": "svc"}))
    assert looks.tcp_seconds(lab, FAR_EDGE.javascript) >= FAR_EDGE.delay_ms / 1000


def test_clocks_can_differ(lab: Lab) -> None:
    """The relay's clock moves by the offset, or the service's Date does, and the other one stays."""
    with lab.scenario("healthy") as situation:
        now = int(situation.run(["date", "+%s"]).stdout)
    ahead = int(lab.with_faults(("clock", {"offset": "+400d"})).run(["date", "+%s"]).stdout)
    assert 0 <= ahead - now - 400 * 86400 < 60
    lab.with_faults("date")
    head = looks.http(lab, at.INSIGHTS, at.INSIGHTS_NAME, "GET / HTTP/1.1\nHost: lab\nConnection: close")
    date = next(line for line in head.splitlines() if line.startswith("Date:"))
    shown = subprocess.run(["date", "-d", date[6:], "+%s"], capture_output=True, text=True, check=True).stdout
    assert 0 <= int(shown) - now - at.DATE_SHIFT < 60


# TURN


def test_turn_is_shut_by_transport_or_whole(lab: Lab) -> None:
    """TURN over one transport can be shut, or over all, and no other service suffers."""
    lab.with_faults(("turn_shut", {"transports": ["tcp"], "how": "reset"}))
    assert looks.tcp(lab, at.TURN, 3478) == "ECONNREFUSED"
    assert looks.tcp(lab, at.TURN, 443) == "open"
    lab.with_faults("turn_shut")
    assert [looks.tcp(lab, at.TURN, port) for port in (3478, 443)] == ["timeout", "timeout"]
    assert looks.tcp(lab, at.INSIGHTS) == "open"


def test_turn_forbids_and_refuses(lab: Lab) -> None:
    """The strict TURN server answers 403 to permissions; a wrong password gets no allocation."""
    strict = lab.with_faults("turn_forbidden").run([*TURN_CLIENT, "-w", at.TURN_PASSWORD, at.TURN])
    assert "403" in strict.stdout + strict.stderr
    wrong = lab.with_faults("turn_credentials").run([*TURN_CLIENT, "-w", "not-the-password", at.TURN])
    assert "Cannot complete Allocation" in wrong.stdout
    assert "not-the-password" in lab.with_faults("turn_credentials").network_file.read_text()


# Names and proxies


@pytest.mark.parametrize(
    ("fault", "parameters", "seen"),
    [
        ("dns_dead", {}, "timed out"),
        ("dns_dead", {"how": "port"}, "connection refused"),
        ("dns_answers", {"rcode": "servfail"}, "status: SERVFAIL"),
        ("dns_answers", {"rcode": "refused"}, "status: REFUSED"),
        ("dns_answers", {"rcode": "nxdomain"}, "status: NXDOMAIN"),
        ("dns_answers", {"rcode": "bogon"}, "127.0.0.1"),
        ("dns_name", {}, "status: NXDOMAIN"),
        ("dns_far", {}, FAR_EDGE.javascript),
        ("roaming", {"edge": "ashburn"}, at.EDGE["ashburn"].javascript),
    ],
)
def test_names_go_wrong_in_their_own_way(lab: Lab, fault: str, parameters: dict[str, str], seen: str) -> None:
    """A DNS fault shows on the roaming name as what it is; the others resolve only where it says so."""
    situation = lab.with_faults((fault, parameters))
    ran = situation.run(["dig", "+tries=1", "+time=1", at.ROAMING_JAVASCRIPT])
    assert seen in ran.stdout + ran.stderr
    others = dig(situation, at.INSIGHTS_NAME)
    assert (others == [at.INSIGHTS]) == (fault in {"dns_name", "dns_far", "roaming"})


def test_far_resolver_sends_no_subnet(lab: Lab) -> None:
    """The far resolver is known by its name, its own address and the missing client subnet."""
    situation = lab.with_faults("dns_far")
    assert "'ecs':'False'" in dig(situation, "TXT", at.CLIENT_SUBNET_NAME)[0]
    assert dig(situation, "TXT", at.WHOAMI_NAME) == [f'"{at.FAR}"']
    assert dig(situation, "CH", "TXT", "id.server") == [f'"far.{at.ZONE}"']


def test_only_the_proxy_leads_out(lab: Lab) -> None:
    """Direct connections fail; the proxy asks for a password and lets through who has it."""
    situation = lab.with_faults("only_proxy")
    assert looks.tcp(lab, at.INSIGHTS) == "timeout"
    curl = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_connect} %{http_code}"]
    curl += ["--cacert", str(lab.folder / "pki" / "lab.pem"), f"https://{at.INSIGHTS_NAME}/"]
    assert situation.run([*curl, "-x", at.PROXY_AUTH]).stdout == "407 000"
    known = ["-x", at.PROXY_AUTH, "-U", f"{at.TURN_USER}:{at.TURN_PASSWORD}"]
    assert situation.run([*curl, *known]).stdout == "200 404"
    assert situation.run([*curl, "-x", at.PROXY_PLAIN]).stdout == "200 404"


# The lab's own promises


def test_scenarios_do_not_leak_into_each_other(lab: Lab) -> None:
    """After any scenario the healthy one is healthy: rules, names, caches, routes and steering are gone."""
    lab.with_faults("everything", "dns_far", "no_default_route", ("dns_name", {"name": "ers"}))
    lab.with_faults(("roaming", {"edge": "sydney"}), "nat_pool", ("dns_answers", {}))
    with lab.scenario("healthy") as situation:
        assert dig(situation, at.ROAMING_JAVASCRIPT) == [NEAR_EDGE.javascript]
        assert dig(situation, at.REGISTRATION_NAME) == [at.REGISTRATION]
    assert looks.udp(lab, 20002) == (True, True)
    assert looks.egress(lab) == at.WAN


def test_clean_leaves_living_labs_alone(lab: Lab) -> None:
    """Cleaning up removes what dead runs left, and not the lab that this test runs in."""
    assert lab.namespaces.tag not in leftovers.clean()
    assert looks.tcp(lab, at.INSIGHTS) == "open"


def test_killed_run_leaves_what_the_next_one_removes(lab: Lab) -> None:
    """When a run is killed on the spot its servers die with it, and `clean` removes its namespaces and files."""
    code = "from tests.lab.lab import Lab\nwith Lab.start() as lab: print(lab.folder, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    ) as run:
        assert run.stdout is not None
        folder = Path(run.stdout.readline().strip())
        tag = folder.name.split("_")[1]
        run.kill()
    assert folder.exists()
    leftovers.clean()
    assert not folder.exists()
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    assert f"lm_{tag}_" not in listed
    assert f"lm_{lab.namespaces.tag}_relay" in listed


def test_terminated_run_removes_its_lab() -> None:
    """A run that gets SIGTERM takes its lab down before it ends."""
    code = "from tests.lab.lab import Lab\nwith Lab.start() as lab: print(lab.folder, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    ) as run:
        assert run.stdout is not None
        folder = Path(run.stdout.readline().strip())
        run.terminate()
        assert run.wait(20) == 143
    assert folder.name.startswith("lm_")
    assert not folder.exists()


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
    """For each of the fifteen causes there is a scenario that expects it and nothing else."""
    alone = {s.found[0] for s in map(scenarios.load, scenarios.names()) if len(s.found) == 1}
    causes = {path.stem for path in (REPOSITORY / "knowledge" / "causes").glob("*.yaml")}
    assert causes <= alone
    assert len(alone) >= 15


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
