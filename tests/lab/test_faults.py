"""Each fault of the lab does what its docstring says, measured with plain tools and sockets."""

import subprocess
from typing import Any

import pytest

from tests.lab import addresses as at
from tests.lab import observations
from tests.lab.lab import Lab

pytestmark = [pytest.mark.root, pytest.mark.lab]

NEAR_EDGE, FAR_EDGE = at.EDGE["frankfurt"], at.EDGE["sydney"]


# TCP and UDP


@pytest.mark.parametrize(
    ("how", "seen"),
    [("drop", "timeout"), ("reset", "ECONNREFUSED"), ("admin", "EHOSTUNREACH"), ("host", "EHOSTUNREACH")],
)
def test_tcp_is_shut_in_its_own_way(lab: Lab, how: str, seen: str) -> None:
    """A fault on signaling blocks signaling, in the manner asked for, and nothing else."""
    lab.with_faults(("tcp", {"to": "signaling", "how": how}))
    assert observations.tcp(lab, FAR_EDGE.javascript) == seen
    assert observations.tcp(lab, NEAR_EDGE.mobile) == seen
    assert observations.tcp(lab, NEAR_EDGE.mobile, at.LEGACY_PORT) == "open"
    assert observations.tcp(lab, at.INSIGHTS) == "open"


def test_tcp_is_shut_for_one_edge_or_all(lab: Lab) -> None:
    """An edge, a service or everything on 443 can be blocked, by an upstream router, too."""
    lab.with_faults(("tcp", {"to": "sydney", "where": "r1", "how": "reset"}))
    assert observations.tcp(lab, FAR_EDGE.javascript) == "ECONNREFUSED"
    assert observations.tcp(lab, NEAR_EDGE.javascript) == "open"
    lab.with_faults(("tcp", {"to": "any"}))
    assert observations.tcp(lab, at.TURN) == "timeout"
    assert observations.tcp(lab, at.TURN, 3478) == "open"
    lab.with_faults("legacy_port")
    assert observations.tcp(lab, NEAR_EDGE.mobile, at.LEGACY_PORT) == "timeout"
    assert observations.tcp(lab, NEAR_EDGE.mobile) == "open"


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
    assert observations.udp(lab, 12000) == low
    assert observations.udp(lab, 50000) == high
    assert observations.udp(lab, 50001, local_port=40000) == ephemeral


def test_nat_pool_has_two_addresses(lab: Lab) -> None:
    """TCP leaves by one address and UDP by the other."""
    situation = lab.with_faults("nat_pool")
    assert observations.egress(lab) == at.WAN_POOL
    assert observations.dig(situation, f"@{at.AUTHORITATIVE}", "+tcp", "TXT", at.WHOAMI_NAME) == [
        f'"{at.WAN}"'
    ]
    assert observations.dig(situation, f"@{at.AUTHORITATIVE}", "TXT", at.WHOAMI_NAME) == [f'"{at.WAN_POOL}"']


def test_random_nat_maps_each_flow_anew(lab: Lab) -> None:
    """A NAT discovery tool sees a mapping that depends on the destination, and on the healthy network it does not."""
    discovery = ["turnutils_natdiscovery", "-m", at.TURN]
    assert " Dependent Mapping" in lab.with_faults("nat_random").run(discovery).stdout
    assert "Endpoint Independent" in lab.with_faults().run(discovery).stdout


def test_everything_dropped_leaves_the_gateway(lab: Lab) -> None:
    """With nothing forwarded the gateway and the LAN still answer; without a route nothing is tried."""
    lab.with_faults("everything")
    assert observations.tcp(lab, NEAR_EDGE.javascript) == "timeout"
    assert observations.hop(lab, 1) == at.GATEWAY
    assert observations.tcp(lab, at.NEAR, 53) == "open"
    lab.with_faults("no_default_route")
    assert observations.tcp(lab, NEAR_EDGE.javascript) == "ENETUNREACH"
    lab.with_faults()
    assert observations.tcp(lab, NEAR_EDGE.javascript) == "open"


