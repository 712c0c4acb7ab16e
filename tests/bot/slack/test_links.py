"""A link to Twilio's page about a code gets a card with a button; no other link does."""

import pytest

from bot.slack.listeners.links import PAGE
from tests.bot.slack.conftest import Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.fake_slack.slack import FakeSlack
from tests.previews.samples import SIGNALING_SHUT

ADDRESS = "https://www.twilio.com/docs/api/errors/31009"


def tried(here: Here) -> list[str]:
    """What Slack said to each card, empty for those that it took."""
    return [call.error for call in here.slack.records.calls if call.method == "chat.unfurl"]


async def test_a_card_and_its_button(slack: FakeSlack, serving: Serving) -> None:
    """The card names the code in a sentence; its button starts the diagnosis in the thread of the message."""
    async with serving(slack, MadeUpRelay(SIGNALING_SHUT)) as here:
        posted = await slack.say(f"see {ADDRESS} please", here.user("linus"))
        await here.until(lambda: posted.previews, "a card")
        assert "*31009 Transport error*" in str(posted.previews[ADDRESS])
        assert "no signaling connection" in str(posted.previews[ADDRESS])
        assert here.ours() == []  # nothing but the card, until somebody presses
        await slack.press_card(posted, ADDRESS, "lm_start", here.user("ada"))
        verdict = await here.verdict()
        assert (verdict.thread_ts, "Blocked" in verdict.text) == (posted.ts, True)


async def test_a_link_in_a_thread(here: Here) -> None:
    """From a card in a thread, the diagnosis stays in that thread."""
    root = here.slack.paste("a call fails", here.user())
    posted = await here.slack.say(ADDRESS, here.user("linus"), thread=root.ts)
    await here.until(lambda: posted.previews)
    await here.slack.press_card(posted, ADDRESS, "lm_start", here.user())
    assert (await here.verdict()).thread_ts == root.ts


OTHERS = (
    "https://www.twilio.com/docs/api/errors",
    "https://www.twilio.com/docs/api/errors/31999",  # no code that Lineman knows
    "https://www.twilio.com/docs/api/errors/310091",
    "https://www.twilio.com/docs/voice/sdks/error-codes",
    "https://www.twilio.com/blog?next=/docs/api/errors/31009",
    "https://help.twilio.com/docs/api/errors/31009",
    "https://twilio.com.example/docs/api/errors/31009",
)


async def test_no_other_link(here: Here) -> None:
    """Every other page keeps the preview that Slack itself makes, and is not even stored."""
    for address in OTHERS:
        posted = await here.slack.say(address, here.user())
        await here.context.tasks.drain(10)
        assert (posted.previews, tried(here)) == ({}, []), address
        assert await here.context.store.taken_in() == ()


async def test_neither_drafts_nor_own_links(here: Here) -> None:
    """A link that is not sent yet gets no card, as Slack reports it again when it is sent; Lineman's own get none."""
    await here.slack.compose(ADDRESS, here.user())
    event = {"type": "link_shared", "user": here.slack.team.bot, "channel": here.slack.channel().id}
    event |= {"message_ts": "1.0", "links": [{"domain": "twilio.com", "url": ADDRESS}]}
    await here.slack._event(here.slack.team, event)
    await here.context.tasks.drain(10)
    assert tried(here) == []


async def test_refused_cards_are_not_talked_about(here: Here) -> None:
    """Nobody asked for the card, so nobody is told that Slack refused it; without its button, it may be taken."""
    errors = ["cannot_unfurl_message", "missing_scope"]
    for error in errors:
        here.slack.chaos.fail("chat.unfurl", error)
        posted = await here.slack.say(ADDRESS, here.user())
        await here.context.tasks.drain(10)
        assert (posted.previews, here.ours(), here.slack.whispers()) == ({}, [], [])
    assert tried(here) == errors
    here.slack.chaos.fail("chat.unfurl", "invalid_blocks")
    posted = await here.slack.say(ADDRESS, here.user())
    await here.until(lambda: posted.previews)
    assert [block["type"] for block in posted.previews[ADDRESS]] == ["section"]


@pytest.mark.parametrize("tail", ["", "/", "#causes", "?utm=1", "/?a=b#c"])
def test_pages(tail: str) -> None:
    """With or without www, with a query or an anchor, it is the page about the code."""
    for host in ("www.twilio.com", "twilio.com", "WWW.Twilio.com"):
        page = PAGE.fullmatch(f"https://{host}/docs/api/errors/53405{tail}")
        assert page
        assert page[1] == "53405"
