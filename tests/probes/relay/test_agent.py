"""A relay and its hub: handshake, plans, lost connections, shutdown; over real sockets on loopback."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from aiohttp import web

from probes.checks import PROBES
from probes.checks.context import ProbeContext
from probes.protocol.failures import Failure
from probes.protocol.invitation import Invitation, write_invitation
from probes.protocol.keys import Identity
from probes.protocol.messages import (
    Cancel,
    Done,
    Leaving,
    ObservationMessage,
    Ping,
    Pong,
    Ready,
    RelayMessage,
    RunPlan,
)
from probes.protocol.model import Plan, Step, Target
from probes.protocol.order import make_order, sign_order
from probes.protocol.policy_file import parse_policy
from probes.protocol.report import digest_of, open_report
from probes.relay.agent import LATER, PATIENCE, SOON, pause
from probes.relay.dial_errors import LinkError
from probes.relay.hub_address import HubAddress, split_proxy
from probes.relay.link import HubTime, dial, hello_for
from probes.relay.orders import AcceptedPlan, PlanQueue
from probes.relay.state_dir import StateDir, StateDirError
from probes.relay.subprocess_runner import probe_names
from tests.certificates import make_authority, make_server
from tests.probes.relay.stub_hub import StubHub, inside, relay, stub_hub

POLICY = parse_policy(
    {"version": 1, "allow": [{"names": ["*.example"], "ranges": ["127.0.0.0/8"], "ports": ["1-65535"]}]}
)
HERE = Target("signaling", "127.0.0.1", 1, "tcp")


def plan(*probes: str, budget: float = 5.0) -> Plan:
    return Plan(tuple(Step(f"{name} {at}", name, HERE, budget) for at, name in enumerate(probes)), budget)


async def quick(step: Step, look: ProbeContext) -> Failure | None:
    look.note(said=f"to {step.secrets.get('credential', 'nobody')}", seen=True)
    return None


async def endless(step: Step, look: ProbeContext) -> Failure | None:
    await asyncio.Event().wait()
    return None


FAKES = {"quick": quick, "endless": endless}


async def test_plan_is_run_and_its_report_signed() -> None:
    """Each observation arrives numbered, and the relay signs their number and content."""
    async with stub_hub() as hub, relay(hub, POLICY, dict(FAKES)):
        await hub.say(RunPlan(hub.order(plan("quick", "quick"))))
        [done] = await hub.until(Done)
        seen = await hub.until(ObservationMessage, 2)
        assert [one.n for one in seen] == [1, 2]
        assert hub.hello
        report = open_report(done.signed, hub.hello.key)
        assert (report.reason, report.n, done.n) == ("finished", 2, 2)
        assert report.digest == digest_of(one.observation for one in seen)


async def test_secrets_arrive_and_do_not_come_back() -> None:
    """A TURN credential is sealed in transit, passed to its step, and removed from its observation."""
    step = Step("quick 0", "quick", HERE, 2.0, secrets={"credential": "s3cr3t-Value"})
    async with stub_hub() as hub, relay(hub, POLICY, dict(FAKES)):
        envelope = hub.order(Plan((step,), 2.0))
        assert "s3cr3t" not in envelope
        await hub.say(RunPlan(envelope))
        [seen] = await hub.until(ObservationMessage)
        assert seen.observation["facts"]["said"] == "to [secret]"


async def test_hub_can_cancel() -> None:
    """A plan that is no longer needed ends at once, and is reported as cancelled."""
    async with stub_hub() as hub, relay(hub, POLICY, dict(FAKES)) as agent:
        await hub.say(RunPlan(hub.order(plan("endless", "quick"))))
        [seen] = await hub.until(ObservationMessage)
        await hub.say(Cancel(seen.plan))
        [done] = await hub.until(Done)
        assert done.outcome == "cancelled"
        assert not agent.plans.running


def accept(say: Callable[[RelayMessage], None]) -> tuple[PlanQueue, AcceptedPlan]:
    """A relay's plans, of which one has just arrived. What the relay answers goes to *say*."""
    me, signer = Identity.new(), Identity.new()
    plans = PlanQueue(me, {signer.id: signer.key}, POLICY, inside(POLICY, FAKES))
    plans.connected(say)
    order = make_order(plan("quick", "endless"), me.id, "ada", time.time())
    plans.take(sign_order(order, signer, me.sealing), order.iat)
    (accepted,) = plans.running
    return plans, accepted


async def test_plan_that_is_canceled_as_it_arrives() -> None:
    """It ends, too, and gives its place back: its task has not begun when the hub cancels it."""
    said = list[RelayMessage]()
    plans, accepted = accept(said.append)
    assert accepted.task
    plans.cancel(accepted.id)
    await asyncio.wait([accepted.task])
    assert plans.running == []
    assert [one.outcome for one in said if isinstance(one, Done)] == ["cancelled"]


