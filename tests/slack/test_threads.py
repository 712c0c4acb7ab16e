"""Continuing a case: by anyone in the thread, with or without a mention, and by its buttons."""

from tests.fake_slack.state import Message
from tests.slack.bot import Bot, has_ended, is_notice


async def diagnosed(bot: Bot, words: str = "31009") -> Message:
    """The verdict on a command that ada typed."""
    await bot.slack.command(f"/diagnose {words}", bot.slack.user("ada"))
    return await bot.verdict()


def told(bot: Bot, thread: str) -> list[Message]:
    """What the bot has said in a thread, below its first message, without the question after a verdict."""
    said = [one for one in bot.slack.channel().thread(thread) if one.bot and one.ts != thread]
    return [one for one in said if not is_notice(one)]


async def replied(bot: Bot, message: Message, count: int = 1, ended: bool = False) -> list[Message]:
    """Wait for so many replies in the thread, each come to its end where a run is wanted."""

    def enough() -> list[Message]:
        said = told(bot, message.ts)
        return said if len(said) >= count and (not ended or any(has_ended(one) for one in said)) else []

    found = await bot.slack.records.until(enough, 15, f"{count} replies in the thread")
    assert isinstance(found, list)
    return found


async def test_anybody_goes_on(bot: Bot) -> None:
    """Another person changes the platform and answers an open question, by mention and without, in one case."""
    slack, grace = bot.slack, bot.slack.user("grace")
    verdict = await diagnosed(bot)
    await slack.say("and on android?", grace, thread=verdict.ts)
    await replied(bot, verdict)
    await slack.mention("vpn yes", slack.user("linus"), thread=verdict.ts)
    said = await replied(bot, verdict, 2)
    assert any("vpn" in one.text.casefold() for one in said), [one.text for one in said]
    tops = [one for one in slack.messages() if one.bot and one.thread_ts is None]
    assert tops == [verdict]


async def test_mention_is_answered_once(bot: Bot) -> None:
    """A mention, which Slack delivers as two events, begins one diagnosis in its thread."""
    slack = bot.slack
    asked = await slack.mention("customer has 31009 on ios, help", slack.user("ada"))
    said = await replied(bot, asked, ended=True)
    await slack.deliveries.drain()
    assert sum(has_ended(one) for one in told(bot, asked.ts)) == 1, [one.text for one in said]


async def test_chatter_is_left_alone(bot: Bot) -> None:
    """Words between people, here or elsewhere, are not answered; edits and the bot's own messages neither."""
    slack, grace = bot.slack, bot.slack.user("grace")
    verdict = await diagnosed(bot)
    await slack.say("lunch anyone? table 31009 is free", grace)
    said = await slack.say("thanks, I will ask the customer tomorrow", grace, thread=verdict.ts)
    await slack.edit(said, "thanks!")
    await slack.say("evidence please", grace, thread=verdict.ts)
    await replied(bot, verdict)
    await slack.deliveries.drain()
    assert len([one for one in slack.messages() if one.bot and one.thread_ts is None]) == 1
    assert not any("other things" in one.text for one in told(bot, verdict.ts))


async def test_direct_message(bot: Bot) -> None:
    """In direct messages a code is enough."""
    slack, ada = bot.slack, bot.slack.user("ada")
    await slack.tell("31009 android", ada)
    room = slack.team.direct(ada.id)
    await slack.records.until(lambda: any(has_ended(one) for one in room.posts()), 15, "a verdict")


async def test_message_shortcut(bot: Bot) -> None:
    """A pasted log is read where it stands, and answered in its thread."""
    slack = bot.slack
    pasted = slack.paste("[ERROR] TransportError (31009) on iPhone", slack.user("grace"))
    await slack.shortcut("diagnose_message", pasted, slack.user("ada"))
    await replied(bot, pasted, ended=True)


