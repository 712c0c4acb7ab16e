"""When a message may be changed: each at most once a second, all of a workspace within Slack's budget.

Last states (verdict, refusal, stopped, lost) go first, in the order they come; a change is kept back for each message
that still needs one. Progress is spread over what they leave: whoever has shown least goes next.

The budget is counted as a sliding window, the strictest reading of Slack's "50+ a minute" (chat.update is Tier 3,
https://docs.slack.dev/apis/web-api/rate-limits). Time is the event loop's, in seconds.
"""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass
from enum import IntEnum
from math import inf
from typing import Final, Self, TypeAlias

from bot.rate_limit import Limit
from bot.slack.api.settings import EDITS

PACE: Final = 1.0  # seconds between two changes of one message
KEPT_BACK: Final = 0.75  # of the budget at most, for last states; the rest lets progress live under any load
KEPT_FOR: Final = 60.0  # seconds for which a last state is waited for, once its run has ended
PATIENCE: Final = 2.0  # seconds in line before it is told: a place is often free sooner
REMEMBERED: Final = 10_000  # messages; older ones were changed long ago

MessageKey: TypeAlias = tuple[str, str]  # channel, timestamp


class Priority(IntEnum):
    """What goes first."""

    LAST = 0
    PROGRESS = 1
    LINE = 2  # how many are before: worth the least


class UpdateTicket:
    """One change of one message: `async with` waits until it may be made, and holds the turn while Slack is asked."""

    def __init__(self, pace: "UpdatePacer", place: MessageKey, rank: Priority) -> None:
        self._pace, self.place, self.rank = pace, place, rank
        self.asked = 0.0
        self.granted: asyncio.Future[None]

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self.asked = self.asked or loop.time()  # whoever was refused keeps its place
        self.granted = loop.create_future()
        self._pace.wait_for(self)
        try:
            await self.granted
        except asyncio.CancelledError:
            self._pace.give_up(self)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._pace.done(self)


@dataclass(slots=True)
class _Live:
    """A message whose run goes on, or whose last state is on its way."""

    until: float = inf
    shown: int = 0
    last: float = -inf  # when progress was shown


