"""A hub that was taken over, and attackers on the path: refused with a signed reason, nothing connected."""

import asyncio
import errno
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import dns.message
import dns.rdatatype
import pytest

from probes.checks import PROBES
from probes.checks.context import ProbeContext
from probes.net.resolver import Resolver
from probes.protocol.failures import Failure
from probes.protocol.keys import Identity
from probes.protocol.message_codec import write
from probes.protocol.messages import (
    LONGEST,
    Done,
    ObservationMessage,
    Ready,
    Refusal,
    Rejection,
    RelayMessage,
    RunPlan,
    Welcome,
)
from probes.protocol.model import Plan, Step, Target
from probes.protocol.order import make_order, sign_order
from probes.protocol.policy_file import parse_policy
from probes.protocol.report import open_refusal
from probes.protocol.revocation import sign_revocation
from probes.relay.admission import ReplayMemory
from probes.relay.agent import Agent, join, patience
from probes.relay.dial_errors import LinkError
from probes.relay.hub_address import HubAddress
from probes.relay.link import FRAMES_AT_ONCE
from probes.relay.orders import PlanQueue
from tests.certificates import make_authority, make_server
from tests.name_server import answer, name_server
from tests.probes.relay.stub_hub import StubHub, inside, relay, stub_hub

# The address of an allowed service; everything around it is not allowed.
POLICY = parse_policy(
    {
        "version": 1,
        "allow": [{"names": ["good.example"], "ranges": ["127.0.0.2/32"], "ports": ["1-65535"]}],
        "limits": {"concurrent_plans": 2, "plans_per_hour": 5},
    }
)


def plan(host: str = "127.0.0.2", port: int = 9, probe: str = "tcp", **params: Any) -> Plan:
    target = Target("signaling", host, port, "tcp")
    return Plan((Step("one", probe, target, 2.0, params),), 2.0)


