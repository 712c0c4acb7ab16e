"""Network files: content of the shipped one, content of custom ones, and reports of mistakes."""

import json
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from knowledge.loading.load_network import TWILIO, NetworkFileError, load_network
from knowledge.model.network import IceServer, KnownPage, Network
from tests.certificates import make_authority

SCHEMA = json.loads((TWILIO.parent.parent / "schemas" / "network.schema.json").read_text("utf-8"))
SMALL = """
id: lab
title: Lab
edges: {near: {}, far: {place: Far away}}
services:
  - id: signaling
    protocol: websocket
    transport: tcp
    port: 443
    path: /signal
    hosts: {roaming: signal.example, near: near.signal.example, far: far.signal.example}
  - {id: insights, protocol: https, transport: tcp, port: 443, hosts: {all: events.example}}
  - {id: turn, protocol: turn, transport: udp, port: 3478, hosts: {roaming: turn.example}}
media: {ranges: [198.51.100.0/24], ports: [10000, 60000]}
"""


PUSH = """push:
  - {id: apns, platforms: [ios], hosts: ["*.push.example"], ports: [[443], [5228, 5230]], ranges: [203.0.113.0/25]}
"""


def load(folder: Path, text: str) -> Network:
    file = folder / "network.yaml"
    file.write_text(text, "utf-8")
    return load_network(file)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(NetworkFileError) as caught:
        load(folder, text)
    return [problem.replace(f"{folder}/", "") for problem in caught.value.problems]


def test_shipped_network_has_a_source_for_everything() -> None:
    """Each edge and service of the shipped file names its sources."""
    network = load_network()
    assert all(edge.sources for edge in (*network.edges.values(), *network.interconnect.values()))
    assert all(service.sources for service in (*network.services, *network.push))
    assert network.checked


@pytest.mark.parametrize(
    ("service", "platform", "edge", "places"),
    [
        ("signaling", "javascript", "", ["voice-js.roaming.twilio.com:443/tcp"]),
        ("signaling", "javascript", "sao-paulo", ["voice-js.sao-paulo.twilio.com:443/tcp"]),
        ("signaling", "javascript", "ashburn-ix", ["voice-js.ashburn-ix.twilio.com:443/tcp"]),
        ("signaling", "ios", "roaming", ["chunderm.gll.twilio.com:443/tcp"]),
        ("signaling", "android", "dublin", ["chunderm.ie1.gll.twilio.com:443/tcp"]),
        ("signaling", "react-native", "tokyo", ["chunderm.jp1.gll.twilio.com:443/tcp"]),
        ("legacy-signaling", "ios", "", ["chunderm.gll.twilio.com:10194/tcp"]),
        ("legacy-signaling", "javascript", "", []),
        ("legacy-signaling", "react-native", "", []),
        ("registration", "android", "tokyo", ["ers.twilio.com:443/tcp"]),
        ("registration", "javascript", "", []),
        ("insights", "javascript", "", ["eventgw.twilio.com:443/tcp"]),
        ("stun", "ios", "", ["global.stun.twilio.com:3478/udp"]),
        (
            "turn",
            "ios",
            "ashburn",
            [
                "ashburn.turn.twilio.com:3478/udp",
                "ashburn.turn.twilio.com:3478/tcp",
                "ashburn.turn.twilio.com:443/tcp",
                "ashburn.turn.twilio.com:443/tls",
            ],
        ),
        ("media", "ios", "", ["168.86.128.1:10000/udp"]),
        ("route", "javascript", "", ["168.86.128.1:33434/udp"]),
        ("client-subnet", "ios", "", ["edns-client-sub.net:53/udp"]),
    ],
)
def test_targets_of_the_shipped_network(service: str, platform: str, edge: str, places: list[str]) -> None:
    """Each platform and edge leads to the documented hosts and ports, and to no others."""
    targets = load_network().targets(service, platform, "chosen", edge)
    assert [str(target) for target in targets] == places


def test_every_edge_leaves_interconnect_out() -> None:
    """Comparing edges looks at the public ones, each at its own host."""
    network = load_network()
    hosts = network.edge_hosts("javascript")
    assert list(hosts) == list(network.edges)
    assert len(network.targets("signaling", "ios", "every")) == 8
    assert "ashburn-ix" in network.edge_names
    assert network.edge_names[0] == "roaming"


def test_what_is_known_in_part_is_marked() -> None:
    """TURN over TLS and the interconnect hosts are not presented as certain."""
    unsure = {(one.id, one.transport) for one in load_network().services if one.status != "verified"}
    assert unsure == {("signaling", "tcp"), ("turn", "tls")}


def test_hosts_for_a_firewall() -> None:
    """For roaming a firewall needs every edge's host, for a fixed edge one."""
    network = load_network()
    assert len(network.hosts("signaling", "javascript")) == 9
    assert network.hosts("signaling", "javascript", "dublin") == ("voice-js.dublin.twilio.com",)
    assert network.hosts("registration", "javascript") == ()


