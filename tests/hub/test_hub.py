"""The hub with relays that connect over loopback: plans, observations, limits, and refused relays."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from msgspec.structs import replace

from bot.relays.hub.messages import HubEvent, HubJob, PlanLost
from bot.relays.hub.quotas import HubLimits
from bot.storage.relay_registry import RegisteredRelay
from probes.protocol.failures import Failure
from probes.protocol.keys import Identity
from probes.protocol.messages import Done, ObservationMessage, Rejection, RunPlan
from probes.protocol.order import SignedPlan as Plan
from probes.protocol.revocation import is_revocation
from tests.hub.hub_fixture import PLAN, House, house
from tests.hub.scripted_relay import Dialler, TurnedAwayError, dialled, finish, observation, well


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as home:
        yield home


async def test_plan_goes_out_and_observations_come_in(home: House) -> None:
    """A plan for a relay runs there once, every observation arrives in order, and the audit log names the requester."""
    async with dialled(await home.new("acme-hq"), home.url) as relay:
        seen = await home.run("acme-hq", requester="ada", case_label="31009 ios")
        assert [one.step for one in seen] == [step.id for step in PLAN.steps]
        assert all(one.failure is None and one.facts == {"ms": 1.5} for one in seen)
        (order,) = relay.orders
        await home.until(lambda: relay.acked.get(order.id) == 5)
    (entry,) = await home.hub.registry.audit()
    assert (entry.plan, entry.relay, entry.who, entry.what, entry.outcome) == (
        order.id, "acme-hq", "ada", "31009 ios", "finished",
    )  # fmt: skip


@pytest.mark.parametrize("offered", [(), ("chat",), ("\u00e9" * 2000, "x" * 4000)])
async def test_other_websockets(
    home: House, offered: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    """A stranger's WebSocket is refused and leaves no line in the log: the line would hold the stranger's words."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError, match="426"):
            await session.ws_connect(home.url, headers={"Sec-WebSocket-Protocol": ",".join(offered)})
    assert caplog.records == []


async def test_health(home: House) -> None:
    """The status has a connected relay's version, round trip, and self-test, or since when and why it is offline."""
    async with dialled(await home.new("acme-hq", checks={"clock": ""}), home.url):
        await home.until(lambda: home.hub.sessions["acme-hq"].round_trip is not None)
        (one,) = await home.hub.relays()
        assert one.connected
        assert one.ready
        assert one.version == "test"
        assert one.checks == {"clock": ""}
        assert one.round_trip_ms is not None
        assert one.offset_s is not None
        assert abs(one.offset_s) < 1
    await home.until(lambda: not home.hub.sessions)
    seen = await home.run("acme-hq")
    assert {one.failure for one in seen} == {Failure.RELAY_LOST}
    assert "acme-hq is not connected to the hub; last connected" in seen[0].facts["because"]


async def test_unknown_and_never_seen_relays_say_so(home: House) -> None:
    """A plan for an offline or unknown relay ends at once, with the reason."""
    await home.hub.registry.invite(RegisteredRelay("acme-hq", None), time.time())
    (first, *_) = await home.run("acme-hq")
    assert first.facts["because"] == "relay acme-hq does not exist on this hub"


async def test_refusal_reaches_the_user(home: House) -> None:
    """A plan that the relay refuses, here for another signing key, ends with the relay's sentence."""
    relay = await home.new("acme-hq")
    relay.signer = Identity.new().key
    async with dialled(relay, home.url):
        (first, *_) = await home.run("acme-hq")
    assert first.failure is Failure.RELAY_LOST
    assert "acme-hq refuses: the order is signed by a key that this relay does not know" in str(
        first.facts["because"]
    )
    (entry,) = await home.hub.registry.audit()
    assert entry.outcome == "refused: unknown_signer"


async def test_leaving_cancels(home: House) -> None:
    """When a requester leaves, the relay is asked to cancel the plan."""

    async def slow(relay: Dialler, order: Plan) -> None:
        await relay.say(ObservationMessage(order.id, 1, observation(order.plan.steps[0])))

    async with dialled(await home.new("acme-hq", answer=slow), home.url) as relay:
        async with home.remote("acme-hq").run(PLAN) as coming:
            assert (await anext(coming)).step == "tcp 1"
        await asyncio.wait_for(relay.cancelled.wait(), 5)
    (entry,) = await home.hub.registry.audit()
    assert entry.outcome == "cancelled"


