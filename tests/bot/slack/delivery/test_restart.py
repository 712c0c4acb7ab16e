"""A run that a restart interrupts starts again by itself, in its own message, and at most once."""

import time
from dataclasses import replace
from pathlib import Path

from bot.diagnosis.turn_settings import TurnSettings
from bot.model.records import CaseRow, RunRow
from bot.model.request import Request
from bot.slack.delivery import outbox
from bot.slack.runs.recovery import declare_running, take_up
from bot.slack.runs.restart import WITHIN
from bot.slack.server.server import DRAIN, wind_up
from tests.bot.slack.conftest import Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay, made_up_desk
from tests.bot.voice_insights import SID, call, insights_server
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Message
from tests.previews.samples import SIGNALING_SHUT

QUEUE = 12  # diagnoses, one at a time


async def begun(here: Here, words: str = "31009 ios", who: str = "ada") -> Message:
    """The message of a diagnosis that some results have come from, and that will not end by itself."""
    await here.slack.command(f"/diagnose {words}", here.user(who))
    await here.until(lambda: here.ours() and "checks done" in here.ours()[0].text)
    return here.ours()[0]


async def leave_running(here: Here, started: float) -> None:
    """Leave what a killed process leaves of a run that began at *started*, before its first message was posted."""
    request, channel = Request("31009", "ios"), here.slack.channel()
    case = CaseRow("case-x", here.slack.team.id, channel.id, here.user().id, request, created=started)
    run = RunRow("run-x", "case-x", {"local": "user-network"}, request, "", "twilio", started)
    await here.context.store.open_case(case)
    await here.context.store.start_run(run, None, outbox.first_of(case, run))


async def test_never_twice(slack: FakeSlack, serving: Serving) -> None:
    """The next process begins anew and says so in the same message; interrupted again, the run is only reported."""
    async with serving(slack, MadeUpRelay(stuck=True)) as here:
        top = await begun(here)
        run = next(iter(here.context.active_runs))
        assert await _stored(here, run) != []
    relay = MadeUpRelay(pause=0.2, stuck=True)
    async with serving(slack, relay) as here:
        await here.until(lambda: relay.plans)
        assert await _stored(here, run) == []
        await here.until(lambda: "the tests started again" in str(top.blocks), "the message to say so")
    relay = MadeUpRelay()
    async with serving(slack, relay) as here:
        assert "restarted twice while this ran" in (await here.verdict()).text
        assert ([message.ts for message in here.ours()], relay.plans) == ([top.ts], [])
        await slack.click(top, "lm_again", here.user())
        await here.verdict(1)
        assert len(relay.plans) == 1


async def test_the_verdict_is_that_of_the_second_attempt(slack: FakeSlack, serving: Serving) -> None:
    """What the interrupted attempt observed plays no part; there is one message, and nobody is told twice."""
    async with serving(slack, MadeUpRelay(stuck=True)) as here:
        top = await begun(here)
    relay = MadeUpRelay(SIGNALING_SHUT)
    async with serving(slack, relay) as here:
        verdict = await here.verdict()
        assert (verdict.ts, "Blocked" in verdict.text) == (top.ts, True)
        await here.context.tasks.drain(10)
        assert len(here.ours()) == 1
        assert len(relay.plans) == 1


async def test_a_run_that_was_never_announced(slack: FakeSlack, serving: Serving) -> None:
    """A crash before the first message loses nothing: the run starts, and its message is posted once."""
    async with serving(slack, MadeUpRelay()) as here:
        await leave_running(here, time.time())
    async with serving(slack, MadeUpRelay(SIGNALING_SHUT)) as here:
        assert "Blocked" in (await here.verdict()).text
        assert await here.context.store.case_of_thread(
            slack.team.id, here.ours()[0].channel.id, here.ours()[0].ts
        )
    assert len(here.ours()) == 1


async def test_an_old_run_stays_interrupted(slack: FakeSlack, serving: Serving) -> None:
    """Long after the request, nobody waits for the result: the message says that the run was interrupted."""
    async with serving(slack, MadeUpRelay()) as here:
        await leave_running(here, time.time() - WITHIN - 1)
    relay = MadeUpRelay()
    async with serving(slack, relay) as here:
        top = await here.verdict()
        assert "Lineman was restarted while this ran" in top.text
        assert relay.plans == []
        told = await here.question()  # an edit notifies nobody
        assert "The diagnosis was interrupted: 31009 on iOS" in told.text
        assert (told.thread_ts, f"<@{here.user().id}>" in str(told.blocks)) == (top.ts, True)


