"""Every answer of every question for people is recorded, and changes its case in the same way, by each way in Slack."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from bot.diagnosis.run_record import RunRecord
from bot.model.records import CaseRow
from bot.model.request import Request
from bot.slack.state.finished_run import FinishedRun, combine
from bot.slack.state.verdict_messages import more_message
from knowledge.model.conclusions import Diagnosis
from tests.bot.person_answers import ASIDE, OLD_PORT_SHUT, OpenQuestion, open_questions
from tests.bot.slack.conftest import Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay, made_up_desk
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Message, View

ENGINE = made_up_desk(MadeUpRelay(OLD_PORT_SHUT))
OPEN = open_questions(ENGINE)
WAYS = ("word", "mention", "name", "button")
UNPACED = {
    "LINEMAN_EDITS": "1000000/60",
    "LINEMAN_RATE_USER": "1000/60",
    "LINEMAN_RATE_WORKSPACE": "1000/60",
    "LINEMAN_RUNS_AT_ONCE": "30",
}
PEOPLE = {question.id for question in ENGINE.knowledge.questions.values() if question.person}


@pytest_asyncio.fixture
async def asked(slack: FakeSlack, serving: Serving) -> AsyncIterator[Here]:
    """The app on a Slack without its limits per minute: hundreds of answers are given within one."""
    slack.chaos.tiers = False
    async with serving(slack, MadeUpRelay(OLD_PORT_SHUT), **UNPACED) as here:
        yield here


def lists(diagnosis: Diagnosis) -> tuple[object, ...]:
    return diagnosis.found, diagnosis.possible, diagnosis.ruled_out, diagnosis.next_question


class Thread:
    """One case in Slack, put back to a state in which a question is open."""

    def __init__(self, here: Here, top: Message, case: CaseRow, run: FinishedRun) -> None:
        self.here, self.top, self.case, self.run = here, top, case, run

    async def put(self, record: RunRecord) -> FinishedRun:
        """Make *record* what the case knows."""
        await self.here.context.store.change_case(self.case.id, record.request)
        finished = combine(self.case.id, self.run.run, self.run.user, [record], self.here.context.engine)
        self.here.context.run_history.keep(finished)
        return finished

    async def give(self, way: str, finished: FinishedRun, case: OpenQuestion, name: str, word: str) -> None:
        """Answer *case* in one of `WAYS`."""
        slack, grace, ts = self.here.slack, self.here.user("grace"), self.top.ts
        match way:
            case "word":
                await slack.say(word, grace, thread=ts)
            case "mention":
                await slack.mention(word, grace, thread=ts)
            case "name":
                await slack.say(f"{case.option}={word}", grace, thread=ts)
            case "button":
                block, element = button(finished, case.question, name)
                await slack._act(self.top, block, element, grace)

    async def request(self) -> Request:
        case = await self.here.context.store.case(self.case.id)
        assert case
        return case.request

    async def answered(self, question: OpenQuestion) -> tuple[Request, Diagnosis]:
        """The case once the answer is there."""
        history = self.here.context.run_history
        kept = lambda: history._kept[self.run.run].record  # noqa: E731 - one line for what is waited for
        await self.here.until(lambda: question.option in kept().request.answers, question.question)
        return await self.request(), kept().diagnosis


async def thread(here: Here, code: str, platform: str) -> Thread:
    """Begin a case, and wait for its verdict."""
    number = len(here.ours())
    await here.slack.command(f"/diagnose {code} {platform}", here.user())
    top = await here.verdict(number)
    return await opened(here, top)


async def opened(here: Here, top: Message) -> Thread:
    """The thread below *top*, which has a verdict."""
    case = await here.context.store.case_of_thread(here.slack.team.id, top.channel.id, top.ts)
    assert case
    run = await here.context.run_history.latest(case.id)
    assert run
    return Thread(here, top, case, run)


def button(finished: FinishedRun, question: str, answer: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The button behind More for *answer*, and its block."""
    message = more_message(ENGINE, finished, "", (), earlier=False, link=False)
    for block in message.blocks:
        for element in block.get("elements", ()):
            carried = str(element.get("value"))
            if f'"question":"{question}"' in carried and f'"answer":"{answer}"' in carried:
                return block, element
    raise AssertionError(f"no button for {question}: {answer}")


