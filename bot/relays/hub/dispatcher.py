"""Dispatch plans: send each one once, forward observations as they arrive, and record the outcome."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from typing import Final

from bot.relays.hub.absence import FindRelay, why_absent, why_not_again
from bot.relays.hub.in_flight import GRACE, InFlightPlan, InFlightPlans, is_last
from bot.relays.hub.messages import HubEvent, HubJob, PlanLost
from bot.relays.hub.other_hubs import OtherHubs, RelayMovedError
from bot.relays.hub.plan_outcome import count_end, outcome_of
from bot.relays.hub.quotas import HubLimits, QuotaTracker
from bot.relays.hub.session import RelaySession
from bot.storage.audit_table import AuditEntry
from bot.storage.database import StoreError
from bot.storage.relay_registry import RelayRegistry
from probes.protocol.log_format import add_log_ids
from probes.protocol.messages import Ack, Cancel, Done, ObservationMessage, Ready, Refusal
from probes.protocol.metrics import PLANS_REFUSED
from probes.protocol.tally import TALLY

log: Final = logging.getLogger(__name__)


class PlanDispatcher:
    """All plans of one hub; *sessions* are its connected relays by name."""

    def __init__(
        self,
        registry: RelayRegistry,
        sessions: Mapping[str, RelaySession],
        limits: HubLimits,
        others: OtherHubs | None = None,
    ) -> None:
        self.ledger = QuotaTracker(limits)
        self.find: FindRelay = registry.find
        self.closing = False  # then nothing is canceled: the next hub may continue
        self._registry, self._sessions, self._others = registry, sessions, others or OtherHubs()
        self._in_flight = InFlightPlans()

    @asynccontextmanager
    async def run(self, job: HubJob) -> AsyncIterator[AsyncIterator[HubEvent]]:
        """Run *job* once; leaving the block cancels the rest."""
        add_log_ids(relay=job.relay, plan=job.plan)
        try:
            in_flight = await self._start(job)
        except StoreError as error:  # what cannot be written down is not sent
            in_flight = f"the plan was not sent, because {error}"
        if isinstance(in_flight, str):
            log.info("plan %s to %s for %s not sent: %s", job.plan, job.relay, job.requester, in_flight)
            yield _only(PlanLost(job.plan, in_flight))
            return
        events = self._events(in_flight, job.after)
        try:
            yield events
        finally:
            try:
                await events.aclose()  # may fail or be cancelled: it writes to the relay and the database
            finally:
                self._in_flight.end(job.plan)
                self.ledger.end(job.relay, job.requester, job.case_label)
                if not (in_flight.over or in_flight.moved or self.closing):
                    await self._cancel(in_flight)

    async def reply(self, session: RelaySession, message: ObservationMessage | Done | Refusal) -> None:
        """Handle a relay's message about a plan."""
        in_flight = self._in_flight.get(message.plan)
        if in_flight and in_flight.relay == session.name:
            in_flight.take(message)
        else:  # canceled, or not ours: no one waits for it
            await self._acknowledge(session.name, message)

    async def relay_ready(self, session: RelaySession, ready: Ready) -> None:
        """Continue the plans that the relay still has, and resend those that it apparently never received."""
        loop = asyncio.get_running_loop()
        for plan in ready.plans:
            if not self._in_flight.get(plan) and not self._in_flight.has_ended(plan):
                # Sent before this hub started: its client may still come back.
                orphan = InFlightPlan(plan, session.name, last=-1, deadline=loop.time() + GRACE)
                self._in_flight.add(orphan)
                loop.call_later(GRACE, self._give_up, orphan)
        for envelope in self._in_flight.relay_back(session.name, ready.plans):
            await session.run(envelope)

    def relay_gone(self, name: str) -> None:
        """Let the relay's plans wait for its return."""
        self._in_flight.relay_gone(name, f"the connection to {name} was lost")

    def relay_renamed(self, before: str, name: str) -> None:
        """Go on with the plans of a relay that has another name now."""
        self._in_flight.relay_renamed(before, name)

    def relay_moved(self, name: str) -> None:
        """End the plans of a relay that is connected to another hub: their clients go on there."""
        for in_flight in self._in_flight.of(name):
            in_flight.move()

    async def _start(self, job: HubJob) -> InFlightPlan | str:
        """Send *job*; returns the reason, as part of a sentence, if it cannot be sent."""
        now = asyncio.get_running_loop().time()
        if job.after >= 0 and await self._has_been_sent(job):
            return self._resume(job, now)
        session = self._sessions.get(job.relay)
        may_return = job.after == 0 and not (session and session.ready)  # it has lost its hub, too
        if session is None and not may_return:
            TALLY.count(PLANS_REFUSED, "not_connected")
            return await why_absent(job.relay, self.find, self._others)
        not_ready = session.trouble() if session and not may_return else ""
        trouble = not_ready or self.ledger.refuse(job.relay, job.requester, job.case_label, now)
        if trouble:
            TALLY.count(PLANS_REFUSED, "not_ready" if not_ready else "limit")
            await self._write_down(job, f"not sent: {trouble}")
            return trouble
        with ExitStack() as unless_sent:  # the requester may disconnect at any await
            unless_sent.callback(self.ledger.end, job.relay, job.requester, job.case_label)
            is_new = await self._write_down(job, "running")
            if self._in_flight.get(job.plan) or not is_new:
                TALLY.count(PLANS_REFUSED, "repeated")
                return await why_not_again(job.relay, self._registry)
            deadline = now + job.budget + GRACE
            in_flight = InFlightPlan(job.plan, job.relay, deadline=deadline, envelope=job.envelope)
            self._in_flight.add(in_flight)
            unless_sent.callback(self._in_flight.end, job.plan)
            session = self._sessions.get(job.relay) or session
            if session and session.ready:
                in_flight.wait_for_relay(f"{job.relay} did not answer in time")
                await session.run(job.envelope)
            else:
                in_flight.wait_for_relay(f"{job.relay} did not reconnect to the hub", GRACE)
            unless_sent.pop_all()
        return in_flight

    async def _has_been_sent(self, job: HubJob) -> bool:
        """Whether a hub may have sent the plan before the connection to that hub was lost."""
        if job.after > 0 or self._in_flight.get(job.plan):
            return True
        try:
            return await self._registry.has_plan(job.plan)
        except StoreError:
            return True

    async def _write_down(self, job: HubJob, outcome: str) -> bool:
        """Write *job* into the audit log; False when it was there before."""
        return await self._registry.begin(
            AuditEntry(job.plan, time.time(), job.relay, job.requester, job.case_label, outcome)
        )

    def _resume(self, job: HubJob, now: float) -> InFlightPlan:
        """Continue a plan that was sent before this hub started, if its relay still has it."""
        self.ledger.resume(job.relay, job.requester, job.case_label)
        in_flight, deadline = self._in_flight.get(job.plan), now + job.budget + GRACE
        if in_flight is None:
            in_flight = InFlightPlan(job.plan, job.relay, last=job.after, deadline=deadline)
            self._in_flight.add(in_flight)
            session = self._sessions.get(job.relay)
            if session and session.ready:
                in_flight.take(PlanLost(job.plan, f"{job.relay} no longer has this plan"))
            else:
                in_flight.wait_for_relay(f"{job.relay} did not reconnect to the hub", GRACE)
        in_flight.claimed, in_flight.deadline = True, deadline
        return in_flight

    async def _events(self, in_flight: InFlightPlan, after: int) -> AsyncGenerator[HubEvent, None]:
        while not is_last(event := await _next(in_flight)):
            if not (isinstance(event, ObservationMessage) and event.n <= after):
                yield event
            # The client has the event, so the relay may drop it; later acknowledgments include this one.
            if in_flight.events.empty():
                await self._acknowledge(in_flight.relay, event)
        try:
            yield event
        finally:  # no one requests more after the last event
            await self._acknowledge(in_flight.relay, event)
            outcome = outcome_of(event, self._sessions.get(in_flight.relay))
            count_end(outcome)
            await self._registry.end(in_flight.plan, outcome)

    async def _acknowledge(self, relay: str, event: HubEvent) -> None:
        session = self._sessions.get(relay)
        if session is None or isinstance(event, PlanLost):
            return
        count = event.n + isinstance(event, Done) if isinstance(event, ObservationMessage | Done) else 1
        await session.line.say(Ack(event.plan, count))

    async def _cancel(self, in_flight: InFlightPlan) -> None:
        if session := self._sessions.get(in_flight.relay):
            await session.line.say(Cancel(in_flight.plan))
        count_end("cancelled")
        await self._registry.end(in_flight.plan, "cancelled")

    def _give_up(self, orphan: InFlightPlan) -> None:
        """Drop a plan from before the restart that no client came back for; later messages about it are discarded."""
        if not orphan.claimed:
            self._in_flight.end(orphan.plan)


async def _next(in_flight: InFlightPlan) -> HubEvent:
    event = await in_flight.events.get()
    if event is None:
        raise RelayMovedError(f"{in_flight.relay} is connected to another hub")
    return event


async def _only(event: HubEvent) -> AsyncGenerator[HubEvent, None]:
    yield event
