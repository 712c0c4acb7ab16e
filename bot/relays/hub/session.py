"""Authenticate a relay that connects, and hold its state while it is connected."""

import logging
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from bot.relays.hub.rejections import RejectedError
from bot.relays.hub.relay_stream import RelayStream
from bot.storage.relay_registry import JoinRefusedError, RegisteredRelay, RelayRegistry
from probes.protocol.log_format import add_log_ids
from probes.protocol.messages import (
    Challenge,
    Hello,
    Ping,
    Pong,
    Proof,
    Ready,
    RunPlan,
)
from probes.protocol.signing import is_proved

log: Final = logging.getLogger(__name__)

STEP: Final = (
    1.0  # seconds between the clocks of hub and relay that no network explains from one ping to the next
)

NEW_KEY: Final = "delete the file “key” in the relay's folder, then join again"

FORMER: Final = "0.1."  # versions of relays that cannot read a signed revocation


@dataclass(slots=True, eq=False)
class RelaySession:
    """An authenticated relay."""

    name: str
    key: str
    sealing: str
    vantage: str
    version: str
    probes: tuple[str, ...]
    line: RelayStream
    since: float
    ready: Ready | None = None
    leaving: bool = False
    round_trip: float | None = None  # seconds
    offset: float | None = None  # seconds by which its clock is ahead
    unanswered: int = 0  # pings
    _pinged: tuple[int, float] = (0, 0.0)

    @property
    def takes_plans(self) -> bool:
        """Tell whether the relay accepts plans."""
        return self.ready is not None and self.ready.ready and not self.leaving

    def trouble(self) -> str:
        """Return why it accepts no plans, as part of a sentence, or ""."""
        if self.leaving:
            return f"{self.name} is shutting down"
        if self.ready is None:
            return f"{self.name} is still testing itself"
        if self.ready.ready:
            return ""
        wrong = "; ".join(sentence for sentence in self.ready.checks.values() if sentence)
        return f"{self.name} did not pass its own test: {wrong or 'it takes no plans'}"

    @property
    def pings(self) -> int:
        """The number of pings sent."""
        return self._pinged[0]

    async def ping(self) -> None:
        """Send a ping."""
        number = self._pinged[0] + 1
        self._pinged = (number, time.perf_counter())
        self.unanswered += 1
        await self.line.say(Ping(number))

    async def run(self, envelope: str) -> None:
        """Send a signed plan, after the time: the relay judges the plan by our clock, which may have been set since."""
        await self.line.say(Pong(0, time.time()))
        await self.line.say(RunPlan(envelope))

    async def pong(self, message: Pong) -> None:
        """Handle the reply to a ping. If either clock was set, send the relay the time."""
        self.unanswered = 0
        number, sent = self._pinged
        if message.n == number:
            slow, self.round_trip = (self.round_trip or 0.0) / 2, time.perf_counter() - sent
            before, self.offset = self.offset, message.time - (time.time() - self.round_trip / 2)
            # Each offset is uncertain by half of its round trip, which a busy machine makes long.
            most = STEP + slow + self.round_trip / 2
            if before is not None and abs(self.offset - before) > most:
                log.warning(
                    "the clock of the hub or of relay %s was set: %+.1f s", self.name, self.offset - before
                )
                await self.line.say(Pong(0, time.time()))


async def greet(
    line: RelayStream, registry: RelayRegistry, names: Collection[str]
) -> tuple[RelaySession, RegisteredRelay]:
    """Authenticate a relay that connects; `RejectedError` says why it was rejected."""
    hello = await line.expect(Hello)
    challenge = Challenge(secrets.token_urlsafe(24), time.time())
    await line.say(challenge)
    proof = await line.expect(Proof)
    if hello.hub.casefold() not in names:
        raise RejectedError("wrong_hub")
    if not is_proved(proof.signature, hello, challenge, proof.token):
        raise RejectedError("bad_proof")
    relay = await _find(hello, proof.token, registry)
    session = RelaySession(
        name=relay.name,
        key=hello.key,
        sealing=hello.sealing,
        vantage=relay.vantage,
        version=hello.version,
        probes=hello.probes,
        line=line,
        since=time.time(),
    )
    add_log_ids(relay=relay.name)
    return session, relay


async def _find(hello: Hello, token: str, registry: RelayRegistry) -> RegisteredRelay:
    """Find the relay by its key. A token is used up only if the key alone does not suffice."""
    relay = await registry.of_key(hello.key)
    if relay and token and (name := await registry.invited(token)):
        _check_key(relay, name)
    if relay and relay.revoked is None:
        return relay
    if token:
        try:
            return await registry.join(token, hello.key, hello.sealing, time.time())
        except JoinRefusedError as error:
            raise RejectedError(str(error)) from None
    raise await revoked(hello.key, hello.version, registry) if relay else RejectedError("unknown_relay")


def _check_key(relay: RegisteredRelay, name: str) -> None:
    """Reject a host that joins with an invitation for the relay *name* and with a key that cannot be its key."""
    if relay.revoked is not None:
        raise RejectedError(
            "revoked", detail=f"the key of this host was revoked, as that of {relay.name}; {NEW_KEY}"
        )
    if name != relay.name:
        raise RejectedError(
            "bad_token", detail=f"the invitation is for {name}, and this host is {relay.name}; {NEW_KEY}"
        )


async def revoked(key: str, version: str, registry: RelayRegistry) -> RejectedError:
    """Make the rejection of a revoked relay, with its signed revocation if its *version* can read it."""
    proof = "" if version.startswith(FORMER) else await registry.revocation_of(key)
    return RejectedError("revoked", proof=proof)