def test_loss_loses_some_and_not_all(lab: Lab) -> None:
    """At 50 % a few of many datagrams get through and a few do not."""
    lab.with_faults(("loss", {"percent": 50}))
    server = lab.namespaces.inside("svc", lambda: observations._udp_socket(at.RELAYED, 20001))
    client = lab.namespaces.inside("relay", lambda: observations._udp_socket("0.0.0.0", 5001))
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


def test_a_far_line_is_slow_for_everything(lab: Lab) -> None:
    """Every round trip takes as much longer as was asked for, and no longer once the fault is gone."""
    lab.with_faults(("far", {"ms": 300}))
    assert 0.3 <= observations.tcp_seconds(lab, at.INSIGHTS, tries=1) < 0.4
    lab.with_faults()
    assert observations.tcp_seconds(lab, at.INSIGHTS) < 0.1


def test_an_uneven_line_delays_each_packet_differently(lab: Lab) -> None:
    """Round trips differ; nothing is lost."""
    lab.with_faults(("uneven", {"jitter_ms": 50}))
    waits = observations.stun_seconds(lab, 12)
    assert max(waits) - min(waits) > 0.03
    assert max(waits) < 0.2


def test_one_answer_is_late(lab: Lab) -> None:
    """The answer of that number is late, and no other one."""
    lab.with_faults(("late_packet", {"ms": 200, "number": 3}))
    waits = observations.stun_seconds(lab, 5)
    assert [wait > 0.15 for wait in waits] == [False, False, True, False, False]


# TLS, HTTP, WebSocket