async def test_relay_that_comes_back_goes_on(home: House) -> None:
    """A connection that breaks during a plan loses nothing if the relay reconnects in time."""
    broken = asyncio.Event()

    async def breaks(relay: Dialler, order: Plan) -> None:
        await relay.say(ObservationMessage(order.id, 1, observation(order.plan.steps[0])))
        await home.until(lambda: relay.acked.get(order.id) == 1)
        broken.set()

    relay = await home.new("acme-hq", answer=breaks)
    async with dialled(relay, home.url):
        await home.until(lambda: bool(home.hub.sessions) and home.hub.sessions["acme-hq"].takes_plans)
        asking = asyncio.create_task(home.run("acme-hq"))
        await asyncio.wait_for(broken.wait(), 5)
    order = relay.orders[-1]
    again = Dialler(relay.me, home.signer.key, held=(order.id,))
    async with dialled(again, home.url):
        seen = [observation(step) for step in order.plan.steps]
        for n, one in enumerate(seen, 1):  # includes the first again
            await again.say(ObservationMessage(order.id, n, one))
        await finish(again, order, seen)
        observations = await asyncio.wait_for(asking, 5)
    assert [one.step for one in observations] == [step.id for step in PLAN.steps]
    assert all(one.failure is None for one in observations)
    assert not again.orders


async def test_relay_that_forgot_its_plan(home: House) -> None:
    """If a relay returns without its plan, its observations count, the rest is lost, and the plan is not sent again."""
    broken = asyncio.Event()

    async def breaks(relay: Dialler, order: Plan) -> None:
        await relay.say(ObservationMessage(order.id, 1, observation(order.plan.steps[0])))
        broken.set()

    relay = await home.new("acme-hq", answer=breaks)
    async with dialled(relay, home.url):
        await home.until(lambda: home.hub.sessions["acme-hq"].takes_plans)
        asking = asyncio.create_task(home.run("acme-hq"))
        await asyncio.wait_for(broken.wait(), 5)
    async with dialled(Dialler(relay.me, home.signer.key), home.url) as again:
        observations = await asyncio.wait_for(asking, 5)
    assert [one.failure for one in observations] == [None, *[Failure.RELAY_LOST] * 3]
    assert "reconnected without this plan" in observations[-1].facts["because"]
    assert not again.orders
    (entry,) = await home.hub.registry.audit()
    assert entry.outcome.startswith("lost: ")


async def test_rename_during_a_plan(home: House) -> None:
    """The plan of a relay that is renamed continues under the new name, and is canceled there if nobody waits."""
    renamed = asyncio.Event()

    async def wait(relay: Dialler, order: Plan) -> None:
        await renamed.wait()
        await well(relay, order)

    relay = await home.new("acme-hq", answer=wait)
    async with dialled(relay, home.url):
        await home.until(lambda: "acme-hq" in home.hub.sessions and home.hub.sessions["acme-hq"].takes_plans)
        running, leaving = (asyncio.create_task(home.run("acme-hq", requester=who)) for who in ("ada", "bob"))
        await home.until(lambda: len(relay.orders) == 2)
        await home.hub.registry.rename("acme-hq", "acme-paris")
        await home.until(lambda: "acme-paris" in home.hub.sessions)
        leaving.cancel()
        await relay.cancelled.wait()
        renamed.set()
        assert {one.failure for one in await running} == {None}
        assert home.hub.status().running == 0


async def test_order_that_never_arrived_is_sent_again(home: House) -> None:
    """A plan sent into a broken connection is sent again when the relay reconnects."""

    async def deaf(relay: Dialler, order: Plan) -> None:
        await asyncio.Event().wait()

    relay = await home.new("acme-hq", answer=deaf)
    async with dialled(relay, home.url):
        await home.until(lambda: bool(home.hub.sessions) and home.hub.sessions["acme-hq"].takes_plans)
        asking = asyncio.create_task(home.run("acme-hq"))
        await home.until(lambda: len(relay.orders) == 1)
    async with dialled(Dialler(relay.me, home.signer.key), home.url) as again:
        observations = await asyncio.wait_for(asking, 5)
    assert [one.failure for one in observations] == [None] * 4
    assert again.envelopes == relay.envelopes


async def _signed(home: House, name: str, **more: str) -> HubJob:
    """Sign a plan as a bot does that has lost its connection before it heard anything of the plan."""
    await home.until(lambda: name in home.hub.sessions and home.hub.sessions[name].takes_plans)
    health = await home.hub.relay(name)
    assert health
    return replace(home.remote(name, **more).sign(PLAN, health), after=0)


async def _events_of(home: House, job: HubJob) -> list[HubEvent]:
    async with home.hub.run(job) as events:
        return [event async for event in events]


