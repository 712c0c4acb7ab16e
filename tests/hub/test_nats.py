"""Several hubs and bots over a real nats-server: plans find their relay, and nothing is lost when something stops."""

import asyncio
import signal
import zlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest

from bot.relays.hub import other_hubs
from bot.relays.hub.connections import RelayChanges
from bot.relays.remote import RemoteRelay
from probes.protocol.messages import ObservationMessage
from probes.protocol.model import Observation
from probes.protocol.order import SignedPlan
from tests.hub.hub_fixture import PLAN
from tests.hub.nats_server import EXAMPLE, PASSWORD
from tests.hub.scripted_relay import Dialler, dialled, finish, observation
from tests.hub.several_hubs import (
    BUCKET,
    STREAM,
    Client,
    Error,
    JetStreamContext,
    Twins,
    announcer,
    hub_talks,
    lookup_subject,
    presence,
    relay_key,
    twins,
)

COUNT = len(PLAN.steps)


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Twins]:
    async with twins(tmp_path) as made:
        yield made


class Halfway:
    """An answer that stops in the middle of the plan until it may go on."""

    def __init__(self) -> None:
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    async def __call__(self, relay: Dialler, order: SignedPlan) -> None:
        everything = [observation(step) for step in order.plan.steps]
        await relay.say(ObservationMessage(order.id, 1, everything[0]))
        self.reached.set()
        await self.go_on.wait()
        for number, item in enumerate(everything[1:], 2):
            await relay.say(ObservationMessage(order.id, number, item))
        await finish(relay, order, everything)


@asynccontextmanager
async def stopped_halfway(
    pair: Twins,
) -> AsyncIterator[tuple[Dialler, Halfway, "asyncio.Task[list[Observation]]"]]:
    """A relay of hub A in the middle of a plan that the bot runs, and the plan's observations."""
    halfway = Halfway()
    relay = await pair.a.new("acme-hq", answer=halfway)
    async with dialled(relay, pair.a.url):
        await pair.until_known("acme-hq", by=pair.b)
        running = asyncio.create_task(pair.run("acme-hq"))
        try:
            await halfway.reached.wait()
            yield relay, halfway, running
        except BaseException:
            running.cancel()
            raise


async def test_plan_finds_its_relay(pair: Twins) -> None:
    """Relays of both hubs run plans, both are on the list of either hub, and no count is left."""
    async with (
        dialled(await pair.a.new("acme-hq"), pair.a.url),
        dialled(await pair.a.new("acme-lyon"), pair.b.url),
    ):
        await pair.until_known("acme-hq", by=pair.b)
        await pair.until_known("acme-lyon", by=pair.a)
        for name in ("acme-hq", "acme-lyon"):
            assert [item.failure for item in await pair.run(name)] == [None] * COUNT
        for known in (await pair.bot.relays(), await pair.a.hub.relays(), await pair.b.hub.relays()):
            assert [(relay.name, relay.connected) for relay in known] == [
                ("acme-hq", True),
                ("acme-lyon", True),
            ]
        status = await pair.bot.hub()
        assert (status.connected, len(status.others)) == (1, 1)
        assert status.nats == f"connected to 127.0.0.1:{pair.server.port}"
        # Over the socket of a hub that does not have the relay, the reason says where it is.
        async with RemoteRelay("acme-lyon", pair.a.hub, pair.a.signer).run(PLAN) as coming:
            because = {item.facts["because"] async for item in coming}
        assert because == {"acme-lyon is connected to the hub hub-b; set LINEMAN_NATS to reach it from here"}
    await pair.until_idle()


