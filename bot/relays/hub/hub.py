"""The hub: accept relays, report their status, and run plans on them."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Final

from bot.background import PeriodicTask
from bot.logs import LogThrottle
from bot.relays.hub.absence import why_unusable
from bot.relays.hub.accept import PROOF, make_waiting_room
from bot.relays.hub.connections import BEAT, WATCH, RelayConnections
from bot.relays.hub.dispatcher import PlanDispatcher
from bot.relays.hub.heard_relays import APART, HeardRelays
from bot.relays.hub.messages import HubEvent, HubJob, HubStatus, RelayStatus
from bot.relays.hub.other_hubs import OtherHubs
from bot.relays.hub.quotas import HubLimits
from bot.relays.hub.rejections import RejectedError
from bot.relays.hub.relay_status import status_elsewhere, status_here
from bot.relays.hub.relay_stream import RelayStream
from bot.relays.hub.session import RelaySession, greet
from bot.storage.database import StoreError
from bot.storage.relay_registry import RegisteredRelay, RelayRegistry
from probes.protocol.messages import (
    Done,
    Leaving,
    ObservationMessage,
    Ping,
    Pong,
    Ready,
    Refusal,
    RelayMessage,
    Welcome,
)
from probes.protocol.metrics import IN_FLIGHT, REJECTED, RELAYS, TASKS_FAILING, WAITING
from probes.protocol.tally import TALLY, Key

log: Final = logging.getLogger(__name__)


class Hub:
    """The relays of one database; nothing runs outside `serving`."""

    absent = "the hub has stopped"

    def __init__(
        self,
        registry: RelayRegistry,
        names: Collection[str],
        limits: HubLimits | None = None,
        beat: float = BEAT,
    ) -> None:
        self.registry = registry
        self.others = OtherHubs()
        self._names = frozenset(name.casefold() for name in names)
        self.connections = RelayConnections(registry, beat)
        self.waiting = make_waiting_room()
        self._heard_relays = HeardRelays(registry)
        self.background = (
            PeriodicTask("storing the state of relays", self._heard_relays.store_next, APART, at_once=True),
            PeriodicTask("pinging the relays", self.connections.ping_some, self.connections.pause),
            PeriodicTask("watching for revoked relays", self.connections.watch, WATCH),
        )
        self._throttle = LogThrottle(log)
        self._plans = PlanDispatcher(registry, self.sessions, limits or HubLimits(), self.others)
        self._plans.find = self._heard_relays.find
        self.connections.renamed = self._plans.relay_renamed
        self.relay_moved = self._plans.relay_moved  # its plans go on at the hub that it is connected to

    @property
    def sessions(self) -> dict[str, RelaySession]:
        """The connected relays, by name."""
        return self.connections.sessions

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Hub"]:
        """Ping relays and watch the database while the block runs, then close every connection."""
        tasks = [asyncio.create_task(task.run()) for task in self.background]
        try:
            yield self
        finally:
            self.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for session in tuple(self.sessions.values()):
                session.line.abort()
            with suppress(StoreError):  # it was logged before
                await self._heard_relays.store()

    def failing(self) -> list[str]:
        """List the background tasks that keep failing, and a NATS that stays away, one sentence each."""
        return list(filter(None, (*(task.problem for task in self.background), self.others.problem())))

    def status(self) -> HubStatus:
        """Count what the hub has at this moment."""
        return HubStatus(
            len(self.sessions),
            self._plans.ledger.total,
            len(self.waiting),
            tuple(self.failing()),
            self.others.state(),
            self.others.hubs,
        )

    def gauges(self) -> dict[Key, float]:
        """Return what the metrics show of this moment."""
        status = self.status()
        return {
            (RELAYS, ""): status.connected,
            (IN_FLIGHT, ""): status.running,
            (WAITING, ""): status.waiting,
            (TASKS_FAILING, ""): len(status.failing),
        } | self.others.gauges()

    async def give_up(self, session: RelaySession, rejected: RejectedError | None = None) -> None:
        """Disconnect a relay that is connected to another hub; its plans go on there."""
        if self.connections.leave(session):
            self.relay_moved(session.name)
            if rejected:
                await session.line.say(rejected.message())
            session.line.abort()

    def close(self) -> None:
        """Stop canceling plans when clients or relays disconnect: the next hub may continue them."""
        self._plans.closing = True

    def run(self, job: HubJob) -> AbstractAsyncContextManager[AsyncIterator[HubEvent]]:
        """Run *job* once; leaving the block cancels the rest."""
        return self._plans.run(job)

    async def take_in(self, line: RelayStream, proved: Callable[[], None] = lambda: None) -> None:
        """Serve one relay connection from the handshake to its end; call *proved* once it is authenticated."""
        session: RelaySession | None = None
        because = "the connection broke"
        try:
            async with asyncio.timeout(PROOF):
                session, relay = await greet(line, self.registry, self._names)
                proved()
                await self._welcome(session, relay)
            while (message := await line.hear()) is not None:
                await self._heard(session, message)
            because = "it left" if session.leaving else "the connection was closed"
        except RejectedError as rejected:
            TALLY.count(REJECTED, rejected.reason)
            because = rejected.message().sentence
            name = session.name if session else "?"
            self._throttle.warn(
                f"rejected relay {name}: {rejected.reason} ({because})", f"{name} {rejected.reason}"
            )
            await line.say(rejected.message())
        except TimeoutError:
            self._throttle.warn("closed connections that did not identify their relay in time")
        except ConnectionError:
            pass
        finally:
            if session and self.connections.leave(session):
                log.info("relay %s disconnected: %s", session.name, because)
                self._plans.relay_gone(session.name)
                self._heard_relays.note(session.name, because)

    async def relays(self) -> tuple[RelayStatus, ...]:
        """List every enrolled relay, connected or not."""
        registered = await self.registry.all()
        return tuple(self._status(relay) for relay in registered if not why_unusable(relay))

    async def unusable(self) -> dict[str, str]:
        """Return why relays that are revoked or have not joined cannot be used, as what follows the name."""
        return {relay.name: why_unusable(relay) for relay in await self.registry.unusable()}

    async def relay(self, name: str) -> RelayStatus | None:
        """Return the status of one relay; None if it is not enrolled."""
        relay = await self.registry.find(name)
        return self._status(relay) if relay and not why_unusable(relay) else None

    def _status(self, relay: RegisteredRelay) -> RelayStatus:
        session, running = self.sessions.get(relay.name), self._plans.ledger.running(relay.name)
        if session:
            return status_here(relay, session, running)
        return status_elsewhere(self._heard_relays.newest(relay), self.others)

    async def _welcome(self, session: RelaySession, relay: RegisteredRelay) -> None:
        """Welcome *session*, and close a dead connection of the same relay."""
        if old := await self.connections.admit(session):
            self._plans.relay_gone(session.name)
            await old.line.cut(RejectedError("replaced").message())
        log.info("relay %s connected, version %s", session.name, session.version)
        await session.line.say(Welcome(relay.name, relay.vantage, time.time(), self.connections.beat))

    async def _heard(self, session: RelaySession, message: RelayMessage) -> None:
        match message:
            case Pong():
                await session.pong(message)
            case Ping():
                await session.line.say(Pong(message.n, time.time()))
            case ObservationMessage() | Done() | Refusal():
                await self._plans.reply(session, message)
            case Ready():
                await self._ready(session, message)
            case Leaving():
                session.leaving = True
            case _:
                raise RejectedError("malformed", 60.0)

    async def _ready(self, session: RelaySession, ready: Ready) -> None:
        session.ready = ready
        session.offset = ready.offset
        self.connections.changes.add(session.name)
        await self._plans.relay_ready(session, ready)
        state = {
            "version": session.version,
            "checks": dict(ready.checks),
            "limits": dict(ready.limits),
            "offset_s": ready.offset,
            "ready": ready.ready,
        }
        self._heard_relays.note(session.name, "", state)
        await session.ping()