async def test_plan_that_no_hub_has_sent(home: House) -> None:
    """After a lost connection, a plan that never reached a hub is sent; one that a hub has recorded is not."""
    async with dialled(await home.new("acme-hq"), home.url) as relay:
        job = await _signed(home, "acme-hq")
        assert isinstance((await _events_of(home, job))[-1], Done)
        assert await _events_of(home, job) == [PlanLost(job.plan, "acme-hq no longer has this plan")]
        assert len(relay.orders) == 1
    (entry,) = await home.hub.registry.audit()
    assert entry.plan == job.plan


async def test_plan_waits_for_a_relay_that_lost_its_hub_too(home: House) -> None:
    """After a lost connection, a plan that no hub has sent waits until its relay has connected again."""
    relay = await home.new("acme-hq")
    async with dialled(relay, home.url):
        job = await _signed(home, "acme-hq")
    await home.until(lambda: not home.hub.sessions)
    asking = asyncio.create_task(_events_of(home, job))
    await home.until(lambda: home.hub.status().running == 1)
    async with dialled(Dialler(relay.me, home.signer.key), home.url) as again:
        assert isinstance((await asyncio.wait_for(asking, 5))[-1], Done)
        assert again.envelopes == [job.envelope]
    assert home.hub.status().running == 0


async def test_lost_connection_opens_no_way_around_the_limits(tmp_path: Path) -> None:
    """A plan that no hub has sent counts as a new one."""
    async with (
        house(tmp_path, limits=HubLimits(person_at_once=1)) as home,
        dialled(await home.new("acme-hq", answer=_never), home.url) as relay,
    ):
        first, second = [await _signed(home, "acme-hq", requester="ada") for _ in range(2)]
        running = asyncio.create_task(_events_of(home, first))
        await home.until(lambda: len(relay.orders) == 1)
        (lost,) = await _events_of(home, second)
        assert "“ada” already has 1 plans running" in lost.because  # type: ignore[union-attr]  # PlanLost
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _never(relay: Dialler, order: Plan) -> None:
    await asyncio.Event().wait()


async def test_plan_never_runs_twice(home: House) -> None:
    """The same signed plan is not sent a second time, in whatever way it ended."""
    async with dialled(await home.new("acme-hq"), home.url) as relay:
        await home.until(lambda: bool(home.hub.sessions) and home.hub.sessions["acme-hq"].takes_plans)
        remote = home.remote("acme-hq")
        (health,) = await home.hub.relays()
        job = remote.sign(PLAN, health)
        ends = []
        for _ in range(2):
            async with home.hub.run(job) as replies:
                ends.append([reply async for reply in replies][-1])
        assert isinstance(ends[0], Done)
        assert "each plan runs only once" in ends[1].because  # type: ignore[union-attr]  # Lost
        assert len(relay.orders) == 1


@pytest.mark.parametrize(
    ("relay_at_once", "person_at_once", "said"),
    [(1, 9, "“acme-hq” already has 1 plans running"), (9, 1, "“ada” already has 1 plans running")],
)
async def test_limits(tmp_path: Path, relay_at_once: int, person_at_once: int, said: str) -> None:
    """A plan beyond the limit of a relay or a person is not sent, and the sentence names the limit."""
    limits = HubLimits(relay_at_once=relay_at_once, person_at_once=person_at_once)
    async with (
        house(tmp_path, limits=limits) as home,
        dialled(await home.new("acme-hq", answer=_never), home.url) as relay,
    ):
        await home.until(lambda: bool(home.hub.sessions) and home.hub.sessions["acme-hq"].takes_plans)
        asking = asyncio.create_task(home.run("acme-hq", requester="ada"))
        await home.until(lambda: len(relay.orders) == 1)
        (first, *_) = await home.run("acme-hq", requester="ada")
        assert said in first.facts["because"]
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def test_who_leaves_before_the_plan_is_sent_uses_up_no_place(tmp_path: Path) -> None:
    """A requester who leaves while the audit log is written does not use up the relay's quota."""
    gate = threading.Event()
    async with (
        house(tmp_path, limits=HubLimits(relay_at_once=1)) as home,
        dialled(await home.new("acme-hq"), home.url) as relay,
    ):
        await home.until(lambda: bool(home.hub.sessions) and home.hub.sessions["acme-hq"].takes_plans)
        (status,) = await home.hub.relays()
        writing = asyncio.create_task(home.hub.registry._writer.run(lambda _: gate.wait(30)))
        opening = home.hub.run(home.remote("acme-hq").sign(PLAN, status))
        asking = asyncio.create_task(opening.__aenter__())
        running = home.hub._plans.ledger.running
        await home.until(lambda: running("acme-hq") == 1)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert running("acme-hq") == 0
        gate.set()
        await writing
        assert relay.orders == []
        assert {one.failure for one in await home.run("acme-hq")} == {None}