async def test_entries_are_renewed(pair: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry is written again before the bucket drops it, without anything that changes, and some at a time."""
    names = [f"relay-{number}" for number in range(2)]
    assert len({zlib.crc32(name.encode()) % announcer.PARTS for name in names}) > 1
    async with AsyncExitStack() as stack:
        for name in names:
            await stack.enter_async_context(dialled(await pair.a.new(name), pair.a.url))
            await pair.until_known(name, by=pair.b)
        client = await pair.bot.connection.ready()
        before = [await sequence(client, name) for name in names]
        monkeypatch.setattr(announcer, "RENEW", 0.0)
        for module in (announcer, presence):
            monkeypatch.setattr(module, "REVIEW", 0.01)
        pair.a.hub.connections.changes.add()  # else it still waits as long as before
        async with asyncio.timeout(20):
            for name, first in zip(names, before, strict=True):
                while await sequence(client, name) == first:  # noqa: ASYNC110 - no event
                    await asyncio.sleep(0.01)


async def sequence(client: Client, relay: str) -> str:
    """Return which write of the bucket the entry of a relay comes from."""
    answer = await client.request(lookup_subject(relay))
    assert answer.headers
    return answer.headers["Nats-Sequence"]


async def test_relay_that_moves_during_a_plan(pair: Twins) -> None:
    """The plan goes on through the other hub: every observation arrives once, and the plan ran once."""
    async with stopped_halfway(pair) as (relay, _, running):
        order = relay.orders[0]
        await pair.a.until(lambda: relay.acked.get(order.id) == 1)
    again = Dialler(relay.me, pair.a.signer.key, held=(order.id,))
    async with dialled(again, pair.b.url):
        everything = [observation(step) for step in order.plan.steps]
        for number, item in enumerate(everything[1:], 2):
            await again.say(ObservationMessage(order.id, number, item))
        await finish(again, order, everything)
        assert [item.failure for item in await running] == [None] * COUNT
    assert again.orders == []
    await pair.until_idle()
    assert [entry.outcome for entry in await pair.a.hub.registry.audit()] == ["finished"]


async def test_relay_whose_former_connection_looks_alive(pair: Twins) -> None:
    """A hub gives up a connection that does not answer, once the relay has connected to another hub."""
    relay = await pair.a.new("acme-hq", pongs=False)
    async with dialled(relay, pair.a.url):
        await pair.until_known("acme-hq", by=pair.b)
        async with dialled(Dialler(relay.me, pair.a.signer.key), pair.b.url):
            await pair.a.until(lambda: "acme-hq" not in pair.a.hub.sessions)
            await pair.until_known("acme-hq", by=pair.a)
            assert len(await pair.run("acme-hq")) == COUNT


async def test_two_hosts_with_one_key(pair: Twins) -> None:
    """The first connection stays as long as it answers, and the second one is rejected at the other hub, too."""
    relay = await pair.a.new("acme-hq")
    async with dialled(relay, pair.a.url):
        await pair.until_known("acme-hq", by=pair.b)
        copy = Dialler(relay.me, pair.a.signer.key)
        async with dialled(copy, pair.b.url):
            await pair.a.until(lambda: "acme-hq" not in pair.b.hub.sessions and copy.socket.closed)
        assert "acme-hq" in pair.a.hub.sessions
        assert [item.failure for item in await pair.run("acme-hq")] == [None] * COUNT


@pytest.mark.parametrize("way", ["leaves", "vanishes"])
async def test_asker_hangs_up(pair: Twins, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The relay gets the cancellation, and no count is left, whether the asker says so or not."""
    monkeypatch.setattr(hub_talks, "LEASE", 0.3)
    monkeypatch.setattr(hub_talks, "SWEEP", 0.1)
    relay = await pair.a.new("acme-hq", answer=Halfway())
    async with dialled(relay, pair.b.url):
        await pair.until_known("acme-hq", by=pair.a)
        async with pair.remote("acme-hq").run(PLAN) as coming:
            assert (await anext(coming)).failure is None
            assert pair.b.hub.status().running == 1
            if way == "vanishes":  # nothing is sent any more, as if the machine had no power
                pair.bot.connection.client = None
        await asyncio.wait_for(relay.cancelled.wait(), 5)
        await pair.until_idle()


async def test_nats_restarts_during_a_plan(pair: Twins) -> None:
    """The observations of that time arrive afterwards, and the hubs know each other's relays again."""
    async with stopped_halfway(pair) as (_, halfway, running):
        pair.server.stop()
        await pair.a.until(lambda: not any(each.client for each in pair.connections))
        halfway.go_on.set()
        pair.server.start()
        assert [item.failure for item in await asyncio.wait_for(running, 10)] == [None] * COUNT
        await pair.until_known("acme-hq", by=pair.b)
    await pair.until_idle()


async def test_without_nats(pair: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot says that no hub answers, and the hub says why. Its own relays stay, and it recovers by itself."""
    monkeypatch.setattr("bot.relays.nats.connection.STALE", -1)
    async with dialled(await pair.a.new("acme-hq"), pair.a.url):
        await pair.until_known("acme-hq", by=pair.b)
        pair.server.stop(signal.SIGTERM)
        await pair.a.until(lambda: not any(each.client for each in (*pair.connections, pair.bot.connection)))
        assert {item.facts["because"] for item in await pair.run("acme-hq")} == {"no hub answers over NATS"}
        assert len(await pair.a.run("acme-hq")) == COUNT
        await pair.a.until(lambda: "NATS does not answer at 127.0.0.1" in pair.a.hub.status().nats)
        assert [problem.startswith("NATS does not answer at") for problem in pair.a.hub.failing()] == [True]
        pair.server.start()
        await pair.a.until(lambda: all(each.client for each in (*pair.connections, pair.bot.connection)))
        assert pair.a.hub.failing() == []
        assert [item.failure for item in await pair.run("acme-hq")] == [None] * COUNT


async def test_request_while_nats_returns(pair: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan waits for the next attempt to connect, which is then made without a pause."""
    monkeypatch.setattr("bot.relays.nats.connection.FIRST_PAUSE", 60.0)
    async with dialled(await pair.a.new("acme-hq"), pair.a.url):
        await pair.until_known("acme-hq", by=pair.b)
        pair.server.stop()
        await pair.a.until(lambda: pair.bot.connection.client is None)
        pair.server.start()
        for each in pair.connections:
            await each.ready()
        assert [item.failure for item in await pair.run("acme-hq")] == [None] * COUNT


async def test_question_whose_hub_is_lost(pair: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is put to a hub again."""
    async with dialled(await pair.a.new("acme-hq"), pair.a.url):
        await pair.until_known("acme-hq", by=pair.b)
        opened, lost = hub_talks.HubTalks._open, list[str]()

        def deaf(talks: hub_talks.HubTalks, inbox: str, line: bytes) -> None:
            if lost:
                opened(talks, inbox, line)
            lost.append(inbox)  # the first: as if the server kept a connection that had ended

        monkeypatch.setattr(hub_talks.HubTalks, "_open", deaf)
        status = await pair.bot.relay("acme-hq")
    assert len(lost) == 2
    assert status
    assert status.connected


async def test_revocation_reaches_every_hub(pair: Twins) -> None:
    """It is in the shared database, so that the hub with the relay finds it there, whoever revoked it."""
    async with dialled(await pair.a.new("acme-hq"), pair.b.url) as relay:
        await pair.until_known("acme-hq", by=pair.a)
        await pair.a.hub.registry.revoke("acme-hq", 1.0)
        await pair.b.until(lambda: relay.socket.closed)
    assert {item.facts["because"] for item in await pair.run("acme-hq")} == {
        "relay acme-hq does not exist on this hub"
    }


async def test_renamed_relay(pair: Twins) -> None:
    """The other hub learns the new name, and forgets the old one."""
    async with dialled(await pair.a.new("acme-hq"), pair.a.url):
        await pair.until_known("acme-hq", by=pair.b)
        await pair.a.hub.registry.rename("acme-hq", "acme-paris")
        await pair.until_known("acme-paris", by=pair.b)
        await pair.b.until(lambda: pair.b.hub.others.place("acme-hq") is None)
        assert [item.failure for item in await pair.run("acme-paris")] == [None] * COUNT


@asynccontextmanager
async def with_admin(folder: Path) -> AsyncIterator[tuple[Twins, JetStreamContext]]:
    """A relay of hub A that hub B knows, and somebody who may do everything with JetStream."""
    admin = 'users: [ { user: admin, password: "$ADMIN" },'
    async with (
        twins(folder, EXAMPLE.read_text().replace("users: [", admin)) as pair,
        dialled(await pair.a.new("acme-hq"), pair.a.url),
    ):
        await pair.until_known("acme-hq", by=pair.b)
        client = Client()
        await client.connect(pair.server.url(), user="admin", password=PASSWORD)
        try:
            yield pair, client.jetstream()
        finally:
            await client.close()


async def test_bucket_that_is_deleted(tmp_path: Path) -> None:
    """The hubs make it again, and announce their relays there. Until then, a hub sends the bot on."""
    async with with_admin(tmp_path) as (pair, stream):
        await stream.delete_stream(STREAM)
        for _ in range(3):
            assert [item.failure for item in await pair.run("acme-hq")] == [None] * COUNT
        await until_announced(stream)
        assert [item.failure for item in await pair.run("acme-hq")] == [None] * COUNT


async def test_bucket_that_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that never saw it missing announces its relays there, and hears of those of the others."""
    monkeypatch.setattr(presence, "BEAT", 0.1)
    async with with_admin(tmp_path) as (pair, stream):
        config = (await stream.stream_info(STREAM)).config
        pair.b.hub.others.put("acme-hq", None)
        await stream.delete_stream(STREAM)
        await stream.add_stream(config)
        await until_announced(stream)
        await pair.until_known("acme-hq", by=pair.b)


async def until_announced(stream: JetStreamContext) -> None:
    """Wait until the relay is in the bucket again."""
    async with asyncio.timeout(30):  # the server writes a new bucket to the disk first
        while not await exists(stream):  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.05)


async def exists(stream: JetStreamContext) -> bool:
    """Whether the relay is in the bucket."""
    with suppress(Error, OSError):
        return bool(await (await stream.key_value(BUCKET)).get(relay_key("acme-hq")))
    return False


async def test_changes_of_relays() -> None:
    """Each is given once, as soon as there is one, or after a while none."""
    changes = RelayChanges()
    assert await changes.wait(0.01) == set()
    waiting = asyncio.create_task(changes.wait(10))
    await asyncio.sleep(0)
    changes.add("acme-hq")
    changes.add("acme-lyon", "acme-hq")
    assert await waiting == {"acme-hq", "acme-lyon"}
    assert await changes.wait(0.01) == set()


async def test_what_a_new_connection_does_not_confirm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Relays that nobody announces again are forgotten after a while, and the others stay."""
    monkeypatch.setattr(other_hubs, "LEASE", 0.05)
    others, place = other_hubs.OtherHubs(), other_hubs.RelayPlace("hub-b", 1.0)
    for name in ("acme-hq", "acme-lyon"):
        others.put(name, place)
    others.doubt()
    others.put("acme-hq", place)
    others.heard("hub-b")
    assert others.place("acme-lyon") == place
    async with asyncio.timeout(5):
        while others._places != {"acme-hq": place}:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.01)
