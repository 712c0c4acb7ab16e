"""What people paste into Slack reaches the reader so that it reads the same as the text itself, by every way in.

The app runs on the fake Slack. Texts arrive as Slack delivers them: escaped, with links around addresses, and in code
blocks. What the reader and the router get is compared; they answer briefly, so that no case is run.
"""

import asyncio
import html
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final

import pytest
import pytest_asyncio

from bot.intake.clues import Reading
from bot.language.intents import Intent
from bot.language.routed_intent import RoutedIntent
from bot.slack.conversation import dispatch, reports
from bot.slack.delivery.inbox import JOB
from tests.bot.slack.conftest import PATIENCE, Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.bot.slack.test_person_answers import UNPACED
from tests.bot.test_same_reading import PASTES, essence
from tests.fake_slack.sharing import share
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Message, View, new_id

FORM_LIMIT: Final = 2_000  # characters
_ADDRESS: Final = re.compile(r"\b(?:https?|wss?)://[^\s'\"<>`]+")
_HOST: Final = re.compile(r"(?<![\w./@:-])([a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|example))(?![\w.-])")


def by_slack(text: str, number: int) -> str:
    """*text* as Slack delivers it: escaped, linked, in a code block, or with quotes of a word processor."""
    safe = html.escape(text, quote=False)
    linked = _ADDRESS.sub(lambda match: f"<{match[0]}>", safe)
    if number % 3 == 0 and linked == safe:
        linked = _HOST.sub(lambda match: f"<http://{match[0]}|{match[0]}>", safe)
    if number % 4 == 0:
        linked = linked.replace("'", "\u2019")
    return f"```\n{linked}\n```" if number % 2 else linked


class Watch:
    """The texts and files that reach the reader, and the texts that reach the router behind it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.loop = asyncio.get_running_loop()
        self.sources: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.routed: asyncio.Queue[str] = asyncio.Queue()

        def read(source: str | bytes) -> Reading:  # in the worker thread
            self.loop.call_soon_threadsafe(self.sources.put_nowait, source)
            return Reading("nothing", "Read.")  # a report would be answered at length

        def route(text: str, *_: object) -> RoutedIntent:
            self.loop.call_soon_threadsafe(self.routed.put_nowait, text)
            return Intent("stop")  # a case would be run

        monkeypatch.setattr(reports, "read", read)
        monkeypatch.setattr(dispatch, "route", route)

    async def all_arrive(self, texts: Sequence[str]) -> None:
        """What reaches the router, and the reader before it if any, reads as *texts* do."""
        expected = Counter(repr(essence(text)) for text in texts)
        assert await readings(self.routed, len(texts)) == expected
        if not self.sources.empty():
            assert await readings(self.sources, len(texts)) == expected


async def readings(queue: asyncio.Queue[Any], number: int) -> Counter[str]:
    """What follows from the next *number* texts in *queue*."""
    async with asyncio.timeout(PATIENCE * 6):
        return Counter([repr(essence(await queue.get())) for _ in range(number)])


@pytest_asyncio.fixture
async def unpaced(slack: FakeSlack, serving: Serving) -> AsyncIterator[Here]:
    slack.chaos.tiers = False
    async with serving(slack, MadeUpRelay(), **UNPACED) as here:
        yield here


Send = Callable[[Here, str, int], Awaitable[object]]


async def by_command(here: Here, text: str, number: int) -> None:
    await here.slack.command(f"/diagnose {by_slack(text, number)}", here.user())


async def by_mention(here: Here, text: str, number: int) -> None:
    await here.slack.mention(by_slack(text, number), here.user())


async def by_direct_message(here: Here, text: str, number: int) -> None:
    await here.slack.tell(by_slack(text, number), here.user())


async def by_shortcut(here: Here, text: str, number: int) -> None:
    pasted = here.slack.paste(by_slack(text, number), here.user("grace"))
    await here.slack.shortcut("diagnose_message", pasted, here.user())


WAYS: Final[dict[str, Send]] = {
    "command": by_command,
    "mention": by_mention,
    "direct message": by_direct_message,
    "shortcut": by_shortcut,
}


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_gives_the_same_reading(
    unpaced: Here, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Command, mention, direct message, and shortcut."""
    watch = Watch(monkeypatch)
    await asyncio.gather(*(WAYS[way](unpaced, text, number) for number, text in enumerate(PASTES)))
    await watch.all_arrive(PASTES)


async def test_a_file_gives_the_same_reading(unpaced: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Windows saves it, in UTF-8 and UTF-16. The message beside it is read after it."""
    watch = Watch(monkeypatch)
    direct = unpaced.slack.team.direct(unpaced.user().id)
    await asyncio.gather(
        *(
            share(unpaced.slack, "console.log", as_on_windows(text, number), unpaced.user(), direct)
            for number, text in enumerate(PASTES)
        )
    )
    async with asyncio.timeout(PATIENCE * 6):
        sources = [await watch.sources.get() for _ in range(2 * len(PASTES))]
    assert sources.count("") == len(PASTES)
    files = Counter(repr(essence(source)) for source in sources if source)
    assert files == Counter(repr(essence(text)) for text in PASTES)
    assert watch.routed.empty()


def as_on_windows(text: str, number: int) -> bytes:
    return text.replace("\n", "\r\n").encode("utf-16" if number % 2 else "utf-8-sig")


async def test_the_form_gives_the_same_reading(unpaced: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its field arrives as it was typed."""
    watch = Watch(monkeypatch)
    await unpaced.slack.command("/diagnose", unpaced.user())
    await unpaced.until(lambda: unpaced.slack.team.views)
    opened = next(iter(unpaced.slack.team.views.values()))
    place = {"channel": unpaced.slack.channel().id, "thread": "", "response_url": ""}
    content = {**opened.content, "private_metadata": json.dumps(place)}
    texts = [text for text in PASTES if len(text) <= FORM_LIMIT]
    for text in texts:
        view = View(new_id("V"), unpaced.user().team, unpaced.user().id, content)
        sent = await unpaced.slack.submit(view, {"code": "any", "story": text}, unpaced.user())
        assert sent.answer is None
    await watch.all_arrive(texts)


async def test_a_thread_gives_the_same_reading(unpaced: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the thread of a case, with a mention and without one."""
    await unpaced.slack.command("/diagnose 31009 ios", unpaced.user())
    verdict: Message = await unpaced.verdict()
    watch = Watch(monkeypatch)
    expected = Counter(repr(essence(text)) for text in PASTES)
    for say in (unpaced.slack.say, unpaced.slack.mention):
        await asyncio.gather(
            *(
                say(by_slack(text, number), unpaced.user(), thread=verdict.ts)
                for number, text in enumerate(PASTES)
            )
        )
        assert await readings(watch.sources, len(PASTES)) == expected
        await unpaced.until(lambda: not unpaced.context.tasks.running(JOB))
