"""What becomes of plans: each handed out once, its observations given on as they come, its outcome written down."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

from bot.relays.hub.in_flight import GRACE, InFlightPlan, InFlightPlans, is_last
from bot.relays.hub.messages import HubEvent, HubJob, PlanLost
from bot.relays.hub.quotas import HubLimits, QuotaTracker
from bot.relays.hub.session import RelaySession
from bot.storage.relay_registry import AuditEntry, RelayRegistry
from probes.protocol.json_fields import WireError
from probes.protocol.messages import Ack, Cancel, Done, ObservationMessage, Ready, Refusal, RunPlan
from probes.protocol.report import open_refusal

log: Final = logging.getLogger(__name__)


class PlanDispatcher:
    """Every plan that passes through one hub, whose relays are in *sessions*, by name."""

    def __init__(
        self, enrolment: RelayRegistry, sessions: Mapping[str, RelaySession], limits: HubLimits
    ) -> None:
        self.ledger = QuotaTracker(limits)
        self.closing = False  # from then on nothing is cancelled: the next hub may go on with it
        self._enrolment, self._sessions = enrolment, sessions
        self._flights = InFlightPlans()

    @asynccontextmanager
    async def run(self, job: HubJob) -> AsyncIterator[AsyncIterator[HubEvent]]:
        """Have *job* run once; leaving the block cancels the rest of it."""
        flight = await self._start(job)
        if isinstance(flight, str):
            log.info("plan %s for %s by %s not sent: %s", job.plan, job.relay, job.requester, flight)
            yield _only(PlanLost(job.plan, flight))
            return
        events = self._events(flight, job.after)
        try:
            yield events
        finally:
            await events.aclose()
            self._flights.end(job.plan)
            self.ledger.end(job.relay, job.requester, job.case_label)
            if not flight.over and not self.closing:
                await self._cancel(job)

    async def reply(self, session: RelaySession, message: ObservationMessage | Done | Refusal) -> None:
        """Take what a relay says of a plan."""
        flight = self._flights.get(message.plan)
        if flight and flight.relay == session.name:
            flight.take(message)
        else:  # cancelled meanwhile, or never ours: nobody waits for it
            await self._acknowledge(session.name, message)

    async def relay_ready(self, session: RelaySession, ready: Ready) -> None:
        """Go on with what the relay still holds, and send again what it seems never to have got."""
        loop = asyncio.get_running_loop()
        for plan in ready.plans:
            if not self._flights.get(plan) and not self._flights.has_ended(plan):
                # From before this hub started: whoever asked may come for it.
                orphan = InFlightPlan(plan, session.name, last=-1, deadline=loop.time() + GRACE)
                self._flights.add(orphan)
                loop.call_later(GRACE, self._give_up, orphan)
        for envelope in self._flights.relay_back(session.name, ready.plans):
            await session.line.say(RunPlan(envelope))

    def relay_gone(self, name: str) -> None:
        """Let its plans wait for it a while."""
        self._flights.relay_gone(name, f"the connection to {name} was lost")

    async def _start(self, job: HubJob) -> InFlightPlan | str:
        """Hand *job* out; or say, as part of a sentence, why not."""
        now = asyncio.get_running_loop().time()
        if job.after >= 0:
            return self._resume(job, now)
        session = self._sessions.get(job.relay)
        if session is None:
            return await self._absent(job.relay)
        trouble = session.trouble() or self.ledger.refuse(job.relay, job.requester, job.case_label, now)
        outcome = f"not sent: {trouble}" if trouble else "running"
        is_new = await self._enrolment.begin(
            AuditEntry(job.plan, time.time(), job.relay, job.requester, job.case_label, outcome)
        )
        if trouble:
            return trouble
        if self._flights.get(job.plan) or not is_new:
            self.ledger.end(job.relay, job.requester, job.case_label)
            return "that very plan was sent before, and no plan runs twice"
        flight = InFlightPlan(job.plan, job.relay, deadline=now + job.budget + GRACE, envelope=job.envelope)
        self._flights.add(flight)
        flight.wait_for_relay(f"{job.relay} did not answer in time")
        await session.line.say(RunPlan(job.envelope))
        return flight

    def _resume(self, job: HubJob, now: float) -> InFlightPlan:
        """Go on with a plan that was handed out before this hub started, if its relay still has it."""
        self.ledger.resume(job.relay, job.requester, job.case_label)
        flight, deadline = self._flights.get(job.plan), now + job.budget + GRACE
        if flight is None:
            flight = InFlightPlan(job.plan, job.relay, last=job.after, deadline=deadline)
            self._flights.add(flight)
            session = self._sessions.get(job.relay)
            if session and session.ready:
                flight.take(PlanLost(job.plan, f"{job.relay} does not know of this plan any more"))
            else:
                flight.wait_for_relay(f"{job.relay} did not come back to the hub", GRACE)
        flight.claimed, flight.deadline = True, deadline
        return flight

    async def _events(self, flight: InFlightPlan, after: int) -> AsyncGenerator[HubEvent, None]:
        while not is_last(event := await flight.events.get()):
            if not (isinstance(event, ObservationMessage) and event.n <= after):
                yield event
            # The asker has it now, so that the relay need not keep it; what comes next will say so, too.
            if flight.events.empty():
                await self._acknowledge(flight.relay, event)
        try:
            yield event
        finally:  # nobody asks for more after the last
            await self._acknowledge(flight.relay, event)
            await self._enrolment.end(flight.plan, self._outcome(flight.relay, event))

    async def _acknowledge(self, relay: str, event: HubEvent) -> None:
        session = self._sessions.get(relay)
        if session is None or isinstance(event, PlanLost):
            return
        count = event.n + isinstance(event, Done) if isinstance(event, ObservationMessage | Done) else 1
        await session.line.say(Ack(event.plan, count))

    async def _cancel(self, job: HubJob) -> None:
        if session := self._sessions.get(job.relay):
            await session.line.say(Cancel(job.plan))
        await self._enrolment.end(job.plan, "cancelled")

    def _outcome(self, relay: str, event: HubEvent) -> str:
        match event:
            case Done():
                return event.outcome
            case PlanLost():
                return f"lost: {event.because}"
            case Refusal() if session := self._sessions.get(relay):
                with suppress(WireError):
                    return f"refused: {open_refusal(event.signed, session.key).reason}"
        return "refused"

    def _give_up(self, orphan: InFlightPlan) -> None:
        """Forget a plan from before that nobody came for; what its relay still says is thrown away."""
        if not orphan.claimed:
            self._flights.end(orphan.plan)

    async def _absent(self, name: str) -> str:
        relay = await self._enrolment.find(name)
        if relay is None:
            return f"there is no relay {name}"
        if relay.revoked is not None:
            return f"{name} has been revoked"
        if relay.seen is None:
            return f"{name} has never connected to the hub"
        ago = spoken_ago(time.time() - relay.seen)
        return f"{name} is not connected to the hub; last seen {ago} ago ({relay.gone or 'the hub ended'})"


async def _only(event: HubEvent) -> AsyncGenerator[HubEvent, None]:
    yield event


def spoken_ago(seconds: float) -> str:
    """Say a time in the past roughly: 40 s, 5 min, 3 h, 2 days."""
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size or (size < 86_400 and seconds >= size):
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
