"""Main loop of a relay: connect to the hub, run a self-test, take plans, reconnect, shut down in order."""

import asyncio
import logging
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from probes.protocol.keys import Identity
from probes.protocol.messages import Ack, Cancel, Hello, Leaving, Ready, RunPlan
from probes.protocol.metrics import HUB_CONNECTED, HUB_FAILURES, IN_FLIGHT, QUEUE
from probes.protocol.revocation import is_revocation
from probes.protocol.tally import TALLY, Key
from probes.relay.admission import describe
from probes.relay.dial_errors import LinkError
from probes.relay.hub_address import HubAddress
from probes.relay.link import BUSY_BEAT, BUSY_SILENCE, HubTime, Link, dial, hello_for
from probes.relay.orders import PlanQueue
from probes.relay.selftest import is_ready, test_host

log: Final = logging.getLogger(__name__)

# Seconds. The wait before another attempt doubles up to SOON, and a random part of up to half is taken off,
# so that a thousand relays do not reconnect at once. After PATIENCE without a hub it grows up to LATER.
FIRST: Final = 0.5
SOON: Final = 8.0
LATER: Final = 60.0
PATIENCE: Final = 300.0
REFUSED: Final = 30.0  # the first wait after a hub refused this relay: it may be restored or replaced by then
HOUR: Final = 3600.0

UNWANTED: Final = (
    "no connection to the hub: %s. This may be a different hub, or one restored from a backup. "
    "Next attempt in %.1f min"
)

# Seconds for running plans to finish when the relay is stopped, and for the hub to acknowledge their results.
FINISH: Final = 12.0
FAREWELL: Final = 2.0


@dataclass(slots=True, eq=False)
class Agent:
    """A running relay."""

    hub: HubAddress
    identity: Identity
    plans: PlanQueue
    version: str
    probes: tuple[str, ...]
    pause: float = FIRST  # the first wait between attempts
    finish: float = FINISH
    own_checks: Mapping[str, str] = field(default_factory=dict)  # results of the self-test that do not change
    trouble: str = ""  # why there is no connection, or "" while there is one
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _hub_time: HubTime = field(default_factory=HubTime)

    def stop(self) -> None:
        """Stop: finish running plans, hand back those that do not end in time, and return from `run`."""
        self._stopping.set()
        self.plans.leaving = True

    def gauges(self) -> dict[Key, float]:
        """Return what the metrics show of this moment."""
        running = len(self.plans.running)
        return {
            (HUB_CONNECTED, ""): self.plans.say is not None,
            (IN_FLIGHT, ""): running,
            (QUEUE, "unacknowledged"): len(self.plans.held) - running,
        }

    async def run(self) -> None:
        """Serve until stopped; raises LinkError once this relay is revoked by a key that signs its plans."""
        tries, since = 0, time.monotonic()
        while not self._stopping.is_set():
            try:
                async with dial(self.hub, self._hello(), self.identity, self._hub_time) as link:
                    tries, since, self.trouble = 0, time.monotonic(), ""
                    await self._serve(link)
            except LinkError as error:
                self.trouble = str(error)
                TALLY.count(HUB_FAILURES)
                if is_revocation(error.proof, self.identity.key, self.plans.signers.values()):
                    raise
                tries += 1
                seconds = max(pause(tries, time.monotonic() - since, self.pause), error.retry or 0.0)
                if error.retry == 0:
                    seconds = patience(tries)
                    log.warning(UNWANTED, error, seconds / 60)
                else:
                    log.warning("no connection to the hub: %s", error)
                await self._wait(seconds)
            finally:
                self.plans.say = None
        await self.plans.end_all(0.0)

    async def _serve(self, link: Link) -> None:
        """Handle the hub's messages until the connection breaks or the relay is stopped."""
        log.info("connected as %s", link.welcome.name)
        await self._get_ready(link)
        stopping = asyncio.create_task(self._stopping.wait())
        hearing = asyncio.create_task(self._hear(link))
        try:
            await asyncio.wait({stopping, hearing}, return_when=asyncio.FIRST_COMPLETED)
            if not hearing.done():
                await self._leave(link, hearing)
        finally:
            stopping.cancel()
            hearing.cancel()
            await asyncio.gather(stopping, hearing, return_exceptions=True)
        if not hearing.cancelled() and (error := hearing.exception()):
            raise error

    async def _get_ready(self, link: Link) -> None:
        checks = await test_host(urlsplit(self.hub.url).hostname or "", self._hub_time.ahead())
        checks |= self.own_checks
        checks["switch"] = "turned off by its operator" if self.plans.is_switched_off() else ""
        for name, sentence in checks.items():
            if sentence:
                log.warning("self-test, %s: %s", name, sentence)
        held = tuple(accepted.id for accepted in self.plans.held)
        ready = is_ready(checks) and not self.plans.leaving
        link.say(Ready(ready, checks, self._hub_time.ahead(), held[:64], describe(self.plans.policy)))
        self.plans.connected(link.say)

    async def _hear(self, link: Link) -> None:
        beat = max(1.0, link.welcome.beat)
        while True:
            busy = bool(self.plans.held)
            if link.silence > (BUSY_SILENCE if busy else 3 * beat):
                raise LinkError(f"no message from the hub for {link.silence:.0f} seconds", "silent")
            message = await link.hear(BUSY_BEAT if busy else beat)
            match message:
                case RunPlan():
                    self.plans.take(message.envelope, self._hub_time.now())
                case Ack():
                    self.plans.acknowledge(message.plan, message.n)
                case Cancel():
                    self.plans.cancel(message.plan)
                case None if busy:
                    link.ping()

    async def _leave(self, link: Link, hearing: asyncio.Task[None]) -> None:
        """Announce it, let plans finish or hand them back, and wait until the hub has acknowledged it all."""
        log.info("stopping; %d plans are running", len(self.plans.running))
        link.say(Leaving(tuple(accepted.id for accepted in self.plans.running)[:64]))
        await self.plans.end_all(self.finish)
        try:
            async with asyncio.timeout(FAREWELL):
                await link.flush()
                while self.plans.held and not hearing.done():  # noqa: ASYNC110 - ends with the last ack, or in 2 s
                    await asyncio.sleep(0.02)
        except TimeoutError:
            log.warning("the hub did not acknowledge the end of %d plans", len(self.plans.held))

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    def _hello(self) -> Hello:
        return hello_for(self.hub, self.identity, self.version, self.probes)


def pause(tries: int, alone: float, first: float = FIRST) -> float:
    """Seconds to wait after so many failed *tries* and *alone* seconds without a hub."""
    most = SOON if alone < PATIENCE else LATER
    return min(most, first * 2.0 ** min(tries - 1, 20)) * random.uniform(0.5, 1.0)  # noqa: S311 - to spread


def patience(tries: int) -> float:
    """Seconds to wait after a hub has refused this relay so many times: half a minute, then up to an hour."""
    return min(HOUR, REFUSED * 2.0 ** min(tries - 1, 20)) * random.uniform(0.75, 1.0)  # noqa: S311 - to spread


async def join(hub: HubAddress, identity: Identity, version: str, probes: tuple[str, ...], token: str) -> str:
    """Enroll *me* with the secret of an invitation; returns the name that the hub assigns. Raises LinkError."""
    hello = hello_for(hub, identity, version, probes)
    async with dial(hub, hello, identity, HubTime(), token) as link:
        return link.welcome.name
