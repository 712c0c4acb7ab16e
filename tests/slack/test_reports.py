"""Device reports in Slack: pasted or uploaded, combined with relay observations, stored, fetched from Slack only."""

import json

import pytest

from bot.intake.clues import LARGEST
from bot.slack.conversation.attachments import _is_slacks, files_in, text_of, words_of
from tests.bot.intake.samples import SAMPLES
from tests.fake_slack.sharing import share
from tests.fake_slack.state import Message
from tests.slack.bot import Bot
from tests.slack.test_threads import diagnosed, replied, told

REPORT = json.dumps(SAMPLES["javascript"]())


@pytest.fixture
def transport() -> str:
    """Use one transport: these tests do not depend on it."""
    return "socket"


async def test_a_pasted_report_goes_on_with_the_case(bot: Bot) -> None:
    """The thread compares device and relay; the verdict is updated and survives a restart."""
    slack = bot.slack
    verdict = await diagnosed(bot, "31009 javascript")
    assert "signaling gateways are blocked" in verdict.text
    await slack.say(f"the customer sent this:\n```{REPORT}```", slack.user("grace"), thread=verdict.ts)
    (said,) = await replied(bot, verdict)
    shown = json.dumps(said.blocks)
    assert "A preflight report of the JavaScript SDK" in said.text
    for part in (
        "What the device measured",
        "The device and the relay disagree",
        "your device: ",
        "local: ",
        "went through TURN",
    ):
        assert part in shown
    await slack.records.until(
        lambda: "are blocked" not in verdict.text, 10, "the verdict to be drawn up anew"
    )
    await slack.deliveries.drain()
    slack.may_be_down = True
    assert await bot.stop() == 0
    await bot.start()
    await slack.say("evidence please", slack.user("ada"), thread=verdict.ts)
    said = (await replied(bot, verdict, 2))[-1]
    assert "own test" in json.dumps(said.blocks)


async def test_an_uploaded_report_is_read(bot: Bot) -> None:
    """A file without a message works like pasted text."""
    slack = bot.slack
    verdict = await diagnosed(bot, "31009 ios")
    report = json.dumps(SAMPLES["ios"](), indent=1).encode("utf-16")
    await share(slack, "report.json", report, slack.user("ada"), slack.channel(), verdict.ts)
    (said,) = await replied(bot, verdict)
    assert "A preflight report of the iOS SDK" in said.text


async def test_what_is_no_report_is_named(bot: Bot) -> None:
    """A file of another kind, one that is too long, one without permission: a sentence each; a picture gets none."""
    slack, ada = bot.slack, bot.slack.user("ada")
    verdict = await diagnosed(bot, "31009 ios")
    lines: list[Message] = []

    async def says(name: str, content: bytes, words: str) -> None:
        await share(slack, name, content, ada, slack.channel(), verdict.ts)
        lines[:] = await replied(bot, verdict, len(lines) + 1)
        assert words in lines[-1].text

    await says("package.json", b'{"name": "a", "version": "1", "scripts": {}}', "package.json")
    await says("long.txt", b"x" * (LARGEST + 1), "2 MB")
    slack.team.scopes.discard("files:read")
    await says("report.json", REPORT.encode(), "files:read")
    slack.team.scopes.add("files:read")
    away = "http://evil.example/report.json"
    await share(slack, "report.json", REPORT.encode(), ada, slack.channel(), verdict.ts, at=away)
    lines[:] = await replied(bot, verdict, len(lines) + 1)
    assert "is not stored in Slack" in lines[-1].text
    await share(slack, "photo.png", b"\x89PNG", ada, slack.channel(), verdict.ts)
    await slack.deliveries.drain()
    assert len(told(bot, verdict.ts)) == len(lines)


def found(verdict: Message) -> str:
    """Return the part of the verdict with the causes found, without those that are only possible."""
    return verdict.text.partition("For the customer")[0]


async def test_output_of_a_tool_counts_where_somebody_places_it(bot: Bot) -> None:
    """Pasted output finds nothing new until a person says that it is from the user's device."""
    slack, ada = bot.slack, bot.slack.user("ada")
    verdict = await diagnosed(bot, "31009 javascript")
    session = (
        "openssl s_client -connect signal.example:443\nCONNECTED(00000003)\n"
        "verify error:num=19:self-signed certificate in certificate chain"
    )
    await slack.say(f"from my desk:\n```{session}```", ada, thread=verdict.ts)
    (said,) = await replied(bot, verdict)
    assert "origin unknown" in json.dumps(said.blocks)
    assert "TLS is intercepted" not in found(verdict)
    await slack.say(f"on the user's laptop:\n```{session}```", ada, thread=verdict.ts)
    said = (await replied(bot, verdict, 2))[-1]
    assert "From the user's device" in json.dumps(said.blocks)
    await slack.records.until(
        lambda: "TLS is intercepted" in found(verdict), 10, "the verdict to be drawn up anew"
    )


async def test_a_report_without_a_case(bot: Bot) -> None:
    """In a direct message, or by shortcut, the reply says what the device measured, and how to run a relay."""
    slack, ada = bot.slack, bot.slack.user("ada")
    await slack.tell(REPORT, ada)
    room = slack.team.direct(ada.id)
    await slack.records.until(lambda: any(one.bot for one in room.posts()), 15, "an answer")
    (said,) = (one for one in room.posts() if one.bot)
    assert "/diagnose 31009 javascript" in said.text
    pasted = slack.paste(json.dumps(SAMPLES["ios"]()), slack.user("grace"))
    await slack.shortcut("diagnose_message", pasted, ada)
    (said,) = await replied(bot, pasted)
    assert "/diagnose 31009 ios" in said.text


@pytest.mark.parametrize(
    ("url", "api", "ours"),
    [
        ("https://files.slack.com/files-pri/T1-F1/a.json", "https://slack.com/api/", True),
        ("http://files.slack.com/files-pri/T1-F1/a.json", "https://slack.com/api/", False),
        ("https://files.slack.com.evil.example/a.json", "https://slack.com/api/", False),
        ("https://files.slack.com@evil.example/a.json", "https://slack.com/api/", False),
        ("https://evil@files.slack.com/a.json", "https://slack.com/api/", False),
        ("https://files.slack.com:8443/a.json", "https://slack.com/api/", False),
        ("https://slack.com/a.json", "https://slack.com/api/", False),
        ("http://127.0.0.1:80/a.json", "https://slack.com/api/", False),
        ("http://127.0.0.1:80/a.json", "http://127.0.0.1:80/api/", True),
        ("http://127.0.0.1:81/a.json", "http://127.0.0.1:80/api/", False),
        ("", "https://slack.com/api/", False),
    ],
)
def test_the_token_goes_to_slack_only(url: str, api: str, ours: bool) -> None:
    """A file's address is followed to Slack's own host over HTTPS, or to the one that is configured in its place."""
    assert _is_slacks(url, api) is ours


def test_files_are_named_in_the_text() -> None:
    """Marks for readable files stand behind the words, and come off again."""
    files = [
        {"id": "F01", "name": "report.json"},
        {"id": "F02", "name": "a.png", "mimetype": "image/png"},
        "x",
        {"id": "F03", "filetype": "text"},
    ]
    text = text_of({"text": "here", "files": files})
    assert files_in(text) == ("F01", "F03")
    assert words_of(text) == "here"
    assert text_of({"files": None}) == ""
