"""The policy guard: what the operator's policy file allows passes, everything else is blocked at every socket."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import dns.message
import pytest

from probes.net.guard import GUARD
from probes.net.resolver import Resolver
from probes.net.sockets import connect_tcp, open_udp
from probes.protocol.failures import EgressDenied, Failure, classify
from probes.protocol.json_fields import WireError
from probes.protocol.model import Plan, Step, Target
from probes.protocol.order import PlanRefused, make_order
from probes.protocol.policy import Policy
from probes.protocol.policy_file import PolicyError, load_policy, parse_policy
from probes.relay.admission import Quota, admit
from probes.runner.packet_budget import PacketBudget
from probes.runner.policy_guard import PolicyGuard
from tests.name_server import name_server, zone

FILE = {
    "version": 1,
    "allow": [
        {"names": ["voice-js.*.example", "eventgw.example"], "ports": [443, 10194], "transports": ["tcp"]},
        {"ranges": ["168.86.128.0/18"], "ports": ["10000-60000"], "transports": ["udp"]},
        {"ranges": ["10.1.2.0/24"], "ports": [443]},
    ],
    "resolvers": ["system", "9.9.9.9"],
    "proxies": ["http://me:pass@proxy.example:3128"],
}
POLICY = parse_policy(FILE)


def fence(policy: Policy = POLICY, rate: float = 1e9) -> PolicyGuard:
    return PolicyGuard(policy, PacketBudget(rate, clock=lambda: 0.0), frozenset({"10.9.9.9"}))


@pytest.mark.parametrize(
    ("name", "port", "allowed"),
    [
        ("voice-js.roaming.example", 443, True),
        ("VOICE-JS.roaming.example.", 443, True),
        ("voice-js.roaming.example", 22, False),
        ("voice-js.a.b.example", 443, False),
        ("voice-js..example", 443, False),
        ("evil.example", 443, False),
        ("eventgw.example.evil.example", 443, False),
        ("xeventgw.example", 443, False),
    ],
)
def test_names_are_matched_label_by_label(name: str, port: int, allowed: bool) -> None:
    """A star is one label and never a dot; the port must fit, too."""
    assert POLICY.allows_name(name, port, "tls") is allowed


@pytest.mark.parametrize(
    ("address", "port", "transport", "allowed"),
    [
        ("168.86.128.7", 10000, "udp", True),
        ("168.86.128.7", 443, "tcp", False),
        ("::ffff:168.86.128.7", 10000, "udp", True),
        ("10.1.2.3", 443, "tcp", True),
        ("10.1.3.3", 443, "tcp", False),
        ("::ffff:10.1.3.3", 443, "tcp", False),
        ("64:ff9b::a01:303", 443, "tcp", False),
        ("9.9.9.9", 53, "udp", True),
        ("9.9.9.9", 443, "tcp", False),
        ("10.9.9.9", 53, "udp", True),
        ("8.8.8.8", 53, "udp", False),
        ("169.254.169.254", 80, "tcp", False),
        ("127.0.0.1", 443, "tcp", False),
        ("fe80::1%eth0", 443, "tcp", False),
        ("not-an-address", 443, "tcp", False),
    ],
)
def test_addresses_are_judged_as_what_they_reach(
    address: str, port: int, transport: str, allowed: bool
) -> None:
    """Ranges, ports and transports; v4 inside v6 is v4; resolvers are resolvers only on their port."""
    if allowed:
        fence().check(address, port, transport)
        return
    with pytest.raises(EgressDenied):
        fence().check(address, port, transport)


def test_name_leads_only_to_public_addresses() -> None:
    """An allowed name opens the public addresses it has, on its ports, and no private one."""
    guard = fence()
    guard.grant("voice-js.roaming.example", ["8.8.4.4", "10.0.0.5", "127.0.0.1", "::1"])
    guard.check("8.8.4.4", 443, "tcp")
    for address, port in (
        ("8.8.4.4", 80),
        ("10.0.0.5", 443),
        ("127.0.0.1", 443),
        ("::1", 443),
        ("8.8.4.5", 443),
    ):
        with pytest.raises(EgressDenied):
            guard.check(address, port, "tcp")
    guard.grant("evil.example", ["1.1.1.1"])
    with pytest.raises(EgressDenied):
        guard.check("1.1.1.1", 443, "tcp")


def test_whole_internet_does_not_mean_the_private_one() -> None:
    """0.0.0.0/0 lets every public address through, and no private one; a private range must be written."""
    policy = parse_policy(
        {"version": 1, "allow": [{"ranges": ["0.0.0.0/0", "::/0", "8.0.0.0/5"], "ports": [443]}]}
    )
    assert policy.allows_address("8.8.8.8", 443, "tcp")
    assert policy.allows_address("2001:4860:4860::8888", 443, "tcp")
    for private in (
        "10.0.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "fd00::1",
        "::1",
        "224.0.0.1",
        "::ffff:10.0.0.1",
    ):
        assert not policy.allows_address(private, 443, "tcp"), private


def test_proxy_may_be_private_and_is_reached_on_its_port_only() -> None:
    """The operator named it; what it is asked to connect to is judged like any target."""
    guard = fence()
    guard.check_name("proxy.example")
    guard.grant("proxy.example", ["10.0.0.8"])
    guard.check("10.0.0.8", 3128, "tcp")
    guard.check_tunnel("voice-js.roaming.example", 443)
    for attempt in (
        lambda: guard.check("10.0.0.8", 22, "tcp"),
        lambda: guard.check("10.0.0.8", 3128, "udp"),
        lambda: guard.check_tunnel("evil.example", 443),
        lambda: guard.check_tunnel("10.0.0.1", 443),
        lambda: guard.check_name("secret.evil.example"),
    ):
        with pytest.raises(EgressDenied):
            attempt()


def test_packets_are_counted() -> None:
    """More than the rate allows is held back; time gives it back."""
    now = [0.0]
    guard = PolicyGuard(POLICY, PacketBudget(2, clock=lambda: now[0]))
    for _ in range(4):
        guard.check("9.9.9.9", 53, "udp")
    with pytest.raises(EgressDenied):
        guard.check("9.9.9.9", 53, "udp")
    now[0] = 0.5
    guard.check("9.9.9.9", 53, "udp")


async def fenced(act: Callable[[], Awaitable[Any]], policy: Policy = POLICY) -> None:
    """The policy guard, not the network, blocks what *act* does."""

    async def inside() -> None:
        GUARD.set(fence(policy))
        await act()

    with pytest.raises((EgressDenied, ExceptionGroup)) as caught:
        await asyncio.create_task(inside())
    assert classify(caught.value) is Failure.NOT_ALLOWED


async def test_every_socket_asks_the_fence() -> None:
    """TCP, connected UDP and each datagram of an unconnected socket are blocked; without a guard they are not."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def datagram() -> None:
        with open_udp() as sock:
            sock.send(b"x", ("127.0.0.1", port))

    async def connected() -> None:
        open_udp(("127.0.0.1", port))

    async with server:
        await fenced(lambda: connect_tcp("127.0.0.1", port))
        await fenced(datagram)
        await fenced(connected)
        (await connect_tcp("127.0.0.1", port)).close()


