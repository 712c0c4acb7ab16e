"""Questions in the thread of a case: its evidence first, with sources, and nothing that people say to one another."""

import pytest

from tests.bot.language.test_addressing import CHATTER
from tests.bot.slack.conftest import Here
from tests.fake_slack.state import Message
from tests.previews.samples import MEDIA_LOST, SIGNALING_SHUT

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


async def case(here: Here, line: str = "/diagnose 31009 ios") -> Message:
    await here.slack.command(line, here.user("ada"))
    return await here.verdict()


async def test_evidence_comes_first(here: Here) -> None:
    """“Why?” is answered with what was seen in this case, then with the file of its cause; each names its source."""
    here.relay.faults = SIGNALING_SHUT
    top = await case(here)
    await here.slack.say("why?", here.user("grace"), thread=top.ts)
    said = await here.reply("no reply")
    assert said.text.index("[1]") < said.text.index("[2]")
    assert "[1] the checks of this case; [2] knowledge/causes/signaling-blocked.yaml" in said.text
    await here.slack.click(said, "lm_evidence", here.user("grace"))
    await here.reply("checks passed")


async def test_suspicion(here: Here) -> None:
    """A cause that somebody suspects is answered with what became of it here."""
    here.relay.faults = SIGNALING_SHUT
    top = await case(here)
    for text, said in {
        "could it be DNS?": "Ruled out here: Name lookup (DNS) for signaling",
        "is it the VPN?": "Not checked here: The VPN",
        "is it the firewall?": "Found here: Connections to the signaling gateways",
    }.items():
        await here.slack.say(text, here.user("grace"), thread=top.ts)
        assert (await here.reply(said)).thread_ts == top.ts
    assert len(here.relay.plans) == 1


async def test_questions_keep_their_context(here: Here) -> None:
    """A question is about the platform of the case until it names another, and a platform alone repeats it."""
    here.relay.faults = (MEDIA_LOST,)
    top = await case(here, "/diagnose 53405 android")
    say = here.slack.say
    await say("how do I pass TURN servers?", here.user("grace"), thread=top.ts)
    await here.reply("knowledge/answers/turn-setup-android.md")
    await say("and on iOS?", here.user("linus"), thread=top.ts)
    await here.reply("knowledge/answers/turn-setup-ios.md")
    await say("what about TURN then?", here.user("grace"), thread=top.ts)
    await here.reply("knowledge/answers/turn-")
    await say("how do we fix it?", here.user("grace"), thread=top.ts)
    await here.reply("Allow outgoing UDP to")
    assert len(here.relay.plans) == 1


async def test_platform_alone_still_changes_the_case(here: Here) -> None:
    """If no question is open, a platform alone is a request to run the checks for it."""
    top = await case(here)
    await here.slack.say("and on javascript?", here.user("grace"), thread=top.ts)
    assert (await here.verdict(1)).thread_ts == top.ts
    assert len(here.relay.plans) == 2


async def test_questions_change_nothing(here: Here) -> None:
    """A question that names a platform, an edge or the preflight is answered, and no test is run for it."""
    top = await case(here)
    for text, said in {
        "how do I set the edge to frankfurt on android?": "edge-set-android.md",
        "which ports does the frankfurt edge need for media?": "ports-media.md",
        "what is a preflight test?": "preflight-what.md",
        "what does 53405 mean?": "53405",
    }.items():
        await here.slack.say(text, here.user("grace"), thread=top.ts)
        await here.reply(said)
    assert len(here.relay.plans) == 1


async def test_chatter(here: Here) -> None:
    """Nothing that people say to one another in the thread of a case is answered or changes it."""
    here.relay.faults = SIGNALING_SHUT
    top = await case(here)
    await here.context.tasks.drain(5)  # what still changes the verdict's message is no reply
    before = len(here.slack.records.calls)
    for text in CHATTER:
        await here.slack.say(text, here.user("grace"), thread=top.ts)
    await here.slack.say("help", here.user("grace"), thread=top.ts)
    await here.reply("/diagnose")
    posted = [one for one in here.slack.records.calls[before:] if one.method.startswith("chat.")]
    assert len(posted) == 1, [one.args.get("text") for one in posted]


async def test_unknown_by_mention(here: Here) -> None:
    """Asked by name, what is not known is owned up to with the nearest; plainly it is left alone."""
    top = await case(here)
    question = "does TURN make elephants lighter in gold?"
    await here.slack.say(question, here.user("grace"), thread=top.ts)
    await here.slack.mention(question, here.user("grace"), thread=top.ts)
    said = await here.reply("I don't know")
    assert len(here.ours()) == 2
    await here.slack.click(said, "lm_nearest_1", here.user("grace"))
    await here.reply("Sources: [1]")


async def test_story_by_mention_begins_nothing_alone(here: Here) -> None:
    """A story told to us in a case's thread is offered, and looked into in this case when somebody chooses."""
    top = await case(here)
    await here.slack.mention(
        "meanwhile calls are connected but there is silence", here.user("grace"), thread=top.ts
    )
    which = await here.reply("It may be one of these")
    assert len(here.relay.plans) == 1
    await here.slack.click(which, "lm_reading_1", here.user("grace"))
    await here.verdict(2)
    found = await here.context.store.case_of_thread(here.slack.team.id, top.channel.id, top.ts)
    assert found
    assert found.request.code != "31009"


async def test_allow_list_of_the_case(here: Here) -> None:
    """In the thread of a case the list is for its platform and edge, and for those that are named."""
    top = await case(here, "/diagnose 31009 ios edge=frankfurt")
    await here.slack.say("send me the allow-list please", here.user("grace"), thread=top.ts)
    await here.until(lambda: here.slack.files)
    (file,) = here.slack.files.values()
    assert file.name == "allowlist-ios-frankfurt.txt"
    assert (await here.reply("Allow-list for iOS")).thread_ts == top.ts


@pytest.mark.parametrize(
    "text",
    [
        "why? <!channel> token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "what is \u202e TURN? " + "x" * 900,
    ],
)
async def test_hostile_questions(here: Here, text: str) -> None:
    """A question with markup, hidden letters or a secret in it is answered without any of them."""
    top = await case(here)
    await here.slack.mention(text, here.user("grace"), thread=top.ts)
    await here.until(lambda: len(here.ours()) > 1)
    sent = str(here.slack.records.outgoing)
    assert here.slack.pings() == []
    assert "c2lnbmF0dXJl" not in sent
    assert "\u202e" not in sent