def test_shipped_file_and_schema_are_valid() -> None:
    """The schema is one, and every field in it has a description for those who write such a file."""
    Draft202012Validator.check_schema(SCHEMA)
    bare = [name for name, field in SCHEMA["properties"].items() if "description" not in field]
    for kind in ("edge", "service"):
        fields = SCHEMA["$defs"][kind]["properties"]
        bare += [name for name, field in fields.items() if "description" not in field]
    assert bare == []


def test_every_field_is_in_the_guide() -> None:
    """The guide for writers of network files names every key of the schema."""
    guide = (Path(__file__).parents[3] / "docs" / "network-files.md").read_text("utf-8")
    keys = [*SCHEMA["properties"], *SCHEMA["$defs"]["service"]["properties"]]
    assert [key for key in keys if f"`{key}`" not in guide] == []


def test_examples_of_the_guide_load(tmp_path: Path) -> None:
    """Both examples in the guide can be used as they are, except for the certificate file."""
    guide = (Path(__file__).parents[3] / "docs" / "network-files.md").read_text("utf-8")
    (tmp_path / "root.pem").write_text(make_authority("Example Root").pem, "utf-8")
    examples = [block.split("```", 1)[0] for block in guide.split("```yaml\n")[1:]]
    networks = [load(tmp_path, example) for example in examples if example.startswith("id:")]
    assert [network.id for network in networks] == ["acme", "lab"]
    assert all(network.targets("signaling", "javascript") for network in networks)


def test_small_file_is_enough(tmp_path: Path) -> None:
    """Edges, services and media make a network; all else has a default."""
    network = load(tmp_path, SMALL)
    assert network.roaming == "roaming"
    assert network.allowed_edges == network.resolvers == network.roots == ()
    assert not network.private_addresses
    assert network.targets("client-subnet", "ios") == ()
    assert [str(one) for one in network.targets("turn", "ios", "chosen", "near")] == ["turn.example:3478/udp"]
    assert network.targets("signaling", "ios", "chosen", "elsewhere") == ()


def test_known_pages(tmp_path: Path) -> None:
    """A page is given by its address; the answer is 204 unless the file says otherwise."""
    pages = "known_pages: [{url: 'http://a.example'}, {url: 'http://b.example:81/x?y', answers: 200, contains: ok}]"
    network = load(tmp_path, f"{pages}\n{SMALL}")
    assert network.known_pages == (
        KnownPage("a.example", 80, "/", 204),
        KnownPage("b.example", 81, "/x?y", 200, "ok"),
    )
    places = [str(target) for target in network.targets("known-page", "ios")]
    assert places == ["a.example:80/tcp", "b.example:81/tcp"]


def test_media_range_of_one_address(tmp_path: Path) -> None:
    """A media range may be one address."""
    network = load(tmp_path, SMALL.replace("198.51.100.0/24", "198.51.100.7/32"))
    assert network.targets("media", "ios")[0].host == "198.51.100.7"


def test_ice_servers_hide_their_credential(tmp_path: Path) -> None:
    """Credentials are read, and no repr shows them."""
    text = "ice_servers: [{urls: 'turn:turn.example:3478', username: lab, credential: hush}]\n"
    network = load(tmp_path, SMALL + text)
    assert network.ice_servers == (IceServer(("turn:turn.example:3478",), "lab", "hush"),)
    assert "hush" not in repr(network)


