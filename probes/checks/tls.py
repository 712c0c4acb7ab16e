"""Check whether TLS is genuine: one handshake without verification, then judge the certificate chain."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from probes.checks.attempts import Flow, Repeated
from probes.checks.context import ProbeContext
from probes.checks.handshake import STAGES, Handshake
from probes.checks.targets import address_of
from probes.net.certificate_verdict import Trust
from probes.net.clock import now
from probes.protocol.failures import EgressDenied, Failure
from probes.protocol.model import Step

# Seconds until the second handshake: a healthy one takes three round trips, and some milliseconds of work.
_FIRST_GAP: Final = 0.3
_ROUND_TRIPS: Final = 4
# Seconds after which a handshake counts as lost. The kernel sends an unconfirmed ClientHello three times by then.
_PATIENCE: Final = 0.8
_SLOW: Final = 2.0  # the same where the server's TCP confirmed the ClientHello: the server may be slow
# Another server name, sent to the same address where ours is not answered: reserved for such use (RFC 2606).
OTHER_NAME: Final = "www.example.com"
_CONTROLS: Final = 3  # handshakes with it
# The part of the budget for the attempts. The rest is a margin, so that the check itself ends in time.
_SHARE: Final = 0.96


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Complete a handshake, noting how far it got, and judge the certificates.

    Where nothing comes back, other handshakes follow on fresh ports, until loss cannot explain it.
    """
    start = now()
    context.note(stage="connect")
    address = await address_of(step, context)
    context.note(address=address)
    work = _Handshakes(step, context, address)
    try:
        done = await work.repeated(step.budget * _SHARE - (now() - start)).run()
        assert done.stream is not None
        stream = done.stream
        context.note(tls_ms=done.tls_ms, version=stream.version, cipher=stream.cipher, alpn=stream.alpn)
        return judge(step, context, stream.chain)
    finally:
        await work.close()


@dataclass(slots=True)
class _Handshakes:
    """All handshakes of one check."""

    step: Step
    context: ProbeContext
    address: str
    made: list[Handshake] = field(default_factory=list)
    controls: list[Handshake] = field(default_factory=list)  # with another server name
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def repeated(self, limit: float) -> Repeated[Handshake]:
        """The attempts, of which the first that ends decides."""
        flow = Flow("tcp", self.address, self.step.target.port)
        round_trip = self.context.shared.controls.round_trip(flow.address, flow.port)
        return Repeated(
            self._next,
            flow,
            self.context,
            limit,
            patience=_PATIENCE,
            first_gap=max(_FIRST_GAP, _ROUND_TRIPS * round_trip + 0.1),
            is_lost=self._is_lost,
            avoids=False,
        )

    def _next(self) -> Coroutine[Any, Any, Handshake]:
        if self.made and len(self.controls) < _CONTROLS:
            self._start_control()
        handshake = Handshake(self.step.target.host, self.address, self.step.target.port, self.context)
        self.made.append(handshake)
        return handshake.run()

    def _start_control(self) -> None:
        """Try another server name at the same address: one that is answered shows that ours is what is dropped."""
        control = Handshake(OTHER_NAME, self.address, self.step.target.port, self.context)
        self.controls.append(control)
        self._tasks.append(asyncio.create_task(self._run(control)))

    @staticmethod
    async def _run(control: Handshake) -> None:
        with suppress(OSError, EOFError, EgressDenied):
            await control.run()

    def _is_lost(self, number: int, age: float, patience: float) -> bool:
        return age >= (max(patience, _SLOW) if self.made[number].is_confirmed else patience)

    async def close(self) -> None:
        """Note the facts of the one that came furthest, and close all."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        max(self.made, key=lambda handshake: STAGES.index(handshake.stage)).note()
        if not any(handshake.is_answered for handshake in self.made) and any(
            control.is_answered for control in self.controls
        ):
            sent = sum(handshake.hello_sent for handshake in self.made)
            self.context.note(other_name=OTHER_NAME, hello_sent=sent)
        for handshake in (*self.made, *self.controls):
            handshake.close()


def judge(step: Step, context: ProbeContext, chain: tuple[bytes, ...]) -> Failure | None:
    """Judge *chain* for the step's host at the current time, and note its facts."""
    judgement = _trust(context.shared.plan.roots).judge(chain, step.target.host, datetime.now(UTC))
    context.note(authority=judgement.authority, **judgement.facts)
    if judgement.skew_s is not None:
        context.note(skew_s=round(judgement.skew_s))
    return judgement.failure


_trust: Final = lru_cache(maxsize=8)(Trust)  # one for all checks of a plan: it reads the plan's roots once