async def test_plan_with_an_error_of_ours_gives_its_place_back() -> None:
    """An error in the middle of a plan does not keep its place."""

    def broken(_: RelayMessage) -> None:
        raise RuntimeError("an error of ours")

    plans, accepted = accept(broken)
    assert accepted.task
    await asyncio.wait([accepted.task])
    assert accepted.task.exception()
    assert plans.running == []


async def test_lost_line_loses_no_observation() -> None:
    """A plan goes on while the line is down; what was not acknowledged is sent again, and it is run once."""
    gate = asyncio.Event()
    runs = []

    async def gated(step: Step, look: ProbeContext) -> Failure | None:
        runs.append(step.id)
        await gate.wait()
        return None

    hub = StubHub(acks=False)
    async with stub_hub(hub=hub), relay(hub, POLICY, {"quick": quick, "gated": gated}):
        await hub.say(RunPlan(envelope := hub.order(plan("quick", "gated"))))
        [first] = await hub.until(ObservationMessage)
        await hub.drop()
        gate.set()
        ready = (await hub.until(Ready, 2))[1]
        assert ready.plans == (first.plan,)
        hub.acks = True
        [done] = await hub.until(Done)
        numbers = [one.n for one in await hub.until(ObservationMessage, 3)]
        assert (numbers[:1], set(numbers[1:]), done.outcome) == ([1], {1, 2}, "finished")
        assert (await hub.refusal(envelope))[0] == "replayed"
        assert runs == ["gated 1"]


async def test_relay_comes_back_when_the_hub_restarts() -> None:
    """A hub that is gone and back at the same place has its relay again within the pause."""
    hub = StubHub()
    async with stub_hub(hub=hub):
        port = int(hub.url.split(":")[2].split("/")[0])
        running = relay(hub, POLICY, dict(FAKES))
        await running.__aenter__()
    async with stub_hub(port=port, hub=hub):
        await hub.until(Ready, 2)
        await running.__aexit__(None, None, None)


async def test_stopping_finishes_what_it_can() -> None:
    """When stopped, the relay announces it, and reports plans that do not end in time as stopped."""
    async with stub_hub() as hub, relay(hub, POLICY, dict(FAKES)) as agent:
        await hub.say(RunPlan(hub.order(plan("endless", "quick"))))
        [seen] = await hub.until(ObservationMessage)
        agent.stop()
        [leaving] = await hub.until(Leaving)
        assert leaving.plans == (seen.plan,)
        [done] = await hub.until(Done)
        assert done.outcome == "stopped"


async def test_kill_switch_ends_and_refuses_plans(tmp_path: Path) -> None:
    """While the operator's file is there no plan starts, and one that runs is given back."""
    switch, me = tmp_path / "stop", Identity.new()
    async with stub_hub() as hub:
        duties = PlanQueue(me, {hub.bot.id: hub.bot.key}, POLICY, inside(POLICY, FAKES), switch=switch)
        async with relay(hub, POLICY, dict(FAKES), duties=duties):
            await hub.say(RunPlan(hub.order(plan("endless", "quick"))))
            await hub.until(ObservationMessage)
            switch.touch()
            [done] = await hub.until(Done)
            assert done.outcome == "stopped"
            reason, sentence = await hub.refusal(hub.order(plan("quick")))
            assert reason == "switched_off"
            assert "operator" in sentence


async def test_hub_with_another_clock_is_understood() -> None:
    """The self-test reports a clock that is an hour off, and plans are checked by the hub's time."""
    hub = StubHub(ahead=3600.0)
    async with stub_hub(hub=hub), relay(hub, POLICY, dict(FAKES)):
        [ready] = await hub.until(Ready)
        assert -3601 < ready.offset < -3599
        assert "behind" in ready.checks["clock"]
        assert ready.ready
        await hub.say(RunPlan(hub.order(plan("quick"))))
        assert (await hub.until(Done))[0].outcome == "finished"


async def test_pings_are_answered() -> None:
    """A ping is answered with its number and the relay's time."""
    async with stub_hub() as hub, relay(hub, POLICY, dict(FAKES)):
        await hub.say(Ping(7))
        assert (await hub.until(Pong))[0].n == 7


async def test_waits_grow_and_spread() -> None:
    """Tries come quickly at first, never all at one time, and seldom once the hub is long gone."""
    assert all(0.25 <= pause(1, 0.0) <= 0.5 for _ in range(50))
    assert all(SOON / 2 <= pause(30, 0.0) <= SOON for _ in range(50))
    assert LATER / 2 <= pause(30, PATIENCE + 1) <= LATER
    assert len({pause(5, 0.0) for _ in range(10)}) > 1