def test_trust_roots_as_text_and_beside_the_file(tmp_path: Path) -> None:
    """A root may stand in the file or beside it."""
    pem = make_authority("Example Root").pem
    (tmp_path / "root.pem").write_text(pem, "utf-8")
    written = "".join(f"      {line}\n" for line in pem.splitlines())
    network = load(tmp_path, SMALL + f"trust:\n  roots:\n    - root.pem\n    - |\n{written}")
    assert len(network.roots) == 2
    assert all("BEGIN CERTIFICATE" in root for root in network.roots)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            ("port: 443\n", "port: 99999\n"),
            "network.yaml:9: services.0.port is 99999, and must be at most 65535",
        ),
        (("port: 443\n", "port: https\n"), "must be of type integer"),
        (("media:", "mdia:"), 'unknown key "mdia" in the file (did you mean media?)'),
        (("protocol: websocket", "protocol: websockets"), "(did you mean websocket?)"),
        (("near: near.signal", "naer: near.signal"), "network.yaml:11: naer is neither an edge"),
        (("198.51.100.0/24", "198.51.100.9/24"), "write 198.51.100.0/24"),
        (("198.51.100.0/24", "198.51.100.999/24"), "is not an address range"),
        (("[10000, 60000]", "[60000, 10000]"), "swap them"),
        (("signal.example,", "https://signal.example/,"), "must look like a host name"),
        (("id: signaling", "id: assets"), "no service has the id signaling"),
        (("edges: {near: {},", "edges: {near: {}, all: {},"), "an edge cannot be called all"),
        (("id: lab", "id: lab\nid: lab"), "again"),
        (("id: lab", "id: lab\nresolvers: [192.0.2.300]"), "is not an address such as"),
        (("id: lab", "id: lab\naddresses: {a.example: [zero]}"), "must look like an address"),
        (("id: lab", "id: lab\nallowed_edges: [near, farr]"), "did you mean far?"),
        (("id: lab", "id: lab\ninterconnect: {near: {}}"), "is under `edges` already"),
        (("id: lab", "id: lab\nice_servers: [{urls: 'turn:turn.example:99999'}]"), "must look like turn:"),
        (("id: lab", "id: lab\nquality: {rtt_ms: 200, source: NET}"), "not listed under `sources`"),
        (("id: lab", "id: lab\ntrust: {roots: [nowhere.pem]}"), "there is no file"),
        (("id: lab", "id: lab\ntrust: {roots: ['-----BEGIN CERTIFICATE-----']}"), "not a certificate"),
        (("id: lab", "id: [lab"), "is not YAML"),
        (("id: lab", "id: &a lab"), "an anchor or a tag"),
        (("title: Lab\n", ""), "lacks title"),
        (("id: lab", "id: lab\nroaming: anywhere"), "must look like roaming"),
        (("id: lab", "id: lab\nproxy: 'ftp://x'"), "proxy is"),
        (("id: lab", "id: lab\nknown_pages: [{url: 'https://a.example/'}]"), "must look like"),
        (("id: lab", "id: lab\nknown_pages: [{url: 'http://a.example:70000/'}]"), "70000 is not a port"),
        (("ports: [10000, 60000]", "ports: [10000]"), "not the right number of entries"),
        (("id: lab", "id: lab\nice_servers: [{urls: 7}]"), "cannot be"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path: Path, change: tuple[str, str], problem: str) -> None:
    """Each mistake is one sentence with file and line that says what to do."""
    assert change[0] in SMALL
    told = problems(tmp_path, SMALL.replace(*change))
    assert any(problem in one for one in told), told
    assert all(one.startswith("network.yaml:") for one in told)


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    """All mistakes of a file are reported at once."""
    told = problems(tmp_path, SMALL.replace("port: 443\n", "port: 0\n").replace("title", "titel"))
    assert len(told) == 3  # the port, the unknown key, the missing title


@pytest.mark.parametrize("text", ["", "just text", "[1, 2]", "\x00", "a: " + "[" * 500])
def test_not_a_network_at_all(tmp_path: Path, text: str) -> None:
    """A file that holds something else is refused in a sentence."""
    assert problems(tmp_path, text)


@pytest.mark.parametrize("path", ["", "nowhere.yaml", "/dev/zero", "a\0b", "x" * 5000])
def test_unreadable_places(tmp_path: Path, path: str) -> None:
    """A path that is not a readable file is refused without reading endlessly."""
    with pytest.raises(NetworkFileError):
        load_network(tmp_path / path)


def test_huge_file_is_not_read(tmp_path: Path) -> None:
    """A file above 1 MiB is refused."""
    assert "larger than 1 MiB" in problems(tmp_path, SMALL + "#" * 1024 * 1024)[0]


def test_binary_and_bad_roots(tmp_path: Path) -> None:
    """Trust roots that are no certificates, or far too large, are refused."""
    root = tmp_path / "root.pem"
    text = SMALL + "trust: {roots: [root.pem]}\n"
    for content in (b"\xff\xfe", b"-" * (1024 * 1024 + 1)):
        root.write_bytes(content)
        assert "network.yaml:" in problems(tmp_path, text)[0]
    assert "there is no file" in problems(tmp_path, SMALL + 'trust: {roots: ["a\\0b"]}\n')[0]


def test_full_of_mistakes_is_told_soon(tmp_path: Path) -> None:
    """A large file full of mistakes is refused quickly, with few sentences."""
    begun = time.perf_counter()
    told = problems(tmp_path, SMALL + "resolvers: [" + "zero, " * 20000 + "]\n")
    assert len(told) <= 20
    assert time.perf_counter() - begun < 10


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("5228, 5230", "5230, 5228"), "swap them"),
        (("203.0.113.0/25", "203.0.113.9/25"), "write 203.0.113.0/25"),
        ((", ranges: [203.0.113.0/25]", ""), "many firewalls take no wildcard such as *.push.example"),
        (("[ios]", "[iso]"), "there is no platform 'iso'"),
        (("id: apns", "id: smtp"), "push.0.id"),
        (("*.push.example", "https://push.example/"), "must look like"),
    ],
)
def test_mistakes_in_push_services(tmp_path: Path, change: tuple[str, str], problem: str) -> None:
    """Hosts of push services are checked like others, and a name with a wildcard needs ranges."""
    assert load(tmp_path, SMALL + PUSH).push_of("ios")[0].ports == ((443, 443), (5228, 5230))
    told = problems(tmp_path, SMALL + PUSH.replace(*change))
    assert any(problem in one for one in told), told
