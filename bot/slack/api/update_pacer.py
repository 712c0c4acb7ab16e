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

    def __init__(self, pacer: "UpdatePacer", message: MessageKey, priority: Priority) -> None:
        self._pace, self.place, self.rank = pacer, message, priority
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
    updates: int = 0
    last: float = -inf  # time of the last update


class UpdatePacer:
    """The updates of one workspace."""

    def __init__(self, budget: Limit = EDITS, began: float = -inf) -> None:
        """Start at *began*, one `PACE` later for every message: updates by an earlier process are unknown."""
        self._budget, self._unknown = budget, began + PACE
        self._made = SlidingWindow(budget.period)  # times of Slack's responses
        self._asking: set[UpdateTicket] = set()
        self._waiting: dict[Priority, list[UpdateTicket]] = {priority: [] for priority in Priority}
        self._due: OrderedDict[MessageKey, float] = OrderedDict()
        self._live: dict[MessageKey, _Live] = {}
        self._rests_until = -inf
        self._alarm: asyncio.TimerHandle | None = None
        self._soon: asyncio.Handle | None = None

    def ticket(self, channel: str, ts: str, priority: Priority = Priority.LAST) -> UpdateTicket:
        """Return a ticket to wait for."""
        return UpdateTicket(self, (channel, ts), priority)

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
        self._grant_due()

    def reconsider(self) -> None:
        """Grant the tickets that are due, once per turn of the event loop: it looks at every ticket."""
        self._soon = self._soon or asyncio.get_running_loop().call_soon(self._grant_due)

    def _grant_due(self) -> None:
        """Grant the tickets that are due, and schedule the next call."""
        self._soon = None
        at = now()
        self._forget(at)
        soonest = min(self._serve(priority, at) for priority in Priority)
        if self._alarm:
            self._alarm.cancel()
        # If no time is known, the end of an update or of a run calls this again.
        self._alarm = asyncio.get_running_loop().call_at(soonest, self.reconsider) if soonest < inf else None

    def wait_for(self, ticket: UpdateTicket) -> None:
        """Add *ticket* to the waiting tickets."""
        self._waiting[ticket.rank].append(ticket)
        self.reconsider()

    def rerank(self, ticket: UpdateTicket, priority: Priority) -> None:
        """Change the priority of a waiting ticket because there is something newer to show."""
        if priority != ticket.rank and ticket in self._waiting[ticket.rank]:
            self._waiting[ticket.rank].remove(ticket)
            ticket.rank = priority
            self.wait_for(ticket)

    def give_up(self, ticket: UpdateTicket) -> None:
        """Withdraw a ticket whose caller was cancelled."""
        if ticket in self._waiting[ticket.rank]:
            self._waiting[ticket.rank].remove(ticket)
        else:  # granted, but not used
            self._asking.discard(ticket)
            self._due.pop(ticket.place, None)
        self.reconsider()

    def done(self, ticket: UpdateTicket) -> None:
        """Record that Slack has responded; the response is later than the moment Slack counted."""
        at = now()
        self._asking.discard(ticket)
        self._made.add(at)
        self._note(ticket.place, at + PACE)
        if ticket.rank == Priority.LAST:
            self._live.pop(ticket.place, None)
        elif item := self._live.get(ticket.place):
            item.last = at
            item.updates += ticket.rank == Priority.PROGRESS
        self.reconsider()

    def _serve(self, priority: Priority, at: float) -> float:
        """Grant tickets of one *priority*; returns when the next is due, inf if that depends on other tickets."""
        waiting = [ticket for ticket in self._waiting[priority] if not ticket.granted.done()]
        if waiting and self._room(priority, at) <= at:
            for ticket in sorted(waiting, key=self._sort_key):
                if self._when(ticket) <= at and self._room(priority, at) <= at:
                    self._grant(ticket)
                    waiting.remove(ticket)
        room = self._room(priority, at)
        if not waiting or room > at:
            return room if waiting else inf
        return min(map(self._when, waiting))

    def _grant(self, ticket: UpdateTicket) -> None:
        self._waiting[ticket.rank].remove(ticket)
        self._asking.add(ticket)
        self._note(ticket.place, inf)
        ticket.granted.set_result(None)

    def _sort_key(self, ticket: UpdateTicket) -> tuple[int, float]:
        live = self._live.get(ticket.place)
        return live.updates if live else 0, ticket.asked

    def _when(self, ticket: UpdateTicket) -> float:
        """Return when the message of *ticket* may be updated, if the budget has room."""
        when = self._due.get(ticket.place, self._unknown)
        live = self._live.get(ticket.place)
        if ticket.rank == Priority.LINE:
            when = max(when, ticket.asked + PATIENCE)
        if live and (ticket.rank == Priority.LINE or (ticket.rank == Priority.PROGRESS and live.updates)):
            share = len(self._live) * self._budget.period / self._budget.count
            when = max(when, live.last + share)
        return when

    def _room(self, priority: Priority, at: float) -> float:
        """Return when the budget has room for one more update of this *priority*."""
        most = self._budget.count
        if priority != Priority.LAST:
            most -= min(len(self._live), int(most * KEPT_BACK))
        if priority == Priority.LINE:
            most -= self._budget.count // 4  # reserved for progress
        return max(self._made.free_at(most - len(self._asking), at), self._rests_until)

    def _note(self, key: MessageKey, due: float) -> None:
        self._due[key] = due
        self._due.move_to_end(key)
        while len(self._due) > REMEMBERED:
            self._due.popitem(last=False)

    def _forget(self, at: float) -> None:
        for key in [key for key, item in self._live.items() if item.until < at]:
            del self._live[key]


def now() -> float:
    """Return the time of the event loop."""
    return asyncio.get_running_loop().time()