async def test_names_outside_are_never_asked_for() -> None:
    """A name that no rule has does not reach a resolver: it might carry something out."""
    asked: list[str] = []

    def script(query: dns.message.Message, tcp: bool) -> list[bytes]:
        asked.append(query.question[0].name.to_text())
        return zone({"good.example A": ["good.example A 192.0.2.1"]})(query, tcp)

    async with name_server(script) as server:
        policy = parse_policy(
            {
                "version": 1,
                "allow": [{"names": ["good.example"], "ranges": ["127.0.0.0/8"], "ports": [server[1]]}],
            }
        )
        resolver = Resolver(servers=[server], cadence=(0.2,), hosts=Path("/dev/null"))
        await fenced(lambda: resolver.addresses("secret.evil.example"), policy)
        assert asked == []
        assert (await resolver.addresses("good.example"))[0] == ("192.0.2.1",)
        assert asked


def test_being_fenced_is_no_word_of_the_network() -> None:
    """Alone or from a task group it is reported as not allowed, and no check can mistake it for an OSError."""
    assert classify(EgressDenied("x")) is Failure.NOT_ALLOWED
    assert classify(ExceptionGroup("tasks", [ValueError(), EgressDenied("x")])) is Failure.NOT_ALLOWED
    assert not issubclass(EgressDenied, OSError)


def step(
    probe: str = "tcp", host: str = "eventgw.example", port: int = 443, transport: str = "tcp", **params: Any
) -> Step:
    return Step("one", probe, Target("any", host, port, transport), 2.0, params)


WAY = {"host": "eventgw.example", "port": 443, "transport": "tls"}
PROBES = ("tcp", "dns", "nat", "udp_media", "edges", "locate")


