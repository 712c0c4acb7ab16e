"""Pace `chat.update`: each message at most once a second, a whole workspace within Slack's budget.

Final states (verdict, refusal, stopped, lost) go first, in FIFO order; one update is reserved for each message that
still needs one. Progress shares the rest: the message with the fewest progress updates goes next.

The budget is a sliding window, the strictest reading of Slack's "50+ a minute" (chat.update is Tier 3,
https://docs.slack.dev/apis/web-api/rate-limits). Times are the event loop's, in seconds.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from enum import IntEnum
from math import inf
from typing import Final, Self, TypeAlias

from bot.rate_limit import Limit
from bot.slack.api.settings import EDITS
from probes.protocol.sliding_window import SlidingWindow

PACE: Final = 1.0  # seconds between two updates of one message
KEPT_BACK: Final = 0.75  # largest share of the budget reserved for final states; progress gets the rest
KEPT_FOR: Final = 60.0  # seconds for which an update stays reserved after a run has ended
PATIENCE: Final = 2.0  # seconds in the queue before its position is shown: a slot is often free sooner
REMEMBERED: Final = 10_000  # messages; older ones may be updated at once

MessageKey: TypeAlias = tuple[str, str]  # channel, timestamp


class Priority(IntEnum):
    """Order of updates, most urgent first."""

    LAST = 0
    PROGRESS = 1
    LINE = 2  # position in the queue: least important


class UpdateTicket:
    """One update of one message: `async with` waits until it is allowed, and covers the call to Slack."""

    def __init__(self, pace: "UpdatePacer", place: MessageKey, rank: Priority) -> None:
        self._pace, self.place, self.rank = pace, place, rank
        self.asked = 0.0
        self.granted: asyncio.Future[None]

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self.asked = self.asked or loop.time()  # a retry after a refusal keeps its position
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
    """A message whose run is in progress, or whose final state is not yet delivered."""

    until: float = inf
    shown: int = 0
    last: float = -inf  # time of the last update


class UpdatePacer:
    """The updates of one workspace."""

    def __init__(self, budget: Limit = EDITS, began: float = -inf) -> None:
        """Start at *began*, one `PACE` later for every message: updates by an earlier process are unknown."""
        self._budget, self._unknown = budget, began + PACE
        self._made = SlidingWindow(budget.period)  # times of Slack's responses
        self._asking: set[UpdateTicket] = set()
        self._waiting: dict[Priority, list[UpdateTicket]] = {rank: [] for rank in Priority}
        self._due: OrderedDict[MessageKey, float] = OrderedDict()
        self._live: dict[MessageKey, _Live] = {}
        self._rests_until = -inf
        self._alarm: asyncio.TimerHandle | None = None

    def turn(self, channel: str, ts: str, rank: Priority = Priority.LAST) -> UpdateTicket:
        """Return a ticket to wait for."""
        return UpdateTicket(self, (channel, ts), rank)

    def begin(self, channel: str, ts: str) -> None:
        """Register a message that will show progress and needs a final state."""
        self._live[channel, ts] = _Live()

    def end(self, channel: str, ts: str) -> None:
        """Mark that only the final state of a message is still to come."""
        if item := self._live.get((channel, ts)):
            item.until = now() + KEPT_FOR

    def changed(self, channel: str, ts: str) -> None:
        """Record that the message was just posted or updated."""
        self._note((channel, ts), now() + PACE)

    def rest(self, seconds: float) -> None:
        """Pause all updates for *seconds* after a rate limit."""
        self._rests_until = max(self._rests_until, now() + seconds)

    def rested(self) -> None:
        """End the pause."""
        self._rests_until = -inf
        self.look()

    def look(self) -> None:
        """Grant the tickets that are due, and schedule the next call."""
        at = now()
        self._forget(at)
        soonest = min(self._serve(rank, at) for rank in Priority)
        if self._alarm:
            self._alarm.cancel()
        # If no time is known, the end of an update or of a run calls this again.
        self._alarm = asyncio.get_running_loop().call_at(soonest, self.look) if soonest < inf else None

    def wait_for(self, turn: UpdateTicket) -> None:
        """Add *turn* to the waiting tickets."""
        self._waiting[turn.rank].append(turn)
        self.look()

    def rerank(self, turn: UpdateTicket, rank: Priority) -> None:
        """Change the priority of a waiting ticket because there is something newer to show."""
        if rank != turn.rank and turn in self._waiting[turn.rank]:
            self._waiting[turn.rank].remove(turn)
            turn.rank = rank
            self.wait_for(turn)

    def give_up(self, turn: UpdateTicket) -> None:
        """Withdraw a ticket whose caller was cancelled."""
        if turn in self._waiting[turn.rank]:
            self._waiting[turn.rank].remove(turn)
        else:  # granted, but not used
            self._asking.discard(turn)
            self._due.pop(turn.place, None)
        self.look()

    def done(self, turn: UpdateTicket) -> None:
        """Record that Slack has responded; the response is later than the moment Slack counted."""
        at = now()
        self._asking.discard(turn)
        self._made.add(at)
        self._note(turn.place, at + PACE)
        if turn.rank == Priority.LAST:
            self._live.pop(turn.place, None)
        elif item := self._live.get(turn.place):
            item.last = at
            item.shown += turn.rank == Priority.PROGRESS
        self.look()

    def _serve(self, rank: Priority, at: float) -> float:
        """Grant tickets of one *rank*; returns when the next is due, inf if that depends on other tickets."""
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
        """Return when the message of *turn* may be updated, if the budget has room."""
        when = self._due.get(turn.place, self._unknown)
        live = self._live.get(turn.place)
        if turn.rank == Priority.LINE:
            when = max(when, turn.asked + PATIENCE)
        if live and (turn.rank == Priority.LINE or (turn.rank == Priority.PROGRESS and live.shown)):
            share = len(self._live) * self._budget.period / self._budget.count
            when = max(when, live.last + share)
        return when

    def _room(self, rank: Priority, at: float) -> float:
        """Return when the budget has room for one more update of this *rank*."""
        most = self._budget.count
        if rank != Priority.LAST:
            most -= min(len(self._live), int(most * KEPT_BACK))
        if rank == Priority.LINE:
            most -= self._budget.count // 4  # reserved for progress
        return max(self._made.free_at(most - len(self._asking), at), self._rests_until)

    def _note(self, place: MessageKey, due: float) -> None:
        self._due[place] = due
        self._due.move_to_end(place)
        while len(self._due) > REMEMBERED:
            self._due.popitem(last=False)

    def _forget(self, at: float) -> None:
        for place in [place for place, item in self._live.items() if item.until < at]:
            del self._live[place]


def now() -> float:
    """Return the time of the event loop."""
    return asyncio.get_running_loop().time()