async def test_diagnosis_uses_no_more_relays_than_it_may(tmp_path: Path) -> None:
    """A relay too many in one diagnosis is refused with a sentence and logged; another diagnosis may use it."""

    async def never(relay: Dialler, order: Plan) -> None:
        await asyncio.Event().wait()

    async with house(tmp_path, limits=HubLimits(case_relays=1)) as home:
        first = await home.new("acme-hq", answer=never)
        async with dialled(first, home.url), dialled(await home.new("berlin"), home.url):
            await home.until(lambda: len(home.hub.sessions) == 2)
            await home.until(lambda: all(one.takes_plans for one in home.hub.sessions.values()))
            asking = asyncio.create_task(home.run("acme-hq", requester="ada", case_label="31009 ios"))
            await home.until(lambda: len(first.orders) == 1)
            (refused, *_) = await home.run("berlin", requester="ada", case_label="31009 ios")
            assert "one diagnosis may use at most 1 relay at once" in refused.facts["because"]
            (newest, _) = await home.hub.registry.audit()
            assert newest.outcome.startswith("not sent: one diagnosis may use")
            assert {
                one.failure for one in await home.run("berlin", requester="ada", case_label="31005 ios")
            } == {None}
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            assert {
                one.failure for one in await home.run("berlin", requester="ada", case_label="31009 ios")
            } == {None}


async def test_tokens_work_once(home: House, caplog: pytest.LogCaptureFixture) -> None:
    """A join token admits one key; a second key with it, and an expired token, are refused and logged."""
    relay = await home.new("acme-hq")
    async with dialled(relay, home.url):
        thief = Dialler(Identity.new(), token=relay.token)
        with pytest.raises(TurnedAwayError, match="bad_token"):
            async with dialled(thief, home.url):
                pass
    assert ": bad_token (" in caplog.text
    old = await home.hub.registry.invite(RegisteredRelay("late", None), time.time() - 100, lives=50)
    with pytest.raises(TurnedAwayError, match="bad_token"):
        async with dialled(Dialler(Identity.new(), token=old), home.url):
            pass
    async with dialled(
        Dialler(relay.me, token=relay.token), home.url
    ) as again:  # its welcome may have been lost
        assert again.welcomed


async def test_invitation_and_key_must_fit(home: House) -> None:
    """A host that is another relay, or whose key was revoked, gets an error, and its invitation stays valid."""
    relay = await home.new("acme-hq")
    async with dialled(relay, home.url):
        pass
    other = await home.hub.registry.invite(RegisteredRelay("berlin", None), time.time())
    with pytest.raises(
        TurnedAwayError, match="bad_token: the invitation is for berlin, and this host is acme-hq"
    ):
        async with dialled(Dialler(relay.me, token=other), home.url):
            pass
    await home.hub.registry.revoke("acme-hq", time.time())
    again = await home.hub.registry.invite(RegisteredRelay("acme-hq", None), time.time())
    with pytest.raises(
        TurnedAwayError, match=r"revoked: the key of this host was revoked.*delete the file “key”"
    ):
        async with dialled(Dialler(relay.me, token=again), home.url):
            pass
    for token in (other, again):
        async with dialled(Dialler(Identity.new(), token=token), home.url) as joined:
            assert joined.welcomed


async def test_strangers_are_turned_away(home: House, caplog: pytest.LogCaptureFixture) -> None:
    """An unknown key, a proof by another key, and a proof for another hub are refused, each with its reason."""
    with pytest.raises(TurnedAwayError, match="unknown_relay"):
        async with dialled(Dialler(Identity.new()), home.url):
            pass
    relay = await home.new("acme-hq", hub="elsewhere.example")
    with pytest.raises(TurnedAwayError, match="wrong_hub"):
        async with dialled(relay, home.url):
            pass
    honest, forger = Identity.new(), Identity.new()
    relay = await home.new("acme-hq", me=forger)
    relay.me = Identity(forger.signing, honest.opening)
    object.__setattr__(relay, "me", _Pretender(forger, honest))
    with pytest.raises(TurnedAwayError, match="bad_proof"):
        async with dialled(relay, home.url):
            pass
    assert not home.hub.sessions
    for word in ("unknown_relay", "wrong_hub", "bad_proof"):
        assert f": {word} (" in caplog.text


