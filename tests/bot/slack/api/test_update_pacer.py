"""Whose turn it is to change a message: last states first, progress from what they leave, nothing while Slack rests."""

import asyncio
from contextlib import suppress

import pytest
import pytest_asyncio
from slack_sdk.web.async_client import AsyncWebClient

from bot.rate_limit import Limit
from bot.rendering.blocks.message import Message
from bot.slack.api import live_message
from bot.slack.api.channel_queue import ChannelQueue as Posts
from bot.slack.api.live_message import LiveMessage
from bot.slack.api.stream_state import PairedCalls, Streams
from bot.slack.api.update_pacer import Priority, UpdatePacer, UpdateTicket
from bot.slack.api.workspaces import Workspace
from bot.slack.runtime.concurrency import TOLD_AT, RunSlots
from tests.bot.slack.runtime.test_tasks import turns_of_the_loop

HOUR = 3600.0  # seconds: nothing of a budget comes back during a test


class Queue:
    """Those who want to change messages, and who was let."""

    def __init__(self, pace: UpdatePacer) -> None:
        self.pace, self.let, self.tasks = pace, [], []
        self.over = asyncio.Event()

    async def want(self, *names: str, rank: Priority = Priority.LAST) -> list[str]:
        """Let each of *names* ask for a change of its message; gives everybody who was let so far."""
        self.tasks += [
            asyncio.create_task(self._one(name, self.pace.ticket("C", name, rank))) for name in names
        ]
        await turns_of_the_loop()
        return self.let

    async def _one(self, name: str, turn: UpdateTicket) -> None:
        async with turn:
            self.let.append(name)


@pytest_asyncio.fixture
async def queue():
    """Make room for ten changes an hour; what still waits at the end is dropped."""
    queue = Queue(UpdatePacer(Limit(10, HOUR)))
    yield queue
    for task in queue.tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_last_state_is_kept_room_for(queue: Queue) -> None:
    """Progress leaves one change for each message that still needs its last state, which then finds it."""
    messages = [f"m{number}" for number in range(6)]
    for name in messages:
        queue.pace.begin("C", name)
    assert await queue.want(*messages, rank=Priority.PROGRESS) == messages[:4]
    others = [f"other{number}" for number in range(6)]
    assert await queue.want(*others) == messages[:4] + others
    assert len(await queue.want("one more")) == 10


async def test_progress_lives_under_any_load(queue: Queue) -> None:
    """However many messages need a last state, a quarter of the budget may show progress."""
    for number in range(50):
        queue.pace.begin("C", f"m{number}")
    assert len(await queue.want(*(f"m{number}" for number in range(50)), rank=Priority.PROGRESS)) == 3


async def test_who_has_shown_least_goes_first(queue: Queue) -> None:
    """After a rest, last states come before progress, and a message without progress before one that has some."""
    for name in "ab":
        queue.pace.begin("C", name)
    await queue.want("a", rank=Priority.PROGRESS)
    queue.pace.rest(HOUR)
    assert await queue.want("b", rank=Priority.PROGRESS) == ["a"]
    assert await queue.want("c") == ["a"]
    queue.pace.rested()
    await turns_of_the_loop()
    assert queue.let == ["a", "c", "b"]


async def test_a_line_is_worth_the_least(queue: Queue) -> None:
    """How many are before in line is not told at once; progress that comes meanwhile takes the turn."""
    turn = queue.pace.ticket("C", "a", Priority.LINE)
    queue.tasks.append(asyncio.create_task(queue._one("a", turn)))
    await turns_of_the_loop()
    assert queue.let == []
    queue.pace.rerank(turn, Priority.PROGRESS)
    await turns_of_the_loop()
    assert queue.let == ["a"]


def workspace(queue: Queue) -> Workspace:
    """Return one whose calls reach nobody."""
    web = AsyncWebClient(token="xoxb-nobody", base_url="http://127.0.0.1:9/api/")
    room = queue.pace, Posts(), Streams(), PairedCalls()
    return Workspace("T", "U", "B", "lineman", web, web, "xoxb-nobody", *room)


async def test_a_line_holds_up_no_progress(queue: Queue) -> None:
    """Where one relay has something to show and another says how long its line is, both are shown without delay."""
    shown = list[str]()

    def make() -> Message:
        shown.append("both")
        return Message("both", ())

    queue.pace.rest(HOUR)
    async with LiveMessage(workspace(queue), "C", "a", lambda: True) as live:
        live.show(make)
        await turns_of_the_loop()
        live.show(make, Priority.LINE)
        queue.pace.rested()
        await turns_of_the_loop()
    assert shown == ["both"]


async def test_run_of_another_bot(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot that may have lost a run shows no progress of it: it would replace the verdict of the other bot."""
    monkeypatch.setattr(live_message, "PACE", 0.0)
    shown, held = list[str](), [True]

    def make() -> Message:
        shown.append("progress")
        return Message("progress", ())

    queue.pace.rest(HOUR)
    async with live_message.live_message(workspace(queue), "C", "a", lambda: held[0]) as live:
        live.show(make)
        await turns_of_the_loop()
        held[0] = False  # while the update waits for its turn
        queue.pace.rested()
        await turns_of_the_loop()
    assert shown == []


async def test_changes_under_way_count(queue: Queue) -> None:
    """What Slack is asked for and has not answered yet is part of the budget; a turn given up is not."""
    turns = [queue.pace.ticket("C", f"m{number}") for number in range(10)]
    for turn in turns:
        await turn.__aenter__()
    assert await queue.want("next") == []
    queue.pace.give_up(turns[0])
    await turns_of_the_loop()
    assert queue.let == ["next"]


async def test_one_change_at_a_time(queue: Queue) -> None:
    """Two last states of one message do not come within a second; other messages are not held up."""
    assert await queue.want("a", "a", "b") == ["a", "b"]


async def test_who_leaves_gives_the_turn_back(queue: Queue) -> None:
    """A turn that was granted and not used counts for nothing."""
    await queue.want(*(f"m{number}" for number in range(9)))
    queue.pace.rest(HOUR)
    turn = queue.pace.ticket("C", "gone")
    leaving = asyncio.create_task(queue._one("gone", turn))
    await turns_of_the_loop()
    queue.pace.rested()
    assert turn.granted.done()
    leaving.cancel()
    await turns_of_the_loop()
    let = await queue.want("next")
    assert "gone" not in let
    assert "next" in let


async def test_a_line_of_many_is_told_seldom() -> None:
    """In a line of a thousand, the words about it grow with the line, not with its square."""
    slots, heard = RunSlots(1), []
    free = [asyncio.Event() for _ in range(1000)]

    async def take(number: int) -> None:
        async with slots.acquire("local", lambda before: heard.append((number, before))):
            await free[number].wait()

    tasks = [asyncio.create_task(take(number)) for number in range(1000)]
    for event in free:
        await asyncio.sleep(0)
        event.set()
    await asyncio.gather(*tasks)
    assert len(heard) <= 1000 * (1 + len(TOLD_AT))
    assert {before for number, before in heard if number == 60} == {59, 50, 20, 10, 5, 4, 3, 2, 1, 0}
