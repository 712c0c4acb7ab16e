"""Which relays are there, and their plans: each handed out once, its observations given on as they come."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from typing import Final

from bot.enrolment import Audited, Enrolled, Enrolment
from bot.hub.flights import GRACE, Flight, Flights, is_last
from bot.hub.jobs import Health, Job, Lost, Reply
from bot.hub.limits import Ledger, Limits
from bot.hub.session import Line, RejectedError, Session, greet
from probes.channel import (
    Ack,
    Cancel,
    Done,
    Leaving,
    Message,
    Order,
    Ping,
    Pong,
    Ready,
    Refusal,
    Seen,
    Welcome,
)
from probes.verdicts import open_refusal
from probes.wire import WireError

log: Final = logging.getLogger(__name__)

BEAT: Final = 15.0  # seconds between pings to one relay; proxies drop what is silent for a minute
MISSED: Final = 3  # unanswered pings that end a connection
GREETING: Final = 20.0  # seconds for a proof, over a slow proxy
ALIVE: Final = 2.0  # seconds that a connection has to show it is there when another one claims its key
WATCH: Final = 1.0  # seconds between two looks for what other processes changed in the database


class Hub:
    """The relays of one database. `serving` must be entered for anything to happen."""

    def __init__(
        self, enrolment: Enrolment, names: Collection[str], limits: Limits | None = None, beat: float = BEAT
    ) -> None:
        self.enrolment = enrolment
        self.sessions: dict[str, Session] = {}
        self._names = frozenset(name.casefold() for name in names)
        self._flights = Flights()
        self._ledger = Ledger(limits or Limits())
        self._beat = beat
        self.closing = False  # from then on nothing is cancelled: the next hub may go on with it
        self._claims: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Hub"]:
        """Ping and watch as long as the block lasts; then every connection ends."""
        tasks = [asyncio.create_task(self._ping_all()), asyncio.create_task(self._watch())]
        try:
            yield self
        finally:
            self.closing = True
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for session in tuple(self.sessions.values()):
                session.line.abort()

    async def take_in(self, line: Line) -> None:
        """Talk with whoever dialled in until they go."""
        session: Session | None = None
        because = "the connection broke"
        try:
            async with asyncio.timeout(GREETING):
                session, relay = await greet(line, self.enrolment, self._names)
                await self._admit(session, relay)
            while (message := await line.hear()) is not None:
                await self._heard(session, message)
            because = "it left" if session.leaving else "the connection was closed"
        except RejectedError as rejected:
            because = rejected.message().sentence
            log.warning(
                "relay %s turned away: %s (%s)", session.name if session else "?", rejected.reason, because
            )
            await line.say(rejected.message())
        except TimeoutError:
            log.info("somebody dialled in and did not prove who they are in time")
        except ConnectionError:
            pass
        finally:
            if session and self.sessions.get(session.name) is session:
                del self.sessions[session.name]
                log.info("relay %s is gone: %s", session.name, because)
                self._flights.relay_gone(session.name, f"the connection to {session.name} was lost")
                await self.enrolment.heard(session.name, time.time(), because)

    async def relays(self) -> tuple[Health, ...]:
        """List every enrolled relay, connected or not."""
        return tuple(
            self._health(one) for one in await self.enrolment.all() if one.key and one.revoked is None
        )

    async def relay(self, name: str) -> Health | None:
        """Tell how one relay is; None unless it is enrolled."""
        one = await self.enrolment.find(name)
        return self._health(one) if one and one.key and one.revoked is None else None

    @asynccontextmanager
    async def run(self, job: Job) -> AsyncIterator[AsyncIterator[Reply]]:
        """Have *job* run once; leaving the block cancels the rest of it."""
        flight, refused = await self._start(job)
        events = self._events(flight, job.after)
        try:
            if refused:
                log.info("plan %s for %s by %s not sent: %s", job.plan, job.relay, job.who, refused)
                flight.take(Lost(job.plan, refused))
            yield events
        finally:
            await events.aclose()
            if not refused:
                self._flights.end(job.plan)
                self._ledger.end(job.relay, job.who)
                if not flight.over and not self.closing:
                    await self._cancel(job)

    async def _start(self, job: Job) -> tuple[Flight, str]:
        """Hand *job* out; or say, as part of a sentence, why not."""
        loop = asyncio.get_running_loop()
        if job.after >= 0:
            return self._resume(job), ""
        flight = Flight(job.plan, job.relay)
        session = self.sessions.get(job.relay)
        if session is None:
            return flight, await self._absent(job.relay)
        trouble = session.trouble() or self._ledger.refuse(job.relay, job.who, loop.time())
        entry = Audited(job.plan, time.time(), job.relay, job.who, job.what)
        if trouble:
            refused = Audited(job.plan, entry.at, job.relay, job.who, job.what, f"not sent: {trouble}")
            await self.enrolment.begin(refused)
            return flight, trouble
        if self._flights.get(job.plan) or not await self.enrolment.begin(entry):
            self._ledger.end(job.relay, job.who)
            return flight, "that very plan was sent before, and no plan runs twice"
        flight.deadline, flight.envelope = loop.time() + job.budget + GRACE, job.envelope
        self._flights.add(flight)
        flight.wait_for_relay(f"{job.relay} did not answer in time")
        await session.line.say(Order(job.envelope))
        return flight, ""

    async def _cancel(self, job: Job) -> None:
        if session := self.sessions.get(job.relay):
            await session.line.say(Cancel(job.plan))
        await self.enrolment.end(job.plan, "cancelled")

    def _resume(self, job: Job) -> Flight:
        """Go on with a plan that was handed out before this hub started, if its relay still has it."""
        self._ledger.resume(job.relay, job.who)
        flight = self._flights.get(job.plan)
        if flight is None:
            flight = Flight(job.plan, job.relay, last=job.after)
            self._flights.add(flight)
            flight.deadline = asyncio.get_running_loop().time() + job.budget + GRACE
            if self.sessions.get(job.relay) and self.sessions[job.relay].ready:
                flight.take(Lost(job.plan, f"{job.relay} does not know of this plan any more"))
            else:
                flight.wait_for_relay(f"{job.relay} did not come back to the hub", GRACE)
        flight.claimed = True
        flight.deadline = asyncio.get_running_loop().time() + job.budget + GRACE
        return flight

    async def _events(self, flight: Flight, after: int) -> AsyncGenerator[Reply, None]:
        while not is_last(event := await flight.events.get()):
            if not (isinstance(event, Seen) and event.n <= after):
                yield event
            # The asker has it now, so that the relay need not keep it; what comes next will say so, too.
            if flight.events.empty():
                await self._acknowledge(flight.relay, event)
        try:
            yield event
        finally:  # nobody asks for more after the last
            await self._acknowledge(flight.relay, event)
            await self.enrolment.end(flight.plan, self._outcome(flight.relay, event))

    async def _acknowledge(self, relay: str, event: Reply) -> None:
        session = self.sessions.get(relay)
        if session is None or isinstance(event, Lost):
            return
        count = event.n + isinstance(event, Done) if isinstance(event, Seen | Done) else 1
        await session.line.say(Ack(event.plan, count))

    def _outcome(self, relay: str, event: Reply) -> str:
        match event:
            case Done():
                return event.outcome
            case Lost():
                return f"lost: {event.because}"
        session = self.sessions.get(relay)
        with suppress(WireError, AttributeError):
            assert isinstance(event, Refusal)
            assert session
            return f"refused: {open_refusal(event.signed, session.key).reason}"
        return "refused"

    async def _admit(self, session: Session, relay: Enrolled) -> None:
        """Welcome *session*, in the place of an older connection of the same relay that is dead."""
        async with self._claims.setdefault(session.key, asyncio.Lock()):
            old = self.sessions.get(session.name)
            if old and old.key == session.key and await self._is_alive(old):
                raise RejectedError("busy", 60.0)
            self.sessions[session.name] = session
            if old:
                self._flights.relay_gone(session.name, f"the connection to {session.name} was lost")
                await old.line.say(RejectedError("replaced").message())
                old.line.abort()
        log.info("relay %s is connected, version %s", session.name, session.version)
        await session.line.say(Welcome(relay.name, relay.vantage, time.time(), self._beat))

    async def _is_alive(self, session: Session) -> bool:
        """Whether *session* answers a ping now."""
        await session.ping()
        with suppress(TimeoutError):
            async with asyncio.timeout(ALIVE):
                while session.unanswered:
                    if self.sessions.get(session.name) is not session:
                        return False
                    await asyncio.sleep(0.02)
                return True
        return False

    async def _heard(self, session: Session, message: Message) -> None:
        match message:
            case Pong():
                session.pong(message)
            case Ping():
                await session.line.say(Pong(message.n, time.time()))
            case Seen() | Done() | Refusal():
                await self._reply(session, message)
            case Ready():
                await self._ready(session, message)
            case Leaving():
                session.leaving = True
            case _:
                raise RejectedError("malformed", 60.0)

    async def _reply(self, session: Session, message: Seen | Done | Refusal) -> None:
        flight = self._flights.get(message.plan)
        if flight and flight.relay == session.name:
            flight.take(message)
        else:  # cancelled meanwhile, or never ours: nobody waits for it
            await self._acknowledge(session.name, message)

    async def _ready(self, session: Session, ready: Ready) -> None:
        session.ready = ready
        session.offset = ready.offset
        for plan in ready.plans:
            if not self._flights.get(plan) and not self._flights.has_ended(plan):
                # From before this hub started: whoever asked may come for it.
                orphan = Flight(plan, session.name, last=-1)
                orphan.deadline = asyncio.get_running_loop().time() + GRACE
                self._flights.add(orphan)
                asyncio.get_running_loop().call_later(GRACE, self._give_up, orphan)
        for envelope in self._flights.relay_back(session.name, ready.plans):
            await session.line.say(Order(envelope))
        state = {
            "version": session.version,
            "checks": dict(ready.checks),
            "limits": dict(ready.limits),
            "offset_s": ready.offset,
            "ready": ready.ready,
        }
        await self.enrolment.heard(session.name, time.time(), "", state)
        await session.ping()

    def _give_up(self, orphan: Flight) -> None:
        """Forget a plan from before that nobody came for; what its relay still says is thrown away."""
        if not orphan.claimed:
            self._flights.end(orphan.plan)

    async def _absent(self, name: str) -> str:
        relay = await self.enrolment.find(name)
        if relay is None:
            return f"there is no relay {name}"
        if relay.revoked is not None:
            return f"{name} has been revoked"
        if relay.seen is None:
            return f"{name} has never connected to the hub"
        ago = spoken_ago(time.time() - relay.seen)
        return f"{name} is not connected to the hub; last seen {ago} ago ({relay.gone or 'the hub ended'})"

    def _health(self, one: Enrolled) -> Health:
        session = self.sessions.get(one.name)
        if session is None:
            return Health(
                one.name, one.key or "", one.sealing, one.vantage, False, False, one.seen, one.gone,
                version=str(one.state.get("version", "")), labels=one.labels, channels=one.channels,
            )  # fmt: skip
        return Health(
            one.name,
            session.key,
            session.sealing,
            one.vantage,
            connected=True,
            ready=session.takes_plans,
            seen=time.time(),
            gone=session.trouble(),
            version=session.version,
            round_trip_ms=None if session.round_trip is None else round(session.round_trip * 1000, 2),
            offset_s=None if session.offset is None else round(session.offset, 3),
            running=self._ledger.running(one.name),
            checks=dict(session.ready.checks) if session.ready else None,
            probes=session.probes,
            labels=one.labels,
            channels=one.channels,
        )

    async def _ping_all(self) -> None:
        """Ping every relay once in a beat, a few at a time."""
        parts = 16
        while True:
            for part in range(parts):
                await asyncio.sleep(self._beat / parts)
                for session in tuple(self.sessions.values())[part::parts]:
                    if session.unanswered >= MISSED:
                        log.info("relay %s does not answer", session.name)
                        session.line.abort()
                    else:
                        await session.ping()

    async def _watch(self) -> None:
        """Take notice of relays that were revoked or renamed from elsewhere."""
        while True:
            await asyncio.sleep(WATCH)
            if not await self.enrolment.changed_elsewhere():
                continue
            by_key = {one.key: one for one in await self.enrolment.all() if one.key}
            for session in tuple(self.sessions.values()):
                relay = by_key.get(session.key)
                if relay is None or relay.revoked is not None:
                    await session.line.say(RejectedError("revoked").message())
                    await session.line.socket.close()
                elif relay.name != session.name and relay.name not in self.sessions:
                    del self.sessions[session.name]
                    session.name = relay.name
                    self.sessions[relay.name] = session


def spoken_ago(seconds: float) -> str:
    """Say a time in the past roughly: 40 s, 5 min, 3 h, 2 days."""
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size or (size < 86_400 and seconds >= size):
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
