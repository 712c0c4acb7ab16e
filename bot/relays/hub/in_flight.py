"""Plans under way: each handed out once, its events kept for whoever waits, whatever connection they come over."""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from bot.relays.hub.messages import HubEvent, PlanLost
from probes.protocol.messages import Done, ObservationMessage, Refusal

# Seconds that a plan whose relay or whose asker is gone waits for them to come back.
GRACE: Final = 10.0

# Observations of one plan. The largest plan there is has some hundred steps.
MOST: Final = 2_000

# How many ended plans are remembered, so that a late word about one is acknowledged and thrown away.
REMEMBERED: Final = 4_096


@dataclass(slots=True, eq=False)
class InFlightPlan:
    """One plan that a relay has."""

    plan: str
    relay: str
    events: asyncio.Queue[HubEvent] = field(default_factory=asyncio.Queue)
    last: int = 0  # observations taken in; -1: nobody knows, the next one counts
    deadline: float = 0.0  # by the loop's clock
    envelope: str = ""  # to be sent once more should it never have arrived
    claimed: bool = False  # somebody waits for its events
    over: bool = False  # the last event is in the queue
    timer: asyncio.TimerHandle | None = None

    def take(self, event: HubEvent) -> None:
        """Queue *event* unless it came before, or after the end."""
        if self.over or (isinstance(event, ObservationMessage) and not self._is_next(event)):
            return
        if isinstance(event, ObservationMessage) and event.n > MOST:
            event = PlanLost(self.plan, f"{self.relay} sent more than any plan has steps")
        if isinstance(event, ObservationMessage):
            self.last = event.n
        else:
            self.over = True
            self.stop_timer()
        self.events.put_nowait(event)

    def _is_next(self, event: ObservationMessage) -> bool:
        """Whether *event* is no repetition, as relays send after a reconnect."""
        return self.last < 0 or event.n == self.last + 1

    def wait_for_relay(self, because: str, seconds: float = math.inf) -> None:
        """Be lost at the deadline, or before that in so many *seconds*."""
        self.stop_timer()
        loop = asyncio.get_running_loop()
        when = min(self.deadline, loop.time() + seconds)
        self.timer = loop.call_at(when, lambda: self.take(PlanLost(self.plan, because)))

    def stop_timer(self) -> None:
        """Go on."""
        if self.timer:
            self.timer.cancel()
            self.timer = None


class InFlightPlans:
    """Every plan under way, by id."""

    def __init__(self) -> None:
        self._flights: dict[str, InFlightPlan] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()

    def add(self, flight: InFlightPlan) -> None:
        """Keep a plan that is handed out."""
        self._flights[flight.plan] = flight

    def get(self, plan: str) -> InFlightPlan | None:
        """Find one that is under way."""
        return self._flights.get(plan)

    def of(self, relay: str) -> list[InFlightPlan]:
        """List those of one relay."""
        return [flight for flight in self._flights.values() if flight.relay == relay]

    def has_ended(self, plan: str) -> bool:
        """Whether it is over and done with, as far as anybody remembers."""
        return plan in self._ended

    def end(self, plan: str) -> None:
        """Forget it, but for that it was."""
        if flight := self._flights.pop(plan, None):
            flight.stop_timer()
        self._ended[plan] = None
        while len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)

    def relay_gone(self, relay: str, because: str) -> None:
        """Let the plans of *relay* wait for it a while."""
        for flight in self.of(relay):
            flight.wait_for_relay(f"{because}, and it did not come back in time", GRACE)

    def relay_back(self, relay: str, held: Iterable[str]) -> list[str]:
        """Go on with the plans that *relay* still holds; what it has forgotten is lost.

        Gives the orders that it seems never to have got. Should one have arrived after all, the relay refuses it as
        a replay, so that no plan runs twice.
        """
        texts, again = set(held), []
        for flight in self.of(relay):
            if flight.plan in texts:
                flight.wait_for_relay(f"{relay} did not answer in time")
            elif flight.envelope and not flight.last:
                flight.wait_for_relay(f"{relay} did not answer in time")
                again.append(flight.envelope)
                flight.envelope = ""
            else:
                because = f"{relay} lost its connection and came back without this plan"
                flight.take(PlanLost(flight.plan, because))
        return again


def is_last(event: HubEvent) -> bool:
    """Whether nothing comes after *event*."""
    return isinstance(event, Done | Refusal | PlanLost)