@pytest.mark.parametrize(
    ("fault", "parameters", "seen"),
    [
        ("tls_intercepted", {}, "verify 19"),  # X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
        ("clear_text", {}, "not tls"),
        ("captive_portal", {"how": "511"}, "not tls"),
        ("captive_portal", {"how": "certificate"}, "verify 19"),
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
    assert observations.tls(lab, NEAR_EDGE.javascript, NEAR_EDGE.javascript_name) == seen
    assert observations.tcp(lab, NEAR_EDGE.javascript) == "open"


def test_interceptor_passes_the_traffic_on(lab: Lab) -> None:
    """Behind the interceptor the service answers as ever, under a certificate of the interceptor's CA."""
    situation = lab.with_faults(("tls_intercepted", {"trusted": True}))
    assert (
        observations.tls(lab, NEAR_EDGE.javascript, NEAR_EDGE.javascript_name, authority="interceptor")
        == "ok"
    )
    assert observations.http(
        lab, NEAR_EDGE.javascript, NEAR_EDGE.javascript_name, observations.UPGRADE
    ).startswith("HTTP/1.1 101 ")
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
    assert observations.tls(lab, FAR_EDGE.javascript, FAR_EDGE.javascript_name) == "ok"
    assert observations.http(
        lab, FAR_EDGE.javascript, FAR_EDGE.javascript_name, observations.UPGRADE
    ).startswith(seen)


@pytest.mark.parametrize("fault", ["websocket", "gateway"])
@pytest.mark.parametrize("how", ["open-close", "frame-reset", "text-silent"])
def test_websocket_is_ended_after_a_granted_upgrade(lab: Lab, fault: str, how: str) -> None:
    """The upgrade is granted under the service's own certificate; what ends the WebSocket comes later."""
    lab.with_faults((fault, {"how": how}))
    assert observations.tls(lab, FAR_EDGE.javascript, FAR_EDGE.javascript_name) == "ok"
    head = observations.http(lab, FAR_EDGE.javascript, FAR_EDGE.javascript_name, observations.UPGRADE)
    assert head.startswith("HTTP/1.1 101 ")


def test_records_of_the_client_are_dropped_after_the_handshake(lab: Lab) -> None:
    """The handshake succeeds, and no request is answered."""
    lab.with_faults("websocket_records_dropped")
    assert observations.tls(lab, FAR_EDGE.javascript, FAR_EDGE.javascript_name) == "ok"
    with pytest.raises(TimeoutError):
        observations.http(lab, FAR_EDGE.javascript, FAR_EDGE.javascript_name, observations.UPGRADE)


def test_stand_in_behind_the_delay_keeps_the_distance(lab: Lab) -> None:
    """A tampered gateway at the service has the same round-trip time as the edge it replaces."""
    lab.with_faults(("websocket", {"where": "svc"}))
    assert observations.tcp_seconds(lab, FAR_EDGE.javascript) >= FAR_EDGE.delay_ms / 1000


def test_clocks_can_differ(lab: Lab) -> None:
    """The relay's clock moves by the offset, or the service's Date does, and the other one stays."""
    with lab.scenario("healthy") as situation:
        now = int(situation.run(["date", "+%s"]).stdout)
    ahead = int(lab.with_faults(("clock", {"offset": "+400d"})).run(["date", "+%s"]).stdout)
    assert 0 <= ahead - now - 400 * 86400 < 60
    lab.with_faults("date")
    head = observations.http(
        lab, at.INSIGHTS, at.INSIGHTS_NAME, "GET / HTTP/1.1\nHost: lab\nConnection: close"
    )
    date = next(line for line in head.splitlines() if line.startswith("Date:"))
    shown = subprocess.run(["date", "-d", date[6:], "+%s"], capture_output=True, text=True, check=True).stdout
    assert 0 <= int(shown) - now - at.DATE_SHIFT < 60


def test_the_service_answers_with_an_error(lab: Lab) -> None:
    """Insights answers 500 with its genuine certificate, and the gateways are as before."""
    lab.with_faults("server_error")
    request = "GET / HTTP/1.1\nHost: lab\nConnection: close"
    assert observations.http(lab, at.INSIGHTS, at.INSIGHTS_NAME, request).startswith("HTTP/1.1 500 ")
    assert observations.tls(lab, at.INSIGHTS, at.INSIGHTS_NAME) == "ok"
    edge = at.EDGES[0]
    assert observations.http(lab, edge.javascript, edge.javascript_name, request).startswith("HTTP/1.1 404 ")


# TURN


def test_turn_is_shut_by_transport_or_whole(lab: Lab) -> None:
    """TURN can be blocked over one transport or over all, and no other service is affected."""
    lab.with_faults(("turn_shut", {"transports": ["tcp"], "how": "reset"}))
    assert observations.tcp(lab, at.TURN, 3478) == "ECONNREFUSED"
    assert observations.tcp(lab, at.TURN, 443) == "open"
    lab.with_faults("turn_shut")
    assert [observations.tcp(lab, at.TURN, port) for port in (3478, 443)] == ["timeout", "timeout"]
    assert observations.tcp(lab, at.INSIGHTS) == "open"


def test_turn_forbids_and_refuses(lab: Lab) -> None:
    """The strict TURN server answers 403 to permissions; a wrong password gets no allocation."""
    strict = lab.with_faults("turn_forbidden").run(
        [*observations.TURN_CLIENT, "-w", at.TURN_PASSWORD, at.TURN]
    )
    assert "403" in strict.stdout + strict.stderr
    wrong = lab.with_faults("turn_credentials").run(
        [*observations.TURN_CLIENT, "-w", "not-the-password", at.TURN]
    )
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
        ("dns_answers", {"rcode": "alike"}, at.FAR),
        ("captive_portal", {"how": "dns"}, at.GATEWAY),
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
    others = observations.dig(situation, at.INSIGHTS_NAME)
    assert (others == [at.INSIGHTS]) == (fault in {"dns_name", "dns_far", "roaming"})


def test_far_resolver_sends_no_subnet(lab: Lab) -> None:
    """The far resolver is known by its name, its own address and the missing client subnet."""
    situation = lab.with_faults("dns_far")
    assert "'ecs':'False'" in observations.dig(situation, "TXT", at.CLIENT_SUBNET_NAME)[0]
    assert observations.dig(situation, "TXT", at.WHOAMI_NAME) == [f'"{at.FAR}"']
    assert observations.dig(situation, "CH", "TXT", "id.server") == [f'"far.{at.ZONE}"']


def test_only_the_proxy_leads_out(lab: Lab) -> None:
    """Direct connections fail; the proxy asks for a password and lets through who has it."""
    situation = lab.with_faults("only_proxy")
    assert observations.tcp(lab, at.INSIGHTS) == "timeout"
    curl = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_connect} %{http_code}"]
    curl += ["--cacert", str(lab.folder / "pki" / "lab.pem"), f"https://{at.INSIGHTS_NAME}/"]
    assert situation.run([*curl, "-x", at.PROXY_AUTH]).stdout == "407 000"
    known = ["-x", at.PROXY_AUTH, "-U", f"{at.TURN_USER}:{at.TURN_PASSWORD}"]
    assert situation.run([*curl, *known]).stdout == "200 404"
    assert situation.run([*curl, "-x", at.PROXY_PLAIN]).stdout == "200 404"


def test_ipv6_alone_leads_to_ipv4_by_nat64_only(lab: Lab) -> None:
    """With NAT64 and DNS64 a relay without IPv4 reaches the service; without them it does not; then IPv4 is back."""
    curl = ["curl", "-sS", "--max-time", "3", "-o", "/dev/null", "-w", "%{http_code} %{local_ip}"]
    curl.append(f"http://{at.KNOWN_PAGE_NAMES[0]}/generate_204")
    assert lab.with_faults("ipv6_alone").run(curl).stdout == f"204 {at.RELAY6}"
    assert lab.with_faults(("ipv6_alone", {"nat64": False})).run(curl).stdout.startswith("000 ")
    assert lab.with_faults().run(curl).stdout == f"204 {at.RELAY}"


@pytest.mark.parametrize(
    ("how", "status"), [("redirect", "302"), ("511", "511"), ("content", "200"), ("dns", "302")]
)
def test_captive_portal_answers_websites_and_lets_nothing_out(lab: Lab, how: str, status: str) -> None:
    """Websites get the portal's answer; TURN is out of reach, by TCP as by UDP."""
    situation = lab.with_faults(("captive_portal", {"how": how}))
    curl = ["curl", "-sS", "--max-time", "3", "-o", "/dev/null", "-w", "%{http_code}"]
    assert situation.run([*curl, f"http://{at.KNOWN_PAGE_NAMES[1]}/connecttest.txt"]).stdout == status
    assert observations.tcp(lab, at.TURN, 3478) in {"timeout", "ECONNREFUSED"}
    assert observations.udp(lab, 12000) == (False, False)


@pytest.mark.parametrize(("kind", "schemes"), [("negotiate", ["Negotiate"]), ("ntlm", ["NTLM"])])
def test_proxy_offers_one_kind_of_login(lab: Lab, kind: str, schemes: list[str]) -> None:
    """Each port of the proxy asks for its own kind of login, and one refuses the service's hosts alone."""
    situation = lab.with_faults("other_proxy")
    proxy = f"http://{at.NEAR}:{at.PROXY_PORTS[kind]}"
    head = situation.run(["curl", "-sS", "-I", "-x", proxy, f"http://{at.KNOWN_PAGE_NAMES[0]}/"]).stdout
    offered = [
        line.split()[1] for line in head.splitlines() if line.lower().startswith("proxy-authenticate:")
    ]
    assert offered == schemes
    curl = ["curl", "-sSk", "-o", "/dev/null", "-w", "%{http_connect}"]
    curl += ["-x", f"http://{at.NEAR}:{at.PROXY_PORTS['refusing']}"]
    assert situation.run([*curl, f"https://{at.INSIGHTS_NAME}/"]).stdout == "403"
    assert situation.run([*curl, f"https://{at.KNOWN_PAGE_NAMES[0]}/"]).stdout == "200"