class _Pretender:
    """Sends another relay's public key and signs with its own."""

    def __init__(self, own: Identity, other: Identity) -> None:
        self.signing, self.key, self.sealing, self.id = own.signing, other.key, other.sealing, other.id


@pytest.mark.parametrize(
    "text", ["", "{}", "[" * 10_000, '{"v":1,"type":"order","envelope":"x"}', "x" * 70_000]
)
async def test_nonsense_is_refused(home: House, text: str, caplog: pytest.LogCaptureFixture) -> None:
    """An invalid message ends the connection and is logged, and the hub continues."""
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(home.url, protocols=("lineman-relay.1",))
        await socket.send_str(text)
        async with asyncio.timeout(5):
            async for _ in socket:
                pass
        assert socket.closed
    assert ": malformed (" in caplog.text
    async with dialled(await home.new("acme-hq"), home.url):
        assert all(one.failure is None for one in await home.run("acme-hq"))


async def test_two_hosts_with_one_key(home: House, caplog: pytest.LogCaptureFixture) -> None:
    """While a relay responds, another host with a copy of its key is refused; it replaces a dead connection."""
    relay = await home.new("acme-hq")
    async with dialled(relay, home.url):
        with pytest.raises(TurnedAwayError, match="busy"):
            async with dialled(Dialler(relay.me), home.url):
                pass
    assert "another host is connected with the same key" in caplog.text
    mute = Dialler(relay.me, pongs=False)
    async with dialled(mute, home.url), dialled(Dialler(relay.me, home.signer.key), home.url):
        assert all(one.failure is None for one in await home.run("acme-hq"))
        await home.until(lambda: any(isinstance(one, Rejection) for one in mute.heard))


async def test_revoked_relay_is_sent_away(
    home: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A relay that another process revokes is disconnected within seconds and then refused."""
    from bot.storage.relay_registry import RelayRegistry

    relay = await home.new("acme-hq")
    async with dialled(relay, home.url):
        elsewhere = RelayRegistry.open(tmp_path / "lineman.db")
        await elsewhere.revoke("acme-hq", time.time(), home.signer)
        await elsewhere.close()
        await home.until(lambda: not home.hub.sessions)
        (rejection,) = await relay.until(Rejection)
    assert is_revocation(rejection.proof, relay.me.key, [home.signer.key])
    with pytest.raises(TurnedAwayError, match="revoked"):
        async with dialled(Dialler(relay.me), home.url):
            pass
    assert "disconnected relay acme-hq (revoked)" in caplog.text
    assert ": revoked (" in caplog.text


async def test_plan_signed_before_a_revocation(home: House, tmp_path: Path) -> None:
    """It does not run, although the hub has not noticed the revocation yet."""
    relay = await home.new("acme-hq")
    async with dialled(relay, home.url):
        await home.until(lambda: "acme-hq" in home.hub.sessions)
        health = await home.hub.relay("acme-hq")
        assert health
        job = home.remote("acme-hq").sign(PLAN, health)
        await home.hub.registry.revoke("acme-hq", time.time())
        async with home.hub.run(job) as events:
            assert [event async for event in events] == [PlanLost(job.plan, "acme-hq has been revoked")]
        assert relay.orders == []


async def test_flood_ends_the_connection(home: House, caplog: pytest.LogCaptureFixture) -> None:
    """A relay that sends far too many messages is disconnected; others are not affected."""
    flooder = await home.new("flooder")
    async with dialled(flooder, home.url), dialled(await home.new("acme-hq"), home.url):
        await home.until(lambda: "flooder" in home.hub.sessions)
        with suppress(ConnectionError):
            for n in range(50_000):
                await flooder.say(ObservationMessage("nobody's plan", n + 1, {}))
        await home.until(lambda: "flooder" not in home.hub.sessions)
        assert "rejected relay flooder: malformed" in caplog.text
        assert all(one.failure is None for one in await home.run("acme-hq"))


async def test_silent_relay_is_noticed(tmp_path: Path) -> None:
    """A relay that stops answering pings is disconnected after three."""
    async with house(tmp_path, beat=0.05) as home:
        relay = await home.new("acme-hq", pongs=False)
        async with dialled(relay, home.url):
            await home.until(lambda: bool(home.hub.sessions))
            await home.until(lambda: not home.hub.sessions)


def test_order_is_all_that_goes_to_a_relay() -> None:
    """The hub forwards the envelope only, unchanged."""
    assert RunPlan.__slots__ == ("envelope",)
