"""What the fake delivers, received by a Bolt app of ten lines over both transports."""

import asyncio
import re

import aiohttp

from tests.fake_slack.deliveries import signed
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import SIGNING_SECRET
from tests.slack.small_app import make_app, running


async def test_command_click_and_form(slack: FakeSlack, transport: str) -> None:
    """A command is answered in its channel, a click through its response_url, a form by errors or by closing."""
    app, ada = make_app(slack), slack.user("ada")
    async with running(app, slack, transport):
        command = await slack.command("/diagnose 31009", ada)
        assert command.acks[0] is not None
        assert command.acks[0] < 1
        message = await slack.records.until(lambda: slack.messages() and slack.messages()[0])
        assert message.text == "about 31009"
        await slack.click(message, "again", slack.user("grace"))
        await slack.records.until(lambda: [one.text for one in slack.whispers()] == ["again"])
        await slack.global_shortcut("diagnose_open", ada)
        view = await slack.records.until(lambda: next(iter(slack.team.views.values()), None))
        wrong = await slack.submit(view, {"code": "31"}, ada)
        assert wrong.answer["response_action"] == "errors"
        assert slack.team.views
        await slack.submit(view, {"code": "31009"}, ada)
        assert not slack.team.views


async def test_words(slack: FakeSlack, transport: str) -> None:
    """A mention comes twice, as mention and as message; plain words once, where the bot is; elsewhere nothing."""
    app, ada = make_app(slack), slack.user("ada")
    outside = slack.add_channel("outside", bot=False)
    async with running(app, slack, transport):
        asked = await slack.mention("31009 please", ada)
        await slack.say("and?", slack.user("grace"), thread=asked.ts)
        await slack.say("nobody listens", ada, outside)
        await slack.tell("31009", ada)
        await slack.open_home(ada)
        await slack.records.until(lambda: len(app.heard) == 5)
    assert [one["type"] for one in app.heard] == [
        "app_mention",
        "message",
        "message",
        "message",
        "app_home_opened",
    ]
    assert app.heard[0]["ts"] == app.heard[1]["ts"]
    assert app.heard[2]["thread_ts"] == asked.ts
    assert app.heard[3]["channel_type"] == "im"


async def test_duplicates(slack: FakeSlack, transport: str) -> None:
    """What is delivered twice on purpose has the same event_id."""
    app = make_app(slack)
    slack.chaos.duplicates = 1.0
    async with running(app, slack, transport):
        await slack.tell("31009", slack.user("ada"))
        await slack.records.until(lambda: len(app.heard) == 2)
    assert app.heard[0]["event_id"] == app.heard[1]["event_id"]


async def test_refresh_and_cut(slack: FakeSlack) -> None:
    """With two connections, nothing is lost while one is renewed after the other."""
    app, ada = make_app(slack), slack.user("ada")
    async with running(app, slack, "socket", connections=2):
        for number in range(6):
            await slack.socket.refresh()
            await slack.command(f"/diagnose {number}", ada)
        await slack.records.until(lambda: len(slack.messages()) == 6)
        assert slack.socket.opened >= 4


async def test_retry_after_silence(lawless: FakeSlack) -> None:
    """An event nobody acknowledges comes again, with its number, until somebody does; a command does not."""
    app, ada = make_app(lawless), lawless.user("ada")
    lawless.ack_deadline, lawless.retry_pauses = 0.05, (0.0, 0.05, 3.0)
    saying = asyncio.create_task(lawless.tell("31009", ada))
    command = await lawless.command("/diagnose 31009", ada)
    assert "dispatch_failed" in command.shown
    await lawless.records.until(lambda: any(len(one.sent) > 1 for one in lawless.records.deliveries))
    lawless.ack_deadline = 3.0
    async with running(app, lawless, "socket"):
        await saying
        await lawless.records.until(lambda: app.heard)


async def test_signature(slack: FakeSlack) -> None:
    """What is signed by another, or too long ago, is refused by Bolt: the fake signs as Slack does."""
    app = make_app(slack)
    async with running(app, slack, "http"), aiohttp.ClientSession() as session:
        for headers in (signed("{}", slack.clock.now(), "other"), signed("{}", slack.clock.now() - 400)):
            async with session.post(slack.request_url, data="{}", headers=headers) as response:
                assert response.status == 401
    assert re.fullmatch(r"[0-9a-z]{32}", SIGNING_SECRET)


async def test_response_url_wears_out(lawless: FakeSlack) -> None:
    """A response_url takes five answers and no sixth."""
    app, ada = make_app(lawless), lawless.user("ada")
    async with running(app, lawless, "socket"), aiohttp.ClientSession() as session:
        command = await lawless.command("/diagnose 31009", ada)
        statuses = []
        for _ in range(6):
            async with session.post(command.payload["response_url"], json={"text": "x"}) as response:
                statuses.append(response.status)
    assert statuses == [200] * 5 + [404]
    assert any("6 times" in one for one in lawless.records.violations)