async def test_form(bot: Bot) -> None:
    """The command alone opens a form; a version that is none keeps it open, a right one begins a diagnosis."""
    slack, ada = bot.slack, bot.slack.user("ada")
    await slack.command("/diagnose", ada)
    view = await slack.records.until(lambda: next(iter(slack.team.views.values()), None), 5, "a form")
    wrong = await slack.submit(view, {"sdk-version": "the newest"}, ada)
    assert wrong.answer["response_action"] == "errors", wrong.answer
    assert view.id in slack.team.views
    await slack.submit(view, {"code": "31009"}, ada)
    assert not slack.team.views
    await slack.records.until(lambda: any(has_ended(one) for one in slack.messages()), 15, "a verdict")


async def test_buttons(bot: Bot) -> None:
    """Every control of a verdict works: rerun, evidence, raw data, tree, ticket, feedback."""
    slack, grace = bot.slack, bot.slack.user("grace")
    verdict = await diagnosed(bot, "31009 javascript")
    more = await slack.reveal(verdict, "lm_more", grace)
    for place in (more, verdict):
        for action in sorted(set(place.actions()) - {"lm_platform", "lm_relay"}):
            before = len(slack.records.calls)
            await slack.click(place, action, grace)
            await slack.records.until(
                lambda before=before: len(slack.records.calls) > before, 10, f"{action} to do something"
            )
    await slack.select(more, "lm_platform", "ios", grace)
    await slack.records.until(
        lambda: any(has_ended(one) for one in told(bot, verdict.ts)), 15, "the run again"
    )
    assert "fault" not in bot.log


async def test_stop(bot: Bot) -> None:
    """Stop ends a run that waits or runs, says who stopped it, and nothing of it comes later."""
    slack, ada = bot.slack, bot.slack.user("ada")
    slack.delays["chat.update"] = 0.2
    await slack.command("/diagnose 31009", ada)
    message = await slack.records.until(
        lambda: next((one for one in slack.messages() if "lm_stop" in one.actions()), None)
    )
    await slack.click(message, "lm_stop", slack.user("grace"))
    await slack.records.until(lambda: has_ended(message), 10, "the end")
    assert "topped" in message.text


async def test_home(bot: Bot) -> None:
    """The home tab shows the relays and what this person has asked."""
    slack, ada = bot.slack, bot.slack.user("ada")
    await diagnosed(bot)
    await slack.open_home(ada)
    home = await slack.records.until(lambda: slack.team.homes.get(ada.id), 5, "the home")
    assert "31009" in str(home.content)
    assert "local" in str(home.content)


async def test_not_in_channel(bot: Bot) -> None:
    """Where the bot is not a member it says how to invite it, and sends the verdict as a direct message."""
    slack, ada = bot.slack, bot.slack.user("ada")
    slack.team.scopes.discard("chat:write.public")
    outside = slack.add_channel("outside", bot=False)
    await slack.command("/diagnose 31009", ada, outside)
    whisper = await slack.records.until(
        lambda: next((one.args for one in slack.records.calls if one.method == "response_url"), None),
        10,
        "a word",
    )
    assert "/invite" in str(whisper)
    room = slack.team.direct(ada.id)
    await slack.records.until(lambda: any(has_ended(one) for one in room.posts()), 15, "a verdict")


async def test_refused_blocks(bot: Bot) -> None:
    """If Slack refuses the blocks of the verdict, the same content is sent as plain text."""
    slack = bot.slack
    slack.chaos.fail("chat.update", "invalid_blocks", when=lambda args: "lm_again" in str(args))
    await slack.command("/diagnose 31009", slack.user("ada"))
    await slack.records.until(
        lambda: any(one.text.startswith("Blocked") for one in slack.messages()), 15, "words"
    )


async def test_missing_scope(bot: Bot) -> None:
    """Without a scope, the person learns which one is missing."""
    slack, ada = bot.slack, bot.slack.user("ada")
    slack.team.scopes.discard("chat:write")
    await slack.command("/diagnose 31009", ada)
    words = await slack.records.until(
        lambda: next((one.args for one in slack.records.calls if one.method == "response_url"), None),
        10,
        "a word",
    )
    assert "chat:write" in str(words)
