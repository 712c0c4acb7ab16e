"""A clock that is set while a relay is connected: plans go on, and the log says once what happened."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.relays.hub.endpoint import ListenAddress
from bot.relays.hub.session import RelaySession
from bot.storage.relay_registry import RegisteredRelay
from probes.checks import PROBES
from probes.checks.context import ProbeContext
from probes.protocol.failures import Failure
from probes.protocol.keys import Identity
from probes.protocol.messages import Pong
from probes.protocol.model import Plan, Step, Target
from probes.protocol.order import make_order
from probes.protocol.policy_file import parse_policy
from probes.relay.admission import ReplayMemory
from probes.relay.agent import Agent, join
from probes.relay.hub_address import HubAddress
from probes.relay.orders import PlanQueue
from probes.relay.state_dir import StateDir
from tests.hub.hub_fixture import House, house
from tests.probes.relay.stub_hub import inside
from tests.slack.world import free_port

NO_STEPS = Plan((), 1.0)
ONE_STEP = Plan((Step("one", "tcp", Target("signaling", "192.0.2.7", 443), 2.0),), 2.0)
POLICY = parse_policy({"version": 1, "allow": [{"names": [], "ranges": ["192.0.2.0/24"], "ports": ["443"]}]})
TOO_LONG = 5.0  # seconds; a refused plan ends at once, and a beat is shorter


async def answered_at_once(step: Step, context: ProbeContext) -> Failure | None:
    return None


class Clock:
    """The clock of hub and bot, which can be set. The relay has its own."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    settable = SimpleNamespace(time=clock, perf_counter=time.perf_counter, monotonic=time.monotonic)
    for module in ("bot.relays.hub.session", "bot.relays.hub.hub", "bot.relays.remote"):
        monkeypatch.setattr(f"{module}.time", settable)
    return clock


@asynccontextmanager
async def relay(folder: Path, beat: float) -> AsyncIterator[tuple[House, Agent]]:
    """A hub, and a real relay that has joined it."""
    port = free_port()
    async with house(
        folder, beat=beat, listen=ListenAddress(port=port), names=(f"127.0.0.1:{port}",)
    ) as here:
        me, address = Identity.new(), HubAddress(here.url)
        token = await here.hub.registry.invite(RegisteredRelay("paris", None), time.time())
        await join(address, me, "0.2.0", tuple(PROBES), token)
        plans = PlanQueue(
            me, {here.signer.id: here.signer.key}, POLICY, inside(POLICY, {"tcp": answered_at_once})
        )
        agent = Agent(address, me, plans, "0.2.0", tuple(PROBES), finish=0.3)
        running = asyncio.create_task(agent.run())
        await here.until(lambda: bool(here.hub.sessions) and here.hub.sessions["paris"].takes_plans)
        yield here, agent
        agent.stop()
        await asyncio.wait_for(running, TOO_LONG)


@pytest.mark.parametrize("step", [30.0, -30.0, 3600.0])
async def test_plans_after_a_step(tmp_path: Path, clock: Clock, step: float) -> None:
    """The clock of hub and bot is set: the next plan runs, and so does the first after it is set back."""
    async with relay(tmp_path, beat=15.0) as (here, _):
        for ahead in (0.0, step, 0.0):
            clock.ahead = ahead
            assert [one.failure for one in await here.run("paris", ONE_STEP)] == [None]
        outcomes = [entry.outcome for entry in await here.hub.registry.audit()]
    assert outcomes == ["finished"] * 3


async def test_clock_that_goes_an_hour_back(tmp_path: Path, clock: Clock) -> None:
    """A plan that is stale by the relay's own clock is refused in words, for it may be old; the next one runs."""
    async with relay(tmp_path, beat=15.0) as (here, _):
        await here.run("paris", ONE_STEP)
        clock.ahead = -3600.0
        (lost,) = await here.run("paris", ONE_STEP)
        assert "the clock that signed it is behind" in lost.facts["because"]
        clock.ahead = 0.0
        assert [one.failure for one in await here.run("paris", ONE_STEP)] == [None]


async def test_step_between_pings(tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """Without a plan, the relay has the right time after one ping, and the log names the step."""
    caplog.set_level(logging.WARNING, "bot.relays.hub.session")
    async with relay(tmp_path, beat=0.1) as (here, agent):
        await here.until(lambda: here.hub.sessions["paris"].offset is not None)
        clock.ahead = 30.0
        await here.until(lambda: abs(agent._hub_time.now() - clock()) < 1.0)
    (line,) = [record.getMessage() for record in caplog.records if "was set" in record.getMessage()]
    assert line.startswith("the clock of the hub or of relay paris was set: -")


def test_memory_after_a_clock_that_was_ahead() -> None:
    """A plan that was signed an hour ahead does not stop those after it, and no plan runs twice."""
    now = 1_000_000.0
    memory = ReplayMemory(clock=lambda: now)
    ahead, after = (make_order(NO_STEPS, "paris", "ada", at) for at in (now + 3600, now))
    memory.add(ahead)
    assert not memory.has(after)
    memory.add(after)
    assert memory.has(ahead)
    assert memory.has(after)
    late = make_order(NO_STEPS, "paris", "ada", now - 600)  # nobody has seen it, but it is stale by our clock
    assert memory.has(late)
    for number in range(300):
        memory.add(make_order(NO_STEPS, "paris", "ada", now + number / 1000))
    assert memory.has(after)
    assert memory.has(ahead)
    assert len(memory.nonces) == 256


def test_memory_outlives_a_restart(tmp_path: Path) -> None:
    """After a restart, what ran does not run again; a plan that was signed ahead still stops nothing."""
    now = time.time()
    home = StateDir(tmp_path)
    ahead, after, next_one = (make_order(NO_STEPS, "paris", "ada", at) for at in (now + 3600, now, now + 1))
    for order in (ahead, after):
        home.memory().add(order)
    again = home.memory()
    assert again.has(ahead)
    assert again.has(after)
    assert not again.has(next_one)
    (tmp_path / "newest").write_text(f"{now + 7200:.3f}\n")  # an older version has run plans since
    assert home.memory().has(next_one)


async def test_slow_answer_is_no_clock_that_was_set(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """On a busy machine, an answer that takes 20 s says little of the time. A real step is still noticed."""
    now, said = [100.0], []
    settable = SimpleNamespace(time=lambda: now[0], perf_counter=lambda: now[0])
    monkeypatch.setattr("bot.relays.hub.session.time", settable)

    async def say(message: object) -> None:
        said.append(message)

    line = SimpleNamespace(say=say)
    session = RelaySession("paris", "", "", "", "", (), line, 0.0)  # type: ignore[arg-type]  # records what is sent
    for way_there, way_back, ahead in (
        (0.01, 0.01, 0.0),
        (1.0, 19.0, 0.0),
        (0.01, 0.01, 0.0),
        (0.01, 0.01, 13.0),
    ):
        await session.ping()
        pong = Pong(session.pings, now[0] + way_there + ahead)
        now[0] += way_there + way_back
        await session.pong(pong)
        assert ("was set" in caplog.text) == bool(ahead)
    assert [isinstance(message, Pong) for message in said] == [False] * 4 + [True]
