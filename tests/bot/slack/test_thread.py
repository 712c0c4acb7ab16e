"""What people say in the thread of a case, plainly and by mention."""

from tests.bot.slack.conftest import Here
from tests.fake_slack.state import Message
from tests.previews.samples import SIGNALING_SHUT


async def case(here: Here, line: str = "/diagnose 31009") -> Message:
    await here.slack.command(line, here.user("ada"))
    return await here.verdict()


async def test_plain_answer(here: Here) -> None:
    """A second person answers the open question in plain words; nothing is looked at again."""
    top = await case(here, "/diagnose 31009 javascript")
    before = top.text
    await here.slack.say("they are not on a VPN", here.user("grace"), thread=top.ts)
    assert "vpn no" in (await here.reply("Noted")).text
    await here.until(lambda: top.text != before or len(top.versions) > 2)
    assert len(here.relay.plans) == 1


async def test_platform_that_was_looked_at(here: Here) -> None:
    """By mention the platform changes without a new run, because every one had been looked at."""
    here.relay.faults = SIGNALING_SHUT
    top = await case(here)
    await here.slack.mention("now on android please", here.user("grace"), thread=top.ts)
    await here.reply("No new test was needed")
    await here.until(lambda: "Android" in str(top.blocks[:2]))
    assert len(here.relay.plans) == 1


async def test_platform_that_was_not(here: Here) -> None:
    """A platform without observations starts a new run, in the thread."""
    top = await case(here, "/diagnose 31009 ios")
    await here.slack.say("try javascript", here.user("grace"), thread=top.ts)
    change = await here.verdict(1)
    assert change.thread_ts == top.ts
    assert len(here.relay.plans) == 2


async def test_edge_and_again(here: Here) -> None:
    """Another edge and “again” are new runs of the same case, one after the other."""
    top = await case(here, "/diagnose 31009 ios")
    await here.slack.say("edge frankfurt", here.user("grace"), thread=top.ts)
    other = await here.verdict(1)
    assert "Not the same test as before" in other.text
    assert "Edge: roaming, now frankfurt" in other.text
    await here.slack.say("test again", here.user("linus"), thread=top.ts)
    again = await here.verdict(2)
    assert "Not the same test" not in again.text
    found = await here.context.store.case_of_thread(here.slack.team.id, top.channel.id, top.ts)
    assert found
    assert found.request.edge == "frankfurt"
    assert {run.request.edge for run in await here.context.store.runs(found.id)} == {"roaming", "frankfurt"}


async def test_another_platform_fixes_nothing(here: Here) -> None:
    """What was found on one platform and not on another is not called fixed, and the verdict is not “Resolved”."""
    here.relay.faults = SIGNALING_SHUT
    top = await case(here, "/diagnose 31009 ios")
    here.relay.faults = ()
    await here.slack.say("try javascript", here.user("grace"), thread=top.ts)
    change = await here.verdict(1)
    assert "Not the same test as before" in change.text
    assert "Platform: iOS, now JavaScript" in change.text
    assert "Found only before: " in change.text
    await here.context.tasks.drain(10)
    assert "Fixed: " not in str(top.blocks) + str(change.blocks)
    await here.slack.say("test again", here.user("grace"), thread=top.ts)
    await here.verdict(2)
    assert "Not the same test" not in here.ours()[2].text


async def test_questions(here: Here) -> None:
    """Evidence, meanings, preflight steps and help are answered in the thread."""
    top = await case(here, "/diagnose 31009 ios")
    for text, said in {
        "show the evidence": "checks passed",
        "what does signaling-blocked mean?": "gateways are blocked",
        "how do I do the preflight on android?": "Preflight test on Android",
        "help": "/diagnose",
    }.items():
        await here.slack.say(text, here.user("grace"), thread=top.ts)
        assert (await here.reply(said)).thread_ts == top.ts


async def test_left_alone(here: Here) -> None:
    """Words that are not for us get no answer, in our thread or elsewhere; by mention they do."""
    top = await case(here, "/diagnose 31009 ios")
    await here.slack.say("lunch anybody?", here.user("grace"), thread=top.ts)
    await here.slack.say("31009 is a fine number", here.user("grace"))
    await here.slack.mention("lunch anybody?", here.user("grace"), thread=top.ts)
    await here.reply("I don't know")
    await here.slack.mention("qwertz!", here.user("grace"), thread=top.ts)
    await here.reply("in this thread")
    assert len(here.ours()) == 3


async def test_mention_begins_a_case(here: Here) -> None:
    """A mention elsewhere begins a case in the thread of its message, and the thread is ours from then on."""
    said = await here.slack.mention("our users get error 31009 on iPhones", here.user())
    verdict = await here.verdict()
    assert verdict.thread_ts == said.ts
    await here.slack.say("test again", here.user("grace"), thread=said.ts)
    assert (await here.verdict(1)).thread_ts == said.ts


async def test_edited_messages_are_nobodys(here: Here) -> None:
    """A message that is edited is not heard a second time."""
    top = await case(here, "/diagnose 31009 ios")
    said = await here.slack.say("lunch?", here.user(), thread=top.ts)
    await here.slack.edit(said, "test again")
    await here.slack.say("help", here.user(), thread=top.ts)
    await here.reply("/diagnose")
    assert len(here.relay.plans) == 1


async def test_direct_message(here: Here) -> None:
    """In direct messages a greeting gets help, and an error code a diagnosis in its thread."""
    await here.slack.tell("hello", here.user())
    await here.reply("/diagnose 31009")
    said = await here.slack.tell("31009 on ios", here.user())
    assert (await here.verdict(1)).thread_ts == said.ts