def test_every_question_is_open_somewhere() -> None:
    """The cases have each question of the knowledge open, on two platforms where it can be asked on two."""
    assert {case.question for case in OPEN} == PEOPLE - ASIDE
    platforms = Counter(case.question for case in OPEN)
    for name, number in platforms.items():
        possible = ENGINE.knowledge.questions[name].platforms or ENGINE.knowledge.platforms
        assert number >= min(2, len(set(possible) - {"react-native"})), name


@pytest.mark.unmeasured
async def test_every_answer_counts_by_every_way(asked: Here) -> None:
    """By word, by mention and by button the same case has the same request and the same verdict afterwards."""
    for case in OPEN:
        await asked.slack.command(f"/diagnose {case.request.code} {case.request.platform}", asked.user())
    threads = await all_opened(asked, len(OPEN))
    async with asyncio.TaskGroup() as group:  # a message changes once a second
        tasks = [group.create_task(answer_in_every_way(here, case)) for here, case in paired(threads)]
    assert sum(task.result() for task in tasks) >= 2 * len(WAYS) * len(OPEN)


def paired(threads: list[Thread]) -> Iterator[tuple[Thread, OpenQuestion]]:
    """Give each open question a thread in which its code was begun on its platform."""
    for case in OPEN:
        begun = (case.request.code, case.request.platform)
        here = next(one for one in threads if (one.case.request.code, one.case.request.platform) == begun)
        threads.remove(here)
        yield here, case


async def answer_in_every_way(here: Thread, case: OpenQuestion) -> int:
    """Give every answer to *case* by each of `WAYS`, and count them."""
    given = 0
    for name, word, expected in case.answers(ENGINE):
        for way in WAYS:
            await here.give(way, await here.put(case.record), case, name, word)
            request, diagnosis = await here.answered(case)
            assert (way, request) == (way, expected.request), (case.question, name)
            assert lists(diagnosis) == lists(expected.diagnosis), (way, case.question, name)
            given += 1
    return given


@pytest.mark.unmeasured
async def test_every_answer_counts_in_the_form(asked: Here) -> None:
    """Filled in beside the code, an answer makes the request and the verdict that it makes in a thread."""
    first: dict[str, OpenQuestion] = {}
    for case in OPEN:
        first.setdefault(case.question, case)
    wanted = [expected for case in first.values() for _, _, expected in case.answers(ENGINE)]
    for expected in wanted:
        request = expected.request
        view = await form(asked)
        filled = {"code": request.code, "platform": request.platform, **request.answers}
        delivery = await asked.slack.submit(view, filled, asked.user())
        assert not delivery.answer, (request, delivery.answer)
    threads = await all_opened(asked, len(wanted))
    for expected in wanted:
        (here, *_) = [one for one in threads if one.case.request == expected.request]
        # A run that knows the answer from the start may need fewer checks for the same verdict.
        assert causes(here.run.record.diagnosis) == causes(expected.diagnosis), expected.request


async def all_opened(here: Here, number: int) -> list[Thread]:
    """The threads of *number* cases, once each has its verdict."""

    def ended() -> list[Message]:
        return [top for top in here.ours() if "lm_again" in top.actions()]

    await here.slack.records.until(lambda: len(ended()) == number, 60)
    return [await opened(here, top) for top in ended()]


def causes(diagnosis: Diagnosis) -> list[set[str]]:
    return [
        {judged.cause for judged in part}
        for part in (diagnosis.found, diagnosis.possible, diagnosis.ruled_out)
    ]


async def form(here: Here) -> View:
    await here.slack.command("/diagnose", here.user())
    await here.until(lambda: here.slack.team.views)
    return list(here.slack.team.views.values())[-1]


async def test_the_form_goes_on_with_the_case_of_its_thread(asked: Here) -> None:
    """What was answered in the thread still counts, but for what the form says and a version of another platform."""
    here = await thread(asked, "31009", "ios")
    record = here.run.record
    request = replace(record.request, answers={"sdk-version": "6.1", "vpn": "no", "slept": "no"})
    await here.put(replace(record, request=request))
    view = await form(asked)
    metadata = {"channel": here.top.channel.id, "thread": here.top.ts}
    view.content["private_metadata"] = str(metadata).replace("'", '"')
    number = len(asked.ours())
    await asked.slack.submit(view, {"code": "31009", "platform": "android", "vpn": "yes"}, asked.user())
    await asked.verdict(number)
    now = await here.request()
    assert (now.platform, now.answers) == ("android", {"vpn": "yes", "slept": "no"})