@pytest.mark.parametrize(
    "good",
    [
        step(), step("dns", port=53, transport="udp", resolver="9.9.9.9"), step(addresses=["10.1.2.3"]),
        step("edges", hosts={"a": "voice-js.a.example"}, addresses={"x": ["10.1.2.3"]}),
    ],
)  # fmt: skip
def test_plan_inside_the_fence_is_admitted(good: Step) -> None:
    """What the policy has is run as it is asked for."""
    assert admit(make_order(Plan((good,), 2.0), "a", "u", 0.0), POLICY, PROBES).steps == (good,)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (step("shell"), "unknown_probe"),
        (step(host="10.0.0.1"), "target_not_allowed"),
        (step(host="evil.example"), "target_not_allowed"),
        (step(port=22), "target_not_allowed"),
        (step(transport="udp"), "target_not_allowed"),
        (step("dns", host="evil.example", port=53, transport="udp"), "target_not_allowed"),
        (step("dns", port=53, transport="udp", resolver="8.8.8.8"), "target_not_allowed"),
        (step(addresses=["127.0.0.1"]), "target_not_allowed"),
        (step(addresses=["eventgw.example"]), "malformed"),
        (step(addresses=3), "malformed"),
        (step("edges", hosts={"a": "evil.example"}), "target_not_allowed"),
        (step("edges", addresses={"a": ["1.1.1.1"]}), "target_not_allowed"),
        (step("edges", hosts=["a"]), "malformed"),
        (step("nat", servers=[{"host": "evil.example", "port": 3478}]), "target_not_allowed"),
        (step("nat", servers=[{"host": "evil.example"}]), "malformed"),
        (step("locate", control={"host": "evil.example", "port": 443, "transport": "tcp"}), "target_not_allowed"),
        (step("locate", control={"host": "eventgw.example"}), "malformed"),
        (step("udp_media", turn=[{"host": "evil.example", "port": 443, "transport": "tls"}]), "target_not_allowed"),
        (step("udp_media", turn=[{**WAY, "addresses": ["1.1.1.1"]}]), "target_not_allowed"),
        (step("udp_media", turn={"host": "x"}), "malformed"),
    ],
)  # fmt: skip
def test_plan_beyond_the_fence_is_refused(bad: Step, reason: str) -> None:
    """Every target that a step can name is checked before anything runs."""
    with pytest.raises(PlanRefused) as caught:
        admit(make_order(Plan((bad,), 2.0), "a", "u", 0.0), POLICY, PROBES)
    assert caught.value.reason == reason


def test_plan_that_is_too_big_or_too_long_is_refused() -> None:
    """Steps and seconds have a limit; so has the proxy: only the operator's, with the operator's password."""
    many = Plan(tuple(step() for _ in range(POLICY.limits.steps + 1)), 2.0)
    for plan in (many, Plan((step(),), 31.0)):
        with pytest.raises(PlanRefused, match="the maximum is"):
            admit(make_order(plan, "a", "u", 0.0), POLICY, PROBES)
    with pytest.raises(PlanRefused, match="proxy"):
        admit(
            make_order(Plan((step(),), 2.0, proxy="http://evil.example:3128"), "a", "u", 0.0), POLICY, PROBES
        )
    taken = admit(
        make_order(Plan((step(),), 2.0, proxy="http://proxy.example:3128"), "a", "u", 0.0), POLICY, PROBES
    )
    assert taken.proxy == "http://me:pass@proxy.example:3128"


@pytest.mark.parametrize(
    ("allowed", "asked", "sentence"),
    [
        (0, [2_000_000], r"does not allow filling the line \(limits: fill_bytes\)"),
        (2_000_000, [1_500_000, 1_500_000], "filling the line with more than 2000000 bytes"),
        (2_000_000, [None], "filling the line with more than 2000000 bytes"),
        (2_000_000, [-2_000_000, 3_000_000], "filling the line with more than 2000000 bytes"),
    ],
)
def test_plan_that_fills_the_line_needs_leave(allowed: int, asked: list[int | None], sentence: str) -> None:
    """By default no plan may; all steps of a plan count together, and each says how much it sends."""
    file = {**FILE, "limits": {**FILE.get("limits", {}), "fill_bytes": allowed}} if allowed else FILE
    plan = Plan(tuple(step("fill", bytes=count) for count in asked), 2.0)
    with pytest.raises(PlanRefused, match=sentence) as caught:
        admit(make_order(plan, "a", "u", 0.0), parse_policy(file), (*PROBES, "fill"))
    assert caught.value.reason == "target_not_allowed"
    policy = parse_policy({**FILE, "limits": {"fill_bytes": 2_000_000}})
    good = Plan((step("fill", bytes=2_000_000),), 2.0)
    assert admit(make_order(good, "a", "u", 0.0), policy, (*PROBES, "fill")).steps == good.steps
    with pytest.raises(PlanRefused, match="no probe named “fill”"):  # an older relay
        admit(make_order(good, "a", "u", 0.0), policy, PROBES)


