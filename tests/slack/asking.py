"""People who ask by every way in, each in a room of their own, so that each answer can be told whose it is."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from tests.fake_slack.records import Delivery
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Channel, Execution, Message, User, View, new_id
from tests.fake_slack.workflows import run_step
from tests.slack.bot import has_ended, is_notice

# Seconds before a kill, on a busy machine: what is said then to one person alone cannot be known to have been said.
MOMENT: Final = 2.0
Ask: TypeAlias = Callable[["Asked"], Awaitable[object]]


@dataclass
class Asked:
    """One request, and what the person who made it has been told."""

    way: str
    slack: FakeSlack
    user: User
    room: Channel
    top: Message | None = None  # a verdict to go on with
    form: View | None = None
    execution: Execution | None = None  # of a step of a workflow
    deliveries: list[Delivery] = field(default_factory=list)

    async def ask(self) -> None:
        """Ask, and wait until Slack has passed it on or given up."""
        before = len(self.slack.records.deliveries)
        await WAYS[self.way].ask(self)
        mine = self.execution.id if self.execution else self.user.id
        self.deliveries = [
            one for one in self.slack.records.deliveries[before:] if mine in json.dumps(one.payload)
        ]

    @property
    def accepted(self) -> bool:
        """Whether Slack was told so; a mention comes as a message, too, which is nothing to us."""
        named = [one for one in self.deliveries if one.payload.get("event", {}).get("type") == "app_mention"]
        return any(one.acked for one in named or self.deliveries)

    def runs(self) -> tuple[int, int]:
        """How many messages there are in the room besides the verdict that was there, and how many have ended."""
        direct = self.slack.team.direct(self.user.id)
        posts = [one for one in (*self.room.posts(), *direct.posts()) if one.bot and one is not self.top]
        posts = [one for one in posts if not is_notice(one)]
        return len(posts), sum(map(has_ended, posts))

    def words(self, kills: Sequence[float]) -> int:
        """How often the person was answered alone, or by a window; once where it was said again after a kill."""
        times = self.times()
        unknown = [at for at in times[:-1] if any(0 <= kill - at < MOMENT for kill in kills)]
        return len(times) - len(unknown)

    def times(self) -> list[float]:
        """When the person was answered alone, or by a window."""
        calls = self.slack.records.made("views.open")
        times = [call.at for call in calls if str(call.args["trigger_id"]).endswith(self.user.id)]
        times += [float(one.ts) for one in self.slack.whispers(self.user)]
        times += [float(one.ts) for one in self.slack.team.direct(self.user.id).posts() if one.bot]
        return sorted(times)

    @property
    def given_up(self) -> bool:
        """Whether the person was told that it was killed too often over this; nothing else is said then."""
        said = (*self.slack.whispers(self.user), *self.slack.team.direct(self.user.id).posts())
        return any("could not be carried out" in one.text for one in said)

    def wrong(self, kills: Sequence[float]) -> str:
        """What is wrong with the answers, empty if there is one: one or none where it was not even accepted."""
        way = WAYS[self.way]
        if self.given_up:
            return ""
        count, ended = self.runs()
        if way.alone:
            count = ended = self.words(kills)
        elif not way.runs:
            ended = count
        right = int(self.accepted) <= count == ended <= 1
        right &= not (self.accepted and self.execution and self.execution.state == "running")
        taken = "accepted" if self.accepted else "not accepted"
        if right:
            return ""
        answered = [(at, [round(kill - at, 2) for kill in kills if kill > at][:1]) for at in self.times()]
        return (
            f"{self.way} of {self.user.name}: {taken}, {count} answers, {ended} ended;"
            f" answered alone at (next kill after): {answered}"
        )


@dataclass(frozen=True)
class Way:
    """How it is asked, and what the answer is: a run with its verdict or a sentence, to all or to one person."""

    ask: Ask
    runs: bool = True
    alone: bool = False
    goes_on: bool = False  # with a verdict that is there


def typed(words: str) -> Ask:
    return lambda one: one.slack.command(f"/diagnose {words}".strip(), one.user, one.room)


def said(words: str, *, mention: bool = False) -> Ask:
    async def ask(one: Asked) -> None:
        say = one.slack.mention if mention else one.slack.say
        await say(words, one.user, one.room, one.top.ts if one.top else None)

    return ask


def pressed(button: str) -> Ask:
    async def ask(one: Asked) -> None:
        assert one.top
        await one.slack.click(one.top, button, one.user)

    return ask


async def on_a_message(one: Asked) -> None:
    pasted = one.slack.paste("TransportError (31009) on iPhone", one.user, one.room)
    await one.slack.shortcut("diagnose_message", pasted, one.user)


async def filled_in(one: Asked) -> None:
    assert one.form
    place = {"channel": one.room.id, "thread": "", "response_url": ""}
    content = {**one.form.content, "private_metadata": json.dumps(place)}
    view = View(new_id("V"), one.user.team, one.user.id, content)
    await one.slack.submit(view, {"code": "31009", "platform": "javascript"}, one.user)


async def by_workflow(one: Asked) -> None:
    inputs = {"channel": one.room.id, "code": "31009", "platform": "javascript"}
    one.execution = await run_step(one.slack, inputs)


WAYS: Final[dict[str, Way]] = {
    "command": Way(typed("31009 javascript")),
    "mention": Way(said("31009 javascript", mention=True)),
    "direct": Way(lambda one: one.slack.tell("31009 javascript", one.user)),
    "message": Way(on_a_message),
    "form": Way(filled_in),
    "step": Way(by_workflow),
    "again": Way(pressed("lm_again"), goes_on=True),
    "words again": Way(said("test again"), goes_on=True),
    "evidence": Way(pressed("lm_evidence"), runs=False, goes_on=True),
    "question": Way(said("what does turn-blocked mean?"), runs=False, goes_on=True),
    "question by name": Way(said("what does clock-skew mean?", mention=True), runs=False, goes_on=True),
    "customer": Way(pressed("lm_customer"), runs=False, alone=True, goes_on=True),
    "help": Way(typed("help"), runs=False, alone=True),
    "refused": Way(typed("31009 from mars"), runs=False, alone=True),
    "window": Way(typed(""), runs=False, alone=True),
    "anywhere": Way(lambda one: one.slack.global_shortcut("diagnose_open", one.user), runs=False, alone=True),
}


async def people(slack: FakeSlack, ways: Sequence[str]) -> list[Asked]:
    """Somebody for each of *ways*, in a room of their own, with a verdict there if they go on with one."""
    everybody = []
    for number, way in enumerate(ways):
        user = slack.add_user(f"user{number}")
        everybody.append(Asked(way, slack, user, slack.add_channel(f"room-{number}")))
    ada = slack.user("ada")
    await slack.global_shortcut("diagnose_open", ada)
    form = await slack.records.until(lambda: next(iter(slack.team.views.values()), None), 10, "a form")
    going_on = [one for one in everybody if WAYS[one.way].goes_on]
    await asyncio.gather(*(slack.command("/diagnose 31009 javascript", ada, one.room) for one in going_on))
    rooms = [one.room for one in going_on]
    await slack.records.until(
        lambda: all(any(map(has_ended, room.posts())) for room in rooms),
        60 + len(rooms),
        "verdicts to go on with",
    )
    for one in everybody:
        one.form = form
        if one in going_on:
            (one.top,) = (post for post in one.room.posts() if not is_notice(post))
    return everybody
