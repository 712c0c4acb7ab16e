"""Answers in a language model's words in Slack: said so, with their sources, and nobody waits for a slow model."""

import asyncio

import pytest
from aiohttp import web

from bot.errors import UsageError
from bot.rendering.blocks.answers import WORDED
from bot.slack.api.settings import read_slack_settings
from bot.slack.conversation import answers
from bot.slack.server.server import open_context
from tests.bot.fakes import http_server
from tests.bot.language.test_rewording import GOOD, KEY, PLAIN, QUESTION, SECRET, Model, completion
from tests.bot.slack.conftest import Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.fake_slack.slack import FakeSlack
from tests.fakes import silence, tcp_server
from tests.previews.samples import SIGNALING_SHUT


async def asked(here: Here, question: str) -> None:
    """Ask by mention, outside of any case."""
    await here.slack.mention(question, here.user("ada"))


async def test_worded_with_the_same_sources(slack: FakeSlack, serving: Serving) -> None:
    """What a model words is told with the sources of the plain answer, and it is said whose words these are."""
    model = Model(completion(GOOD))
    async with (
        http_server(model.talk) as base,
        serving(slack, MadeUpRelay(), LINEMAN_LLM_URL=f"{base}/v1", LINEMAN_LLM_KEY=KEY) as here,
    ):
        await asked(here, QUESTION)
        said = await here.reply(PLAIN.sentences[0].text)
        assert PLAIN.sentences[-1].text not in said.text
        assert f"[1] {PLAIN.sources[0].file}" in said.text
        assert any(block["type"] == "context" and WORDED in str(block) for block in said.blocks)
        assert KEY not in str(slack.records.outgoing)


async def test_evidence_of_the_case_goes_in_and_secrets_do_not(slack: FakeSlack, serving: Serving) -> None:
    """In the thread of a case a model gets what was seen there; a secret in the question stays here."""
    model = Model(completion("NONE"))
    relay = MadeUpRelay(SIGNALING_SHUT)
    async with http_server(model.talk) as base, serving(slack, relay, LINEMAN_LLM_URL=base) as here:
        await here.slack.command("/diagnose 31009 ios", here.user("ada"))
        top = await here.verdict()
        await here.slack.mention(f"why would TURN help? {SECRET}", here.user("ada"), thread=top.ts)
        said = await here.reply("Sources: [1]")
        assert WORDED not in said.text
        assert "no reply" in model.seen
        assert SECRET not in model.seen


@pytest.mark.parametrize(
    "said", ["TURN is sunny in Dublin [1].", "<!channel> TURN [1].", "Open port 9999 [1]."]
)
async def test_made_up_words_are_not_told(slack: FakeSlack, serving: Serving, said: str) -> None:
    """Where a model says what is not written, the plain answer goes out, and nothing of the model's."""
    model = Model(completion(said))
    async with http_server(model.talk) as base, serving(slack, MadeUpRelay(), LINEMAN_LLM_URL=base) as here:
        await asked(here, QUESTION)
        told = await here.reply(PLAIN.sentences[-1].text)
        assert model.asked
        assert WORDED not in told.text
        assert said.removesuffix(" [1].") not in str(slack.records.outgoing)
        assert slack.pings() == []


async def test_slow_model(
    slack: FakeSlack, serving: Serving, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A model that never answers holds nothing up: the plain answer goes out, once, and the log says why."""
    assert answers.WORDING <= 5
    monkeypatch.setattr(answers, "WORDING", 0.1)
    async with (
        tcp_server(silence) as port,
        serving(slack, MadeUpRelay(), LINEMAN_LLM_URL=f"http://127.0.0.1:{port}/v1") as here,
    ):
        await asked(here, QUESTION)
        told = await here.reply(PLAIN.sentences[-1].text)
        assert WORDED not in told.text
        await slack.deliveries.drain()
        assert len(here.ours()) == 1
    assert "not reworded by the language model: the endpoint did not answer within 0.1 s" in caplog.text


async def test_others_do_not_wait_for_the_model(
    slack: FakeSlack, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a model thinks over one answer, a diagnosis begins and ends."""
    monkeypatch.setattr(answers, "WORDING", 30.0)
    free = asyncio.Event()
    model = Model(completion(GOOD))

    async def thinks(request: web.Request) -> web.StreamResponse:
        await free.wait()
        return await model.talk(request)

    async with http_server(thinks) as base, serving(slack, MadeUpRelay(), LINEMAN_LLM_URL=base) as here:
        await asked(here, QUESTION)
        await here.slack.command("/diagnose 31009 ios", here.user("ada"))
        await here.verdict()
        assert model.asked == []
        free.set()
        await here.reply(PLAIN.sentences[0].text)
        assert model.asked


async def test_wrong_settings_are_told_at_the_start(slack: FakeSlack) -> None:
    """An address that is none is told before anything is opened."""
    given = {**slack.environment, "LINEMAN_LLM_URL": "llm.example"}
    with pytest.raises(UsageError, match="LINEMAN_LLM_URL must be an address"):
        async with open_context(read_slack_settings(given), given):
            pass
