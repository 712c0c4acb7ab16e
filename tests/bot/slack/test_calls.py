"""A Call SID in Slack: its data are fetched for those who may run diagnoses, and become part of the case."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from bot.diagnosis.engine import Engine
from bot.diagnosis.turn_settings import TurnSettings
from tests.bot.slack.conftest import Serving
from tests.bot.slack.made_up_engine import MadeUpRelay, made_up_desk
from tests.bot.voice_insights import OTHER, SID, InsightsServer, call, insights_server
from tests.databases import stored_bytes
from tests.fake_slack.slack import FakeSlack

SECRET = "a-secret-nobody-may-see"


def desk(relay: MadeUpRelay, server: InsightsServer, secret: str = SECRET) -> Engine:
    """An engine with credentials for *server*."""
    made = made_up_desk(relay)
    network = replace(made.network, insights_api=server.insights_api, alerts_api=server.alerts_api)
    settings = TurnSettings(made.settings.ice_servers, "AC0", "AC0", secret)
    return replace(made, network=network, settings=settings)


@pytest_asyncio.fixture
async def insights() -> AsyncIterator[InsightsServer]:
    async with insights_server(call()) as insights:
        yield insights


async def test_a_command_with_a_call_sid(
    slack: FakeSlack, serving: Serving, insights: InsightsServer, database: str
) -> None:
    """The call names code and platform, its data are stored with the run, and the thread says what they show."""
    relay = MadeUpRelay()
    async with serving(slack, relay, desk=desk(relay, insights)) as here:
        await slack.command(f"/diagnose {SID}", here.user())
        message = await here.verdict()
        assert "53405" in str(message.blocks)
        reply = await here.reply("The caller ended the call.")
        assert "cannot show whether the app passed no TURN servers" in str(reply.blocks)
        case = await here.context.store.case_of_thread(slack.team.id, message.channel.id, message.root)
        assert case
        finished = await here.context.run_history.latest(case.id)
        assert finished
        assert finished.record.observations[f"preflight call {SID}"].facts["ended_by"] == "caller"
        before = len(insights.asked)
        await slack.mention(SID, here.user(), message.channel, thread=message.root)
        await here.reply("already has the final data")
        assert len(insights.asked) == before
    assert _private_words(database) == set()


def _private_words(database: str) -> set[bytes]:
    """Those of the private words that are in the database."""
    stored = stored_bytes(database)
    assert SID.encode() in stored
    return {word for word in (SECRET.encode(), b"alice.person") if word in stored}


async def test_a_call_sid_in_a_thread(slack: FakeSlack, serving: Serving, insights: InsightsServer) -> None:
    """In a case, the call is laid beside the relay's answers, and the verdict is made again."""
    relay = MadeUpRelay()
    async with serving(slack, relay, desk=desk(relay, insights)) as here:
        await slack.command("/diagnose 53405 javascript", here.user())
        message = await here.verdict()
        await slack.mention(f"the call was {SID}", here.user(), message.channel, thread=message.root)
        reply = await here.reply("Voice Insights data")
        assert "The caller ended the call." in str(reply.blocks)


async def test_nobody_else_reads_calls(
    slack: FakeSlack, serving: Serving, insights: InsightsServer, tmp_path: Path
) -> None:
    """Whoever may use no relay gets the reason, and nothing is fetched."""
    access = tmp_path / "access.yaml"
    access.write_text(f"rules: [{{relays: [local], users: [{slack.user('ada').id}]}}]")
    relay = MadeUpRelay()
    async with serving(slack, relay, desk=desk(relay, insights), LINEMAN_ACCESS=str(access)) as here:
        await slack.command(f"/diagnose {SID}", here.user("grace"))
        await here.whisper("certain people")
        assert insights.asked == []


async def test_one_person_looks_up_so_many_calls(
    slack: FakeSlack, serving: Serving, insights: InsightsServer
) -> None:
    """Beyond the limit nothing is fetched, and the person reads when to come back; others are not affected."""
    relay = MadeUpRelay()
    async with serving(slack, relay, desk=desk(relay, insights), LINEMAN_RATE_CALLS="1/600") as here:
        await slack.command(f"/diagnose {SID}", here.user())
        message = await here.verdict()
        await here.reply("The caller ended the call.")
        before = len(insights.asked)
        await slack.mention(f"and {OTHER}", here.user(), message.channel, thread=message.root)
        await here.whisper("You may look up 1 call in 10 minutes; the next one is possible in")
        assert len(insights.asked) == before
        await slack.mention(f"and {OTHER}", here.user("grace"), message.channel, thread=message.root)
        await here.until(lambda: len(insights.asked) > before)


async def test_without_credentials(slack: FakeSlack, serving: Serving, insights: InsightsServer) -> None:
    """The answer names the variables, to the person alone; the code beside it is diagnosed."""
    relay = MadeUpRelay()
    async with serving(slack, relay, desk=desk(relay, insights, "")) as here:
        await slack.command(f"/diagnose 31009 ios {SID}", here.user())
        await here.whisper("TWILIO_AUTH_TOKEN")
        assert "31009" in str((await here.verdict()).blocks)
        assert insights.asked == []