async def trouble(url: str, **place: object) -> LinkError:
    me = Identity.new()
    where = HubAddress(url, **place)  # type: ignore[arg-type]
    with pytest.raises(LinkError) as caught:
        async with dial(where, hello_for(where, me, "1", ("dns",)), me, HubTime()):
            pass
    return caught.value


async def answering(reply: bytes) -> tuple[asyncio.Server, int, list[bytes]]:
    """A server that reads one head and says *reply*."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(reply)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1], heads


@pytest.mark.parametrize(
    ("reply", "reason", "words"),
    [
        (
            b"HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n",
            "proxy_auth_required",
            "NTLM",
        ),
        (b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "proxy_refused", "403"),
    ],
)
async def test_proxy_that_refuses_is_told_in_words(reply: bytes, reason: str, words: str) -> None:
    """The log says that the proxy refused, and what it requires; the password is not in it."""
    server, port, heads = await answering(reply)
    async with server:
        error = await trouble("wss://hub.example/relay", proxy=f"http://me:pass-word@127.0.0.1:{port}")
    assert error.reason == reason
    assert words in str(error)
    assert "pass-word" not in str(error)
    assert heads[0].startswith(b"CONNECT hub.example:443")
    assert b"Proxy-Authorization: Basic bWU6cGFzcy13b3Jk" in heads[0]


async def test_stripped_upgrade_is_told_in_words() -> None:
    """A path that carries HTTP but no WebSocket is reported as such."""
    server, port, _ = await answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    async with server:
        error = await trouble(f"ws://127.0.0.1:{port}/relay")
    assert error.reason == "upgrade_stripped"
    assert "HTTP 200" in str(error)


async def test_redirect_is_not_followed() -> None:
    """A redirect from the hub's address is an error, and its target gets no connection."""
    async with stub_hub() as elsewhere:
        away = f"HTTP/1.1 302 Found\r\nLocation: {elsewhere.url.replace('ws', 'http', 1)}\r\n\r\n"
        server, port, _ = await answering(away.encode())
        async with server:
            error = await trouble(f"ws://127.0.0.1:{port}/relay")
        assert error.reason == "redirect"
        assert elsewhere.connections == 0


async def test_hub_that_is_not_there_is_told_in_words() -> None:
    """A hub and a proxy that cannot be reached have different reasons."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    assert (await trouble(f"ws://127.0.0.1:{port}/relay")).reason == "unreachable"
    assert (
        await trouble("wss://hub.example/", proxy=f"http://127.0.0.1:{port}")
    ).reason == "proxy_unreachable"


async def test_impersonated_hub_learns_nothing() -> None:
    """A certificate that is not trusted, or not pinned, ends the connection before the first message."""
    hub_ca, other_ca = make_authority("Hub"), make_authority("Other")
    server, pin = make_server(hub_ca, "127.0.0.1"), "0" * 64
    async with stub_hub(tls=server.context()) as hub:
        assert (await trouble(hub.url)).reason == "not_trusted"
        assert (await trouble(hub.url, pin=pin)).reason == "not_trusted"
        assert hub.connections == 0
    impostor = make_server(other_ca, "127.0.0.1")
    async with stub_hub(tls=impostor.context()) as hub:
        import ssl

        context = ssl.create_default_context(cadata=hub_ca.pem)
        assert (await trouble(hub.url, context=context)).reason == "not_trusted"
        assert hub.connections == 0


async def test_pinned_certificate_is_enough() -> None:
    """A self-signed hub is reached by the hash of its certificate."""
    import hashlib

    server = make_server(None, "hub.example")
    pin = hashlib.sha256(server.chain[0]).hexdigest()
    async with (
        stub_hub(tls=server.context()) as hub,
        relay(hub, POLICY, dict(FAKES), place=HubAddress(hub.url, pin)),
    ):
        assert hub.connections == 1


async def test_password_of_the_proxy_is_no_part_of_its_address() -> None:
    """The proxy's password goes into a header of its own, and a proxy of another kind is refused."""
    assert split_proxy("http://u:p%40@proxy.example:3128") == (
        "proxy.example",
        3128,
        {"Proxy-Authorization": "Basic dTpwQA=="},
    )
    with pytest.raises(LinkError):
        split_proxy("socks5://proxy.example")


