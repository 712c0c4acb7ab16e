"""A pasted log of this call is evidence in Slack as in the terminal, without words that say where it was made."""

from bot.slack.state.finished_run import FinishedRun
from probes.protocol.model import Observation
from tests.bot.slack.conftest import Here
from tests.fake_slack.state import Message

HOST = "voice-js.roaming.twilio.com"
CONSOLE = (
    "[TwilioVoice][WSTransport] Attempting to connect...\n"
    f"GET https://{HOST}/signal net::ERR_CERT_AUTHORITY_INVALID\n"
    "[TwilioVoice][PStream] ConnectionError (31009): no transport available\n"
)
OTHER_CODE = CONSOLE.replace("31009", "53405").replace("net::ERR_CERT_AUTHORITY_INVALID", "failed")


async def finished(here: Here, top: Message) -> FinishedRun:
    case = await here.context.store.case_of_thread(here.slack.team.id, top.channel.id, top.root)
    assert case
    run = await here.context.run_history.latest(case.id)
    assert run
    return run


def pasted(run: FinishedRun) -> list[Observation]:
    return [look for look in run.record.observations.values() if look.probe == "pasted"]


async def test_a_log_in_the_thread_is_added_to_the_case(here: Here) -> None:
    """Nobody has to mention the bot. What the console says counts as the device's, and no new run starts."""
    await here.slack.command("/diagnose 31009 javascript", here.user())
    top = await here.verdict()
    await here.slack.say(f"from the customer:\n```{CONSOLE}```", here.user("grace"), thread=top.ts)
    said = await here.reply("Lines of a log that say")
    assert "From the user's device" in str(said.blocks)
    assert "origin unknown" not in str(said.blocks)
    assert [look.facts["placed"] for look in pasted(await finished(here, top))] == [True]
    assert len(here.relay.plans) == 1


async def test_a_log_with_another_code_is_another_question(here: Here) -> None:
    """It is not added to the case of the first code."""
    await here.slack.command("/diagnose 31009 javascript", here.user())
    top = await here.verdict()
    await here.slack.mention(OTHER_CODE, here.user("grace"), top.channel, thread=top.ts)
    second = await here.verdict(1)
    assert "53405" in str(second.blocks)


async def test_a_log_that_asks_for_a_diagnosis_counts_in_it(here: Here) -> None:
    """The message names code and platform, and brings evidence; a plain command brings none."""
    await here.slack.mention(CONSOLE, here.user(), here.slack.channel())
    top = await here.verdict()
    assert [look.facts["placed"] for look in pasted(await finished(here, top))] == [True]
    await here.slack.command("/diagnose 31009 javascript", here.user())
    assert pasted(await finished(here, await here.verdict(1))) == []