async def test_only_while_it_is_allowed(slack: FakeSlack, serving: Serving, tmp_path: Path) -> None:
    """The access rules of the new process decide, for the person who started the run."""
    rules = tmp_path / "access.yaml"
    rules.write_text(
        f"rules: [{{relays: [local], users: [{slack.user('ada').id}, {slack.user('grace').id}]}}]"
    )
    async with serving(slack, MadeUpRelay(), LINEMAN_ACCESS=str(rules)) as here:
        await slack.command("/diagnose 31009 ios", here.user("ada"))
        top = await here.verdict()
        here.relay.stuck = True
        await slack.click(top, "lm_again", here.user("grace"))
        await here.until(lambda: len(here.ours()) == 2 and "checks done" in here.ours()[1].text)
    rules.write_text(f"rules: [{{relays: [local], users: [{slack.user('ada').id}]}}]")
    relay = MadeUpRelay()
    async with serving(slack, relay, LINEMAN_ACCESS=str(rules)) as here:
        assert "Lineman was restarted while this ran" in (await here.verdict(1)).text
        assert relay.plans == []


async def test_stopped_in_an_orderly_way(slack: FakeSlack, serving: Serving) -> None:
    """A process that is told to stop says that the run starts again; the next one does it."""
    async with serving(slack, MadeUpRelay(stuck=True)) as here:
        top = await begun(here)
        await declare_running(here.context, 10)
        assert "starts again by itself" in top.text
        assert "lm_again" not in top.actions()
    async with serving(slack, MadeUpRelay(SIGNALING_SHUT)) as here:
        assert "Blocked" in (await here.verdict()).text
    assert len(here.ours()) == 1


async def test_a_long_queue_does_not_delay_the_end(slack: FakeSlack, serving: Serving) -> None:
    """What waits in the queue is left to the next process, any number of times; what has begun comes to its end."""
    settings = {"LINEMAN_RUNS_AT_ONCE": "1", "LINEMAN_RATE_USER": "1000/60", "LINEMAN_EDITS": "100000/60"}
    slack.chaos.tiers = False
    relay = MadeUpRelay(pause=0.01)
    async with serving(slack, relay, **settings) as here:
        for _ in range(QUEUE):
            await slack.command("/diagnose 31009 ios", here.user())
        await here.until(lambda: len(here.ours()) == QUEUE and relay.plans)
        await wind_up(here.context, time.monotonic() + DRAIN)
        ended = [top for top in here.ours() if "lm_again" in top.actions()]
        assert len(ended) == len(relay.plans) < QUEUE
        assert sum("starts again by itself" in top.text for top in here.ours()) == QUEUE - len(ended)
    relay = MadeUpRelay(stuck=True)
    async with serving(slack, relay, **settings) as here:
        await here.until(lambda: relay.plans and len(here.context.active_runs) == QUEUE - len(ended))
        await wind_up(here.context, time.monotonic() + 3)  # time for the messages only
    relay = MadeUpRelay()
    async with serving(slack, relay, LINEMAN_EDITS="100000/60") as here:
        await take_up(here.context, 0)  # leaves alone what the start continues
        await here.until(lambda: all("lm_again" in top.actions() for top in here.ours()), "all verdicts")
        assert (len(here.ours()), len(relay.plans)) == (QUEUE, QUEUE - len(ended))
        assert all(top.text.startswith("No problem found") for top in here.ours())


async def test_the_call_is_fetched_again(slack: FakeSlack, serving: Serving) -> None:
    """The data of a call are in memory only, so the second attempt fetches them again."""
    async with insights_server(call()) as insights:
        relays = MadeUpRelay(stuck=True), MadeUpRelay()
        desks = []
        for relay in relays:
            made = made_up_desk(relay)
            network = replace(
                made.network, insights_api=insights.insights_api, alerts_api=insights.alerts_api
            )
            settings = TurnSettings(made.settings.ice_servers, "AC0", "AC0", "secret")
            desks.append(replace(made, network=network, settings=settings))
        async with serving(slack, relays[0], desk=desks[0]) as here:
            await begun(here, SID)
        async with serving(slack, relays[1], desk=desks[1]) as here:
            top = await here.verdict()
            case = await here.context.store.case_of_thread(slack.team.id, top.channel.id, top.root)
            assert case
            finished = await here.context.run_history.latest(case.id)
            assert finished
            assert f"preflight call {SID}" in finished.record.observations


async def _stored(here: Here, run: str) -> list[str]:
    """The checks of *run* that are in the database."""
    stored = await here.context.store.record(run)
    assert stored
    return [step for steps in stored[1].values() for step in steps]
