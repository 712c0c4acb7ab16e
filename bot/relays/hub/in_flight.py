"""Plans in flight and their event queues, which survive reconnects of the relay."""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from bot.relays.hub.messages import HubEvent, PlanLost
from probes.protocol.messages import Done, ObservationMessage, Refusal

# Seconds that a plan waits for its relay or its client to come back.
GRACE: Final = 10.0

# Limit of observations per plan. The largest plan has about 100 steps.
MOST: Final = 2_000

# Number of ended plans that are remembered, so that late messages are acknowledged and discarded.
REMEMBERED: Final = 4_096


@dataclass(slots=True, eq=False)
class InFlightPlan:
    """One plan that was sent to a relay."""

    plan: str
    relay: str
    events: asyncio.Queue["HubEvent | None"] = field(default_factory=asyncio.Queue)  # None: the relay moved
    last: int = 0  # number of observations received; -1: unknown, so the next one sets it
    deadline: float = 0.0  # event loop time
    envelope: str = ""  # resent once if the relay never received it
    claimed: bool = False  # a client waits for its events
    over: bool = False  # the last event is in the queue
    moved: bool = False  # the relay runs it on, connected to another hub
    timer: asyncio.TimerHandle | None = None

    def take(self, event: HubEvent) -> None:
        """Queue *event*, unless it is a repetition or comes after the end."""
        if self.over or self.moved or (isinstance(event, ObservationMessage) and not self._is_next(event)):
            return
        if isinstance(event, ObservationMessage) and event.n > MOST:
            event = PlanLost(self.plan, f"{self.relay} sent more results than a plan can have")
        if isinstance(event, ObservationMessage):
            self.last = event.n
        else:
            self.over = True
            self.stop_timer()
        self.events.put_nowait(event)

    def move(self) -> None:
        """Let another hub go on with the plan, unless its last event has arrived here."""
        if not self.over:
            self.moved = True
            self.stop_timer()
            self.events.put_nowait(None)

    def _is_next(self, event: ObservationMessage) -> bool:
        """Whether *event* is new: relays repeat events after a reconnect."""
        return self.last < 0 or event.n == self.last + 1

    def wait_for_relay(self, because: str, seconds: float = math.inf) -> None:
        """Set a timer: the plan is lost at its deadline, or earlier, after *seconds*."""
        self.stop_timer()
        loop = asyncio.get_running_loop()
        when = min(self.deadline, loop.time() + seconds)
        self.timer = loop.call_at(when, lambda: self.take(PlanLost(self.plan, because)))

    def stop_timer(self) -> None:
        """Cancel the timer."""
        if self.timer:
            self.timer.cancel()
            self.timer = None


class InFlightPlans:
    """All plans in flight, by id."""

    def __init__(self) -> None:
        self._plans: dict[str, InFlightPlan] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()

    def add(self, plan: InFlightPlan) -> None:
        """Add a plan that is being sent."""
        self._plans[plan.plan] = plan

    def get(self, plan: str) -> InFlightPlan | None:
        """Return a plan in flight, or None."""
        return self._plans.get(plan)

    def of(self, relay: str) -> list[InFlightPlan]:
        """List the plans of one relay."""
        return [in_flight for in_flight in self._plans.values() if in_flight.relay == relay]

    def has_ended(self, plan: str) -> bool:
        """Whether the plan has ended, as far as it is remembered."""
        return plan in self._ended

    def end(self, plan: str) -> None:
        """Remove a plan, and remember that it has ended."""
        in_flight = self._plans.pop(plan, None)
        if in_flight:
            in_flight.stop_timer()
        if in_flight and in_flight.moved:
            return  # it may come back
        self._ended[plan] = None
        while len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)

    def relay_renamed(self, before: str, name: str) -> None:
        """Go on with the plans of the relay *before*, which is called *name* now."""
        for in_flight in self.of(before):
            in_flight.relay = name

    def relay_gone(self, relay: str, because: str) -> None:
        """Let the plans of *relay* wait up to `GRACE` seconds for its return."""
        for in_flight in self.of(relay):
            in_flight.wait_for_relay(f"{because}, and it did not reconnect in time", GRACE)

    def relay_back(self, relay: str, held: Iterable[str]) -> list[str]:
        """Continue the plans that *relay* still holds; those it has dropped are lost.

        Returns the signed plans that it apparently never received. If one arrived after all, the relay refuses the
        second copy as a replay, so no plan runs twice.
        """
        texts, again = set(held), []
        for in_flight in self.of(relay):
            if in_flight.plan in texts:
                in_flight.wait_for_relay(f"{relay} did not answer in time")
            elif in_flight.envelope and not in_flight.last:
                in_flight.wait_for_relay(f"{relay} did not answer in time")
                again.append(in_flight.envelope)
                in_flight.envelope = ""
            else:
                because = f"{relay} lost its connection, and reconnected without this plan"
                in_flight.take(PlanLost(in_flight.plan, because))
        return again


def is_last(event: HubEvent) -> bool:
    """Whether *event* is the last one of its plan."""
    return isinstance(event, Done | Refusal | PlanLost)