async def test_program_joins_serves_and_stops(tmp_path: Path) -> None:
    """From an invitation to a plan to SIGTERM, as an operator sees it; its key is its own alone."""
    (tmp_path / "policy.yaml").write_text(
        "version: 1\nallow:\n  - {ranges: [127.0.0.0/8], ports: [1-65535]}\nresolvers: []\n"
    )
    async with stub_hub() as hub:
        word = write_invitation(Invitation(hub.url, "join-secret", hub.bot.key))
        command = [sys.executable, "-m", "probes", "relay", "--home", str(tmp_path)]
        joining = await asyncio.create_subprocess_exec(*command, "join", word, stdout=subprocess.PIPE)
        said = (await joining.communicate())[0].decode()
        assert joining.returncode == 0
        assert "joined as acme-hq" in said
        assert hub.tokens == ["join-secret"]
        assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
        assert "join-secret" not in (tmp_path / "hub.json").read_text()

        running = await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE)
        await hub.until(Ready, seconds=15)
        async with web_server() as port:
            target = Target("signaling", "127.0.0.1", port, "tcp")
            await hub.say(RunPlan(hub.order(Plan((Step("tcp", "tcp", target, 2.0),), 2.0))))
            [seen] = await hub.until(ObservationMessage)
        assert seen.observation["failure"] is None
        running.send_signal(signal.SIGTERM)
        log = (await running.communicate())[1].decode()
        assert running.returncode == 0, log
        await hub.until(Leaving)
        assert float((tmp_path / "newest").read_text()) > 0


def web_server():  # type: ignore[no-untyped-def]
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def serving():  # type: ignore[no-untyped-def]
        runner = web.AppRunner(web.Application())
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        finally:
            await runner.cleanup()

    return serving()


@pytest.mark.parametrize("mode", [0o644, 0o640])
def test_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """A relay does not start with a key that others may have read."""
    (tmp_path / "policy.yaml").write_text("version: 1\nallow: []\n")
    (tmp_path / "hub.json").write_text(
        '{"hub":"wss://hub.example/relay","signers":["' + Identity.new().key + '"],"pin":""}'
    )
    (tmp_path / "key").write_text("x")
    (tmp_path / "key").chmod(mode)
    ended = subprocess.run(
        [sys.executable, "-m", "probes", "--home", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "0600" in ended.stderr


@pytest.mark.parametrize("name", ["policy.yaml", "hub.json"])
def test_file_that_others_can_change_is_refused(tmp_path: Path, name: str) -> None:
    """Who can write these files decides which plans run."""
    StateDir(tmp_path).identity(new=True)
    (tmp_path / "policy.yaml").write_text("version: 1\nallow: []\n")
    (tmp_path / "hub.json").write_text(
        '{"hub":"wss://hub.example/relay","signers":["' + Identity.new().key + '"],"pin":""}'
    )
    (tmp_path / name).chmod(0o666)
    ended = subprocess.run(
        [sys.executable, "-m", "probes", "--home", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert f"other users can change {tmp_path / name}. Run: chmod go-w" in ended.stderr


def test_folder_that_cannot_be_looked_at(tmp_path: Path) -> None:
    """What is wrong is one sentence, as for a folder that only another user may enter."""
    home = tmp_path / ("x" * 300)
    command = [sys.executable, "-m", "probes", "check", "--home", str(home)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == f"lineman relay: {home / 'policy.yaml'} cannot be read: File name too long\n"


@pytest.mark.parametrize(("mode", "is_refused"), [(0o777, True), (0o1777, False), (0o755, False)])
def test_folder_that_everybody_can_change_is_refused(tmp_path: Path, mode: int, is_refused: bool) -> None:
    """Who can replace files in it decides which plans run, however private the files are."""
    state = StateDir(tmp_path)
    state.usual_policy()
    tmp_path.chmod(mode)
    with pytest.raises(StateDirError, match="chmod o-w") if is_refused else nullcontext():
        state.policy()


def test_relay_without_an_invitation_is_not_started_again(tmp_path: Path) -> None:
    """Exit code 2 is one of two that the systemd unit does not restart."""
    StateDir(tmp_path).identity(new=True)
    (tmp_path / "policy.yaml").write_text("version: 1\nallow: []\n")
    ended = subprocess.run(
        [sys.executable, "-m", "probes", "--home", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "Has this relay joined a hub?" in ended.stderr


def test_every_probe_is_told_of() -> None:
    """The names that a relay gives its hub are those of the probes it has."""
    assert set(probe_names()) == set(PROBES)


def test_relay_imports_nothing_of_ours() -> None:
    """The relay can be installed alone: neither the bot nor the knowledge comes along."""
    unwanted = ("bot", "knowledge", "slack_bolt", "PIL")
    code = f"import sys, probes.__main__; print([m for m in sys.modules if m.split('.')[0] in {unwanted}])"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert ended.stdout.strip() == "[]"
