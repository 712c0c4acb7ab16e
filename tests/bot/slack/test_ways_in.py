"""The other ways in: form, shortcuts, Home, words that cannot be meant, secrets in them."""

from bot.slack.api.actor import Actor
from bot.slack.conversation.dispatch import handle_text
from tests.bot.intake.readers.test_captures import SIGNALING, entry, har
from tests.bot.slack.conftest import Here
from tests.fake_slack.sharing import share
from tests.fake_slack.state import View


async def form(here: Here) -> View:
    await here.until(lambda: here.slack.team.views)
    return next(iter(here.slack.team.views.values()))


async def test_form(here: Here) -> None:
    """The command alone opens the form; what is filled in becomes a diagnosis in the same channel."""
    await here.slack.command("/diagnose", here.user())
    view = await form(here)
    assert view.content["callback_id"] == "lm_form"
    answer = await here.slack.submit(view, {"code": "31009", "platform": "ios"}, here.user())
    assert answer.answer is None
    message = await here.verdict()
    assert message.channel.name == "support"
    assert "iOS" in message.history[0]


async def test_form_errors(here: Here) -> None:
    """A version that is none is told beside its field, and the form stays open."""
    await here.slack.command("/diagnose", here.user())
    view = await form(here)
    said = {"code": "31009", "platform": "ios", "sdk-version": "newest"}
    answer = await here.slack.submit(view, said, here.user())
    assert answer.answer["response_action"] == "errors"
    assert list(answer.answer["errors"]) == ["sdk-version"]
    assert here.ours() == []


async def test_message_shortcut(here: Here) -> None:
    """The shortcut reads a pasted log, also inside a thread, and answers there; secrets in it are not repeated."""
    log = 'ConnectionError code=31009 username="abc" credential="s3cr3t-word-1234" call +4915112345678'
    root = here.slack.paste("it does not work", here.user())
    pasted = here.slack.paste(log, here.user("linus"), thread=root.ts)
    await here.slack.shortcut("diagnose_message", pasted, here.user("grace"))
    assert (await here.verdict()).thread_ts == root.ts
    await here.whisper("I removed")
    everything = str([one.blocks for one in here.slack.messages() if one.bot]) + str(here.slack.whispers())
    assert "s3cr3t" not in everything
    assert "4915112345678" not in everything


async def test_global_shortcut_and_home(here: Here) -> None:
    """The form from anywhere leads to a direct message; the Home then lists the diagnosis, which can be run again."""
    await here.slack.global_shortcut("diagnose_open", here.user())
    await here.slack.submit(await form(here), {"code": "31009", "platform": "ios"}, here.user())
    message = await here.verdict()
    assert message.channel.kind == "im"
    await here.slack.open_home(here.user())
    await here.until(lambda: here.slack.team.homes.get(here.user().id))
    home = here.slack.team.homes[here.user().id]
    assert "31009 on iOS" in str(home.content)
    assert "local" in str(home.content)
    await here.slack.press_in_view(home, "lm_again_1", here.user())
    assert (await here.verdict(1)).thread_ts == message.ts


async def test_help_relays_history(here: Here) -> None:
    """The words behind the command are answered to the person alone."""
    for word, said in {"help": "/diagnose 31009", "relays": "Relays: local", "history": "none yet"}.items():
        await here.slack.command(f"/diagnose {word}", here.user())
        assert said in (await here.whisper(said)).text
    assert here.ours() == []


async def test_not_understood(here: Here) -> None:
    """What cannot be meant gets examples, with a hint about secrets in it; several codes get buttons."""
    await here.slack.command("/diagnose qwertz eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", here.user())
    wrong = await here.whisper("I did not understand that")
    assert "eyJ" not in str(wrong.blocks) + wrong.text
    assert "I removed" in str(wrong.blocks)


async def test_several_codes(here: Here) -> None:
    """Of several error codes the person chooses one, by a button."""
    actor = Actor(here.slack.team.id, here.user().id, here.slack.channel().id)
    await handle_text(here.context, actor, "our log has 31005 and 31009 in it")
    which = await here.whisper("several error codes")
    await here.slack.click(which, "lm_start_2", here.user())
    assert "31009" in (await here.verdict()).history[0]


async def test_prompts(here: Here) -> None:
    """Who opens the messages tab is offered something to ask."""
    await here.slack.open_home(here.user(), tab="messages")
    await here.until(lambda: here.slack.records.made("assistant.threads.setSuggestedPrompts"))
    (made,) = here.slack.records.made("assistant.threads.setSuggestedPrompts")
    assert "thread_ts" not in made.args


async def test_examples_work(here: Here) -> None:
    """Every command that is shown as an example starts a diagnosis here."""
    await here.slack.command("/diagnose qwertz", here.user())
    wrong = await here.whisper("I did not understand that")
    listed = next(part for part in wrong.blocks[1]["elements"] if part["type"] == "rich_text_list")
    examples = [item["elements"][0]["text"] for item in listed["elements"]]
    for number, example in enumerate(examples):
        await here.slack.command(example, here.user())
        await here.verdict(number)
    assert number >= 2


async def test_large_files(here: Here) -> None:
    """A HAR may be larger than a report. A log may not, and is not downloaded to its end."""
    padding = {"content": {"text": "x" * 1_000_000}}
    large = har(
        *[entry("https://cdn.example.com/big.js", status=200, **padding)] * 3,
        entry(SIGNALING, _error="net::ERR_NAME_NOT_RESOLVED"),
    )
    direct = here.slack.team.direct(here.user().id)
    await share(here.slack, "page.har", large.encode(), here.user(), direct)
    await here.until(lambda: any("A HAR file" in post.text for post in direct.posts() if post.bot), "HAR")
    await share(here.slack, "console.log", b"connected\n" * 300_000, here.user(), direct)
    await here.until(lambda: any("2 MB" in post.text for post in direct.posts() if post.bot), "a limit")


async def test_history_of_a_channel(here: Here) -> None:
    """It says who diagnosed what in this channel, and what was found most often; other channels stay out of it."""
    other = here.slack.add_channel("other")
    await here.slack.command("/diagnose 31005 ios", here.user(), other)
    for name in ("ada", "grace"):
        await here.slack.command("/diagnose 31009 ios", here.user(name))
    await here.until(lambda: sum("lm_again" in message.actions() for message in here.ours()) == 3)
    await here.slack.command("/diagnose history channel", here.user("linus"))
    told = await here.whisper("This channel: 2 diagnoses in the last 7 days")
    assert "2 times No problem found" in told.text, told.text
    assert all(f"<@{here.user(name).id}>" in str(told.blocks) for name in ("ada", "grace"))
    assert "31005" not in str(told.blocks)