@asynccontextmanager
async def victim(host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[tuple[int, list[str]]]:
    """A service that no plan may connect to: its port, and its connections."""
    touched: list[str] = []

    def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        touched.append(str(writer.get_extra_info("peername")))
        writer.close()

    server = await asyncio.start_server(accept, host, port)
    async with server:
        yield server.sockets[0].getsockname()[1], touched


BAD: dict[str, tuple[str, Callable[[StubHub], str]]] = {
    "of another signer": ("unknown_signer", lambda hub: hub.order(plan(), signer=Identity.new())),
    "for another relay": ("not_for_me", lambda hub: hub.order(plan(), aud=Identity.new().id)),
    "expired": ("expired", lambda hub: hub.order(plan(), iat=hub.now() - 90, exp=hub.now() - 31)),
    "from the future": (
        "not_yet_valid",
        lambda hub: hub.order(plan(), iat=hub.now() + 60, exp=hub.now() + 119),
    ),
    "good for an hour": ("malformed", lambda hub: hub.order(plan(), exp=hub.now() + 3600)),
    "truncated": ("malformed", lambda hub: hub.order(plan())[:-40]),
    "nested too deeply": ("malformed", lambda hub: "[" * 100_000),
    "changed on the way": ("bad_signature", lambda hub: hub.order(plan()).replace("127.0.0.2", "127.0.0.3")),
    "too large": ("too_large", lambda hub: "x" * (LONGEST["hub"] - 2_000)),
    "of an unknown probe": ("unknown_probe", lambda hub: hub.order(plan(probe="shell"))),
    "to loopback": ("target_not_allowed", lambda hub: hub.order(plan("127.0.0.1"))),
    "to the metadata service": ("target_not_allowed", lambda hub: hub.order(plan("169.254.169.254", 80))),
    "to v4 inside v6": ("target_not_allowed", lambda hub: hub.order(plan("::ffff:127.0.0.1"))),
    "to a pinned address": (
        "target_not_allowed",
        lambda hub: hub.order(plan("good.example", addresses=["127.0.0.1"])),
    ),
    "to a name outside": ("target_not_allowed", lambda hub: hub.order(plan("secrets.evil.example"))),
    "to a resolver outside": (
        "target_not_allowed",
        lambda hub: hub.order(plan(probe="dns", resolver="127.0.0.1")),
    ),
    "with junk for params": ("malformed", lambda hub: hub.order(plan(addresses=[["127.0.0.1"]]))),
}


@pytest.mark.parametrize("name", BAD)
async def test_bad_orders_are_refused_and_logged(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each bad plan is refused with its own reason, signed and logged; the relay keeps serving."""
    caplog.set_level(logging.WARNING)
    reason, forge = BAD[name]
    async with stub_hub() as hub, relay(hub, POLICY):
        assert (await hub.refusal(forge(hub)))[0] == reason
        assert reason in caplog.text
        await hub.say(RunPlan(hub.order(plan())))
        assert (await hub.until(Done))[0].outcome == "finished"


async def test_replayed_order_is_refused_over_another_connection() -> None:
    """A plan that has run does not run again, now or after a reconnect, for any time on the hub's clock."""
    async with stub_hub() as hub, relay(hub, POLICY):
        envelope = hub.order(plan())
        await hub.say(RunPlan(envelope))
        await hub.until(Done)
        assert (await hub.refusal(envelope))[0] == "replayed"
        hub.ahead = -4.0
        await hub.drop()
        await hub.until(Ready, 2)
        assert (await hub.refusal(envelope, nth=2))[0] == "replayed"
        assert len(await hub.until(ObservationMessage)) == 1


@asynccontextmanager
async def asking(server: tuple[str, int]) -> AsyncIterator[tuple[StubHub, Agent]]:
    """A relay on a host whose resolver is *server*, with a policy that lets it be asked."""
    own = {
        "version": 1,
        "allow": [{"ranges": [f"{server[0]}/32"], "ports": [server[1]], "transports": ["udp"]}],
    }
    policy = replace(POLICY, allow=(*POLICY.allow, *parse_policy(own).allow))
    async with stub_hub() as hub:
        looker = replace(inside(policy, PROBES), resolver=lambda: Resolver(servers=[server], cadence=(0.2,)))
        duties = PlanQueue(Identity.new(), {hub.bot.id: hub.bot.key}, policy, looker)
        async with relay(hub, policy, duties=duties) as agent:
            yield hub, agent


@pytest.mark.parametrize("probe", ["tcp", "tls", "http", "websocket", "edges"])
async def test_name_that_resolves_to_a_private_address_is_not_connected(
    probe: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An allowed name may resolve anywhere; the address decides. The failure is not_allowed; the log has it."""

    def private(query: dns.message.Message, tcp: bool) -> list[bytes]:
        return [answer(query, "good.example A 127.0.0.1")]

    async with victim() as (port, touched), name_server(private) as server, asking(server) as (hub, _):
        await hub.say(RunPlan(hub.order(plan("good.example", port, probe, path="/"))))
        [seen] = await hub.until(ObservationMessage)
        await hub.until(Done)
    assert seen.observation["failure"] == "not_allowed"
    assert f"blocked by the relay's policy: 127.0.0.1:{port}/tcp" in caplog.text
    assert touched == []


async def test_name_that_changes_between_check_and_connect_gains_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is connected is the address that was checked: a server that changes its answer is not asked in between.

    The name server says what is allowed when it is asked first, and a forbidden address ever after.
    """
    asked: list[str] = []

    def rebinding(query: dns.message.Message, tcp: bool) -> list[bytes]:
        kind = dns.rdatatype.to_text(query.question[0].rdtype)
        asked.append(kind)
        return [answer(query, f"good.example A {'127.0.0.2' if asked.count('A') == 1 else '127.0.0.1'}")]

    async with (
        victim() as (port, touched),
        victim("127.0.0.2", port) as (_, welcome),
        name_server(rebinding) as server,
        asking(server) as (hub, _),
    ):
        one, target = plan("good.example", port), Target("signaling", "good.example", port, "tcp")
        both = Plan((*one.steps, Step("two", "tcp", target, 2.0, {}, ("one",))), 3.0)
        await hub.say(RunPlan(hub.order(both)))
        first = await hub.until(ObservationMessage, 2)
        assert [seen.observation["failure"] for seen in first] == [None, None]
        assert sorted(asked) == ["A", "AAAA"]  # two connections, one lookup
        assert len(welcome) == 2
        await hub.say(RunPlan(hub.order(one)))
        second = (await hub.until(ObservationMessage, 3))[2]
        await hub.until(Done, 2)
    assert asked.count("A") == 2
    assert second.observation["failure"] == "not_allowed"
    assert "blocked by the relay's policy: 127.0.0.1" in caplog.text
    assert touched == []


async def test_redirect_is_noted_and_not_followed() -> None:
    """A redirect from an allowed server is noted, and its target gets no connection."""
    async with victim() as (forbidden, touched):

        async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{forbidden}/\r\n\r\n".encode())
            writer.close()

        gateway = make_server(None, "good.example").context()
        server = await asyncio.start_server(redirect, "127.0.0.2", 0, ssl=gateway)
        port = server.sockets[0].getsockname()[1]
        async with server, stub_hub() as hub, relay(hub, POLICY):
            await hub.say(RunPlan(hub.order(plan("127.0.0.2", port, "http", path="/"))))
            [seen] = await hub.until(ObservationMessage)
            await hub.until(Done)
        assert seen.observation["facts"]["location"] == f"http://127.0.0.1:{forbidden}/"
        assert touched == []


async def test_too_many_plans_are_refused() -> None:
    """The quota of one requester ends, another one's does not."""
    async with stub_hub() as hub, relay(hub, POLICY):
        for count in range(1, 6):
            await hub.say(RunPlan(hub.order(plan())))
            await hub.until(Done, count)
        assert (await hub.refusal(hub.order(plan())))[0] == "too_many"
        await hub.say(RunPlan(hub.order(plan(), requester="U2")))
        await hub.until(Done, 6)


async def in_trouble(agent: Agent) -> None:
    """Wait until *agent* has lost its hub, or was turned away."""
    async with asyncio.timeout(5):
        while not agent.trouble:  # noqa: ASYNC110 - what only a test waits for has no event
            await asyncio.sleep(0.01)


async def endless(step: Step, context: ProbeContext) -> Failure | None:
    await asyncio.Event().wait()
    return None


async def test_too_many_plans_at_once_are_refused() -> None:
    """What runs already goes on."""
    async with stub_hub() as hub, relay(hub, POLICY, {"tcp": endless}) as agent:
        for _ in range(2):
            await hub.say(RunPlan(hub.order(plan())))
        assert (await hub.refusal(hub.order(plan())))[0] == "too_many"
        assert len(agent.plans.running) == 2


async def test_flood_ends_the_connection_and_not_the_relay(caplog: pytest.LogCaptureFixture) -> None:
    """After a flood from the hub the relay disconnects, uses little memory, logs why, and retries later."""
    async with stub_hub() as hub, relay(hub, POLICY, {"tcp": endless}) as agent:
        junk = write(RunPlan("junk"))
        try:
            for _ in range(int(FRAMES_AT_ONCE) * 2):
                await hub.say(junk)
        except (ConnectionError, RuntimeError):
            pass  # it has disconnected
        await in_trouble(agent)
        assert "the hub sends this relay too many messages" in caplog.text
        assert len(agent.plans.held) <= 64


@pytest.mark.parametrize(
    "junk", ["", "{}", "\x00", "[" * 10_000, '{"v":1,"type":"order"}', "x" * (LONGEST["hub"] + 1)]
)
async def test_junk_on_the_line_ends_it_and_not_the_relay(
    junk: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A frame that is no message ends the connection with a sentence in the log; the relay is still there."""
    async with stub_hub() as hub, relay(hub, POLICY, {"tcp": endless}) as agent:
        await hub.say(junk)
        await in_trouble(agent)
        assert "no connection to the hub: the hub sent an invalid message" in caplog.text


@pytest.mark.parametrize("reason", ["revoked", "bad_token", "unknown_relay", "wrong_hub", "bad_proof"])
async def test_relay_that_is_not_wanted_asks_seldom(reason: str, caplog: pytest.LogCaptureFixture) -> None:
    """A hub that is restored, wrong, or an impostor ends no relay: it says what it was told, and asks again later."""
    hub = StubHub(instead={Welcome: write(Rejection(reason, "the sentence of the hub", 0.0))})
    async with stub_hub(hub=hub):
        with pytest.raises(LinkError, match="the sentence of the hub") as caught:
            await join(HubAddress(hub.url), Identity.new(), "1", tuple(PROBES), "used-token")
        assert caught.value.retry == 0
        async with relay(hub, POLICY, ready=False) as agent:
            await in_trouble(agent)
            await asyncio.sleep(0.2)  # several times the pause after a lost connection
            assert hub.connections == 2
        assert "the sentence of the hub. This may be a different hub, or one restored" in caplog.text


def test_refused_relay_asks_for_days() -> None:
    """The pauses grow from half a minute to an hour, and stay there."""
    pauses = [patience(tries) for tries in range(1, 60)]
    assert 20 < pauses[0] <= 30
    assert all(2700 <= seconds <= 3600 for seconds in pauses[8:])
    assert sum(pauses) > 1.5 * 86_400


@pytest.mark.parametrize("forged", ["", "not for this relay", "by another key", "changed"])
async def test_only_a_signed_revocation_ends_a_relay(forged: str) -> None:
    """The revocation of a signer of plans ends the relay; anything else that a hub can write does not."""
    me, signer = Identity.new(), Identity.new()
    proof = sign_revocation(
        Identity.new().key if forged == "not for this relay" else me.key,
        1.0,
        Identity.new() if forged == "by another key" else signer,
    )
    proof = proof.replace("1.0", "2.0") if forged == "changed" else proof
    hub = StubHub(instead={Welcome: write(Rejection("revoked", "revoked", 0.0, proof))})
    async with stub_hub(hub=hub):
        plans = PlanQueue(me, {signer.id: signer.key}, POLICY)
        agent = Agent(HubAddress(hub.url), me, plans, "1", tuple(PROBES))
        running = asyncio.create_task(agent.run())
        if forged:
            await in_trouble(agent)
            assert not running.done()
            agent.stop()
            await running
        else:
            with pytest.raises(LinkError, match="revoked"):
                await asyncio.wait_for(running, 5)


async def test_full_disk_is_a_signed_refusal(caplog: pytest.LogCaptureFixture) -> None:
    """A relay that cannot write down which plans it has had runs none, says so, and lives on."""

    class FullDisk(ReplayMemory):
        def keep(self) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    me, signer = Identity.new(), Identity.new()
    plans = PlanQueue(me, {signer.id: signer.key}, POLICY, memory=FullDisk())
    said: list[RelayMessage] = []
    plans.connected(said.append)
    order = make_order(Plan((), 1.0), me.id, "ada", time.time())
    plans.take(sign_order(order, signer, me.sealing), order.iat)
    (refusal,) = said
    assert isinstance(refusal, Refusal)
    report = open_refusal(refusal.signed, me.key)
    assert report.reason == "disk"
    assert "No space left on device" in report.sentence
    assert not plans.running


async def test_second_relay_with_the_same_key_waits() -> None:
    """A hub that has the key connected already is asked again only after the time that it says."""
    hub = StubHub(instead={Welcome: write(Rejection("busy", "another host has this key", 60.0))})
    async with stub_hub(hub=hub), relay(hub, POLICY, ready=False) as agent:
        await in_trouble(agent)
        await asyncio.sleep(0.2)  # several times the pause after which it would try again
        assert hub.connections == 1
        assert "this key" in agent.trouble


@pytest.mark.parametrize("pin", ["", "0" * 64])
async def test_impersonated_hub_hears_nothing(pin: str, caplog: pytest.LogCaptureFixture) -> None:
    """A server with a certificate that is not trusted, or not pinned, gets no hello message."""
    impostor = make_server(make_authority("Impostor"), "127.0.0.1")
    async with stub_hub(tls=impostor.context()) as hub:
        async with relay(hub, POLICY, place=HubAddress(hub.url, pin), ready=False) as agent:
            await in_trouble(agent)
        assert hub.connections == 0
    assert "no connection to the hub: the hub's certificate is not" in caplog.text


async def test_hub_learns_no_secret_of_the_host() -> None:
    """The operator's proxy password goes to the proxy, and comes back in no observation."""

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        word = next(line for line in head.split(b"\r\n") if line.startswith(b"Proxy-Authorization"))
        writer.write(b"HTTP/1.1 407 No\r\nServer: " + word + b" pass-word\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    policy = parse_policy(
        {
            "version": 1,
            "allow": [{"ranges": ["127.0.0.2/32"], "ports": [443]}],
            "proxies": [f"http://me:pass-word@127.0.0.1:{port}"],
        }
    )
    order = plan("127.0.0.2", 443, "http", path="/", proxy=True)
    async with server, stub_hub() as hub, relay(hub, policy):
        through = Plan(order.steps, order.budget, proxy=f"http://127.0.0.1:{port}")
        await hub.say(RunPlan(hub.order(through)))
        [seen] = await hub.until(ObservationMessage)
    assert seen.observation["failure"] == "proxy_auth_required"
    assert "pass-word" not in str(seen)


async def test_random_bytes_in_place_of_orders_crash_nothing() -> None:
    """Five hundred broken envelopes later, a right one is run."""
    async with stub_hub() as hub, relay(hub, POLICY):
        good = hub.order(plan())
        for count in range(500):
            at, junk = count * 37 % len(good), os.urandom(3).hex()
            await hub.say(RunPlan(good[:at] + junk + good[at:]))
        await hub.say(RunPlan(good))
        assert (await hub.until(Done))[0].outcome == "finished"