async def test_no_answer_leaves_the_question_open(asked: Here) -> None:
    """“Don't know” gets a reply, and changes nothing."""
    here = await thread(asked, "31009", "javascript")
    before = await here.request()
    await asked.slack.say("I don't know", asked.user("grace"), thread=here.top.ts)
    await asked.reply("The question stays open")
    assert await here.request() == before


async def test_an_answer_that_there_is_not(asked: Here) -> None:
    """By name with a word that is no answer, the answers are listed."""
    here = await thread(asked, "31009", "javascript")
    await asked.slack.mention("slept=often", asked.user("grace"), thread=here.top.ts)
    await asked.whisper("Please answer yes or no")


async def test_a_change_of_platform_drops_the_version(asked: Here) -> None:
    """In a thread, whether the platform is changed by a new run or concluded from the last one."""
    here = await thread(asked, "31009", "ios")
    for answer, gone in (
        ("sdk-version=6.10.0", "try android"),
        ("sdk-version=2.18.5", "diagnose it on ios please"),
    ):
        await asked.slack.say(answer, asked.user(), thread=here.top.ts)
        await asked.until(lambda: len(asked.ours()) > 1)
        while "sdk-version" not in (await here.request()).answers:
            await asked.slack.deliveries.drain()
        number = len([message for message in asked.ours() if "lm_again" in message.actions()])
        await asked.slack.say(gone, asked.user(), thread=here.top.ts)
        await asked.until(
            lambda number=number: len([one for one in asked.ours() if "lm_again" in one.actions()]) > number
        )
        assert (await here.request()).answers == {}


async def test_a_version_for_the_run_before_is_not_the_cases(asked: Here) -> None:
    """A button below a run on iOS does not give the version to a case that has moved on to Android."""
    (case,) = [case for case in OPEN if case.question == "sdk-version" and case.request.platform == "ios"]
    here = await thread(asked, case.request.code, "ios")
    finished = await here.put(case.record)
    moved = replace(case.request, platform="android", answers={"vpn": "no"})
    await asked.context.store.change_case(here.case.id, moved)
    block, element = button(finished, "sdk-version", "from-3")
    await asked.slack._act(here.top, block, element, asked.user())
    await asked.reply("3.0 or newer")
    assert await here.request() == moved
    latest = await asked.context.run_history.latest(here.case.id)
    assert latest
    assert latest.record.request.answers["sdk-version"] == "3"


async def test_a_stored_run_is_evaluated_without_another_platforms_version(asked: Here) -> None:
    """After a restart, a run of every platform takes no version from its case; a run on its own platform does."""
    here = await thread(asked, "31009", "ios")
    await asked.context.tasks.drain(10)  # what is added to a run after its verdict keeps the run once more
    for platform, kept in (("android", {"vpn": "no"}), ("ios", {"vpn": "no", "sdk-version": "6.1"})):
        answers = {"vpn": "no", "sdk-version": "6.1"}
        changed = replace(here.case.request, platform=platform, answers=answers)
        await asked.context.store.change_case(here.case.id, changed)
        asked.context.run_history._kept.clear()
        latest = await asked.context.run_history.latest(here.case.id)
        assert latest
        assert (latest.record.request.platform, dict(latest.record.request.answers)) == ("ios", kept)


async def test_a_story_in_the_form_loses_its_version_with_its_platform(asked: Here) -> None:
    """The platform that was filled in counts more than the words, and the words' version belongs to theirs."""
    view = await form(asked)
    story = "31009 on ios with sdk version 6.10.0, they are not on a VPN"
    await asked.slack.submit(view, {"code": "any", "story": story, "platform": "android"}, asked.user())
    top = await asked.verdict()
    case = await asked.context.store.case_of_thread(asked.slack.team.id, top.channel.id, top.ts)
    assert case
    assert (case.request.platform, dict(case.request.answers)) == ("android", {"vpn": "no"})