class UpdatePacer:
    """The changes of one workspace."""

    def __init__(self, budget: Limit = EDITS, began: float = -inf) -> None:
        """Begin at *began*: what a former process changed last is not known."""
        self._budget, self._unknown = budget, began + PACE
        self._made: deque[float] = deque()  # when Slack answered, within the period; oldest first
        self._asking: set[UpdateTicket] = set()
        self._waiting: dict[Priority, list[UpdateTicket]] = {rank: [] for rank in Priority}
        self._due: OrderedDict[MessageKey, float] = OrderedDict()
        self._live: dict[MessageKey, _Live] = {}
        self._rests_until = -inf
        self._alarm: asyncio.TimerHandle | None = None

    def turn(self, channel: str, ts: str, rank: Priority = Priority.LAST) -> UpdateTicket:
        """Give a turn to wait for."""
        return UpdateTicket(self, (channel, ts), rank)

    def begin(self, channel: str, ts: str) -> None:
        """Note that a message will show progress, and needs a last state."""
        self._live[channel, ts] = _Live()

    def end(self, channel: str, ts: str) -> None:
        """Note that only the last state is to come."""
        if item := self._live.get((channel, ts)):
            item.until = now() + KEPT_FOR

    def changed(self, channel: str, ts: str) -> None:
        """Note that the message was posted or changed just now."""
        self._note((channel, ts), now() + PACE)

    def rest(self, seconds: float) -> None:
        """Leave Slack alone: it has refused a change."""
        self._rests_until = max(self._rests_until, now() + seconds)

    def rested(self) -> None:
        """Go on: Slack may be asked again."""
        self._rests_until = -inf
        self.look()

    def look(self) -> None:
        """Grant what may be granted now, and come back when more may be."""
        at = now()
        self._forget(at)
        soonest = min(self._serve(rank, at) for rank in Priority)
        if self._alarm:
            self._alarm.cancel()
        # Where nothing is foreseen, the end of a change or of a run will tell.
        self._alarm = asyncio.get_running_loop().call_at(soonest, self.look) if soonest < inf else None

    def wait_for(self, turn: UpdateTicket) -> None:
        """Put *turn* among those that wait."""
        self._waiting[turn.rank].append(turn)
        self.look()

    def rerank(self, turn: UpdateTicket, rank: Priority) -> None:
        """Let a turn that waits count as *rank*: there is something newer to show."""
        if rank != turn.rank and turn in self._waiting[turn.rank]:
            self._waiting[turn.rank].remove(turn)
            turn.rank = rank
            self.wait_for(turn)

    def give_up(self, turn: UpdateTicket) -> None:
        """Take back a turn that nobody waits for any more."""
        if turn in self._waiting[turn.rank]:
            self._waiting[turn.rank].remove(turn)
        else:  # it was granted, and not used
            self._asking.discard(turn)
            self._due.pop(turn.place, None)
        self.look()

    def done(self, turn: UpdateTicket) -> None:
        """Note that Slack has answered: what it counted, it counted before now."""
        at = now()
        self._asking.discard(turn)
        self._made.append(at)
        self._note(turn.place, at + PACE)
        if turn.rank == Priority.LAST:
            self._live.pop(turn.place, None)
        elif item := self._live.get(turn.place):
            item.last = at
            item.shown += turn.rank == Priority.PROGRESS
        self.look()

    def _serve(self, rank: Priority, at: float) -> float:
        """Grant turns of one *rank*; tells when the next can be granted, inf if that depends on others."""
        waiting = [turn for turn in self._waiting[rank] if not turn.granted.done()]
        if waiting and self._room(rank, at) <= at:
            for turn in sorted(waiting, key=self._order):
                if self._when(turn) <= at and self._room(rank, at) <= at:
                    self._grant(turn)
                    waiting.remove(turn)
        room = self._room(rank, at)
        if not waiting or room > at:
            return room if waiting else inf
        return min(map(self._when, waiting))

    def _grant(self, turn: UpdateTicket) -> None:
        self._waiting[turn.rank].remove(turn)
        self._asking.add(turn)
        self._note(turn.place, inf)
        turn.granted.set_result(None)

    def _order(self, turn: UpdateTicket) -> tuple[int, float]:
        live = self._live.get(turn.place)
        return live.shown if live else 0, turn.asked

    def _when(self, turn: UpdateTicket) -> float:
        """Tell when the message of *turn* may be changed, if the budget has room."""
        when = self._due.get(turn.place, self._unknown)
        live = self._live.get(turn.place)
        if turn.rank == Priority.LINE:
            when = max(when, turn.asked + PATIENCE)
        if live and (turn.rank == Priority.LINE or (turn.rank == Priority.PROGRESS and live.shown)):
            share = len(self._live) * self._budget.period / self._budget.count
            when = max(when, live.last + share)
        return when

    def _room(self, rank: Priority, at: float) -> float:
        """Tell when the budget has room for one more change of this *rank*."""
        most = self._budget.count
        if rank != Priority.LAST:
            most -= min(len(self._live), int(most * KEPT_BACK))
        if rank == Priority.LINE:
            most -= self._budget.count // 4  # left to progress
        over = len(self._made) + len(self._asking) - most
        if over < 0:
            return max(at, self._rests_until)
        return (
            max(self._made[over] + self._budget.period, self._rests_until) if over < len(self._made) else inf
        )

    def _note(self, place: MessageKey, due: float) -> None:
        self._due[place] = due
        self._due.move_to_end(place)
        while len(self._due) > REMEMBERED:
            self._due.popitem(last=False)

    def _forget(self, at: float) -> None:
        while self._made and self._made[0] <= at - self._budget.period:
            self._made.popleft()
        for place in [place for place, item in self._live.items() if item.until < at]:
            del self._live[place]


def now() -> float:
    """Give the time of the event loop."""
    return asyncio.get_running_loop().time()