def test_plan_without_a_proxy_gets_the_one_of_this_host() -> None:
    """The operator's first proxy, or the one by which the hub is reached; a host without one gives none."""
    order = make_order(Plan((step(),), 2.0), "a", "u", 0.0)
    own = "http://other:word@192.0.2.9:8080"
    assert admit(order, POLICY, PROBES).proxy == "http://me:pass@proxy.example:3128"
    assert admit(order, POLICY.with_proxy(own), PROBES).proxy == own
    named = make_order(Plan((step(),), 2.0, proxy="http://192.0.2.9:8080"), "a", "u", 0.0)
    assert admit(named, POLICY.with_proxy(own), PROBES).proxy == own
    none = parse_policy({**FILE, "proxies": []})
    assert admit(order, none, PROBES).proxy == ""
    assert none.with_proxy("") == none


def test_plans_are_counted_by_requester_and_hour() -> None:
    """Limits for concurrent plans, per hour for one requester, and per hour for all; they reset after an hour."""
    limits = {"concurrent_plans": 2, "plans_per_hour": 3, "plans_per_hour_in_all": 5}
    quota = Quota(parse_policy({"version": 1, "allow": [], "limits": limits}).limits)
    one, two = (make_order(Plan((), 1.0), "a", who, 0.0) for who in ("U1", "U2"))
    with pytest.raises(PlanRefused, match="already running here"):
        quota.take(one, 2, 0.0)
    for _ in range(3):
        quota.take(one, 0, 0.0)
    with pytest.raises(PlanRefused, match="per requester"):
        quota.take(one, 0, 10.0)
    quota.take(two, 0, 10.0)
    quota.take(two, 0, 10.0)
    with pytest.raises(PlanRefused, match="in an hour are allowed here"):
        quota.take(two, 0, 20.0)
    quota.take(one, 0, 3601.0)
    quota.take(one, 0, 3700.0)
    assert set(quota._by_requester) == {"U1"}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"version": 2}, "version"),
        ({"more": 1}, "not known"),
        ({"allow": [{"names": ["*"], "ports": [443]}]}, "all names"),
        ({"allow": [{"names": ["*.*"], "ports": [443]}]}, "all names"),
        ({"allow": [{"ranges": ["10.0.0.1/8"], "ports": [443]}]}, "not a range"),
        ({"allow": [{"ranges": ["10.0.0.0/8"]}]}, "missing"),
        ({"allow": [{"ranges": ["10.0.0.0/8"], "ports": ["9-3"]}]}, "not a port"),
        ({"allow": [{"ranges": ["10.0.0.0/8"], "ports": [True]}]}, "not a port"),
        ({"allow": [{"ranges": ["10.0.0.0/8"], "ports": [1], "transports": ["icmp"]}]}, "transports"),
        ({"resolvers": ["dns.example"]}, "not an address"),
        ({"proxies": ["socks5://x"]}, "must look like"),
        ({"limits": {"plans_per_hour": 0}}, "limits.plans_per_hour: must be 1 or more"),
        ({"limits": {"plans": 1}}, "limits.plans: is not known"),
        ({"limits": {"steps": True}}, "limits.steps: must be a number, not true or false"),
    ],
)
def test_policy_file_that_is_wrong_is_refused_with_its_place(change: dict[str, Any], complaint: str) -> None:
    """A relay does not start with a policy that its operator did not intend."""
    with pytest.raises(WireError, match=complaint):
        parse_policy({**FILE, **change})


def test_policy_file_that_is_no_yaml_names_its_line(tmp_path: Path) -> None:
    """A slip of the keyboard is found by its line."""
    (tmp_path / "policy.yaml").write_text("version: 1\nallow: [\n")
    with pytest.raises(PolicyError, match=r"policy\.yaml:3"):
        load_policy(tmp_path / "policy.yaml")
    with pytest.raises(PolicyError, match="No such file"):
        load_policy(tmp_path / "none.yaml")
