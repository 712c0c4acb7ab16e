"""Relays that connect to several hubs in turn: `python -m tests.hub.wanderer FOLDER FIRST LAST URL...` runs many.

It reads the keys of relays FIRST to LAST - 1 from FOLDER/keys, which `many_relays.enrol` writes, and adds a line to
FOLDER/ran for each plan that starts and for each relay that is sent away: the time, the relay, and the plan with its
nonce or the reason. A process that starts again reads there which plans it must not run a second time.
"""

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from probes.protocol.failures import Failure
from probes.protocol.json_codec import observation_to_json
from probes.protocol.json_fields import Json
from probes.protocol.keys import Identity, decode
from probes.protocol.messages import Done, ObservationMessage
from probes.protocol.model import Observation, Step
from probes.protocol.order import SignedPlan
from probes.protocol.report import sign_report
from tests.hub.scripted_relay import Dialler, TurnedAwayError, dialled, observation


def refused(step: Step) -> Json:
    """Observe that nothing listens, as a relay does whose firewall rejects everything."""
    failure = Failure.DNS_REFUSED_ERROR if step.probe == "dns" else Failure.CONNECTION_REFUSED
    return observation_to_json(Observation(step.id, step.probe, step.target, failure, {}, 1.0, 0.001))


@dataclass
class Wanderer:
    """A relay that connects to one of the hubs again and again, and keeps what was not acknowledged."""

    name: str
    me: Identity
    signer: str
    session: aiohttp.ClientSession
    observe: Callable[[Step], Json] = observation
    note: Callable[[str, str], None] = lambda name, what: None  # what it ran, and why it was sent away
    orders: list[SignedPlan] = field(default_factory=list)
    spent: set[str] = field(default_factory=set)  # nonces of plans that an earlier process ran
    ran: Counter[str] = field(default_factory=Counter)
    journal: dict[str, list[ObservationMessage | Done]] = field(default_factory=dict)
    end: str = ""  # why the hubs sent it away

    async def wander(self, urls: Sequence[str]) -> None:
        turn = random.randrange(len(urls))
        while not self.end:
            turn += 1
            relay = Dialler(
                self.me, self.signer, "", "127.0.0.1", answer=self._run, orders=self.orders, spent=self.spent
            )
            relay.held = tuple(self.journal)
            relay.keep = self._noted(relay)  # type: ignore[method-assign]  # sees each message
            try:
                async with dialled(relay, urls[turn % len(urls)], session=self.session):
                    for messages in tuple(self.journal.values()):
                        for message in messages:
                            await relay.say(message)
                    assert relay.socket
                    while not relay.socket.closed:
                        await asyncio.sleep(0.1)
                        self._forget(relay)
            except TurnedAwayError as error:
                if str(error).startswith("revoked:"):
                    self.end = "revoked"
                    self.note(self.name, self.end)
            except (aiohttp.ClientError, OSError, TypeError, ValueError, AssertionError, RuntimeError):
                pass  # a hub that is killed at this moment
            await asyncio.sleep(random.uniform(0.1, 1.0))

    def _noted(self, relay: Dialler) -> Callable[[object], None]:
        return lambda _: self._forget(relay)

    def _forget(self, relay: Dialler) -> None:
        for plan, count in relay.acked.items():
            if count >= len(self.journal.get(plan, ())):
                self.journal.pop(plan, None)

    async def _run(self, relay: Dialler, order: SignedPlan) -> None:
        self.ran[order.id] += 1
        self.note(self.name, f"{order.id} {order.nonce}")
        seen = [self.observe(step) for step in order.plan.steps]
        report = sign_report(order.id, "finished", seen, self.me)
        messages: list[ObservationMessage | Done] = [
            ObservationMessage(order.id, n, item) for n, item in enumerate(seen, 1)
        ]
        self.journal[order.id] = [*messages, Done(order.id, len(seen), "finished", report)]
        for message in self.journal[order.id]:
            with suppress(aiohttp.ClientError, OSError):
                await relay.say(message)


async def run(folder: Path, first: int, last: int, urls: Sequence[str]) -> None:
    """Let relays wander until the process is killed."""
    signer, *seeds = (folder / "keys").read_text().split()
    with (folder / "ran").open("a+") as record:
        record.seek(0)
        spent = {line.split()[-1] for line in record}

        def note(name: str, what: str) -> None:
            record.write(f"{time.time()} {name} {what}\n")
            record.flush()

        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            relays = [
                Wanderer(
                    f"relay-{n}",
                    Identity.from_seed(decode(seeds[n])),
                    signer,
                    session,
                    refused,
                    note,
                    spent=spent,
                )
                for n in range(first, last)
            ]
            await asyncio.gather(*(relay.wander(urls) for relay in relays))
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]))
