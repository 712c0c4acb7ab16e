"""Check whether a TURN server is reachable over one transport, and whether it gives an allocation."""

from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from probes.checks.attempts import PATIENCE, Flow, Repeated
from probes.checks.context import ProbeContext
from probes.checks.targets import address_of
from probes.net.clock import milliseconds_since, now
from probes.net.turn import Allocation, open_allocation
from probes.net.turn_session import Credentials, TurnRefused, TurnSession
from probes.net.turn_transport import TurnEndpoint
from probes.protocol.failures import Failure, NetworkError
from probes.protocol.model import Step

_FIRST_GAP: Final = 0.3  # seconds until the second attempt
# The same over TCP and TLS, where the server answers after more round trips.
_FIRST_GAP_STREAM: Final = 0.5
_PATIENCE_STREAM: Final = 1.0
# Round trips until the first TURN answer is late, by transport; and those of a whole allocation and its release.
_ROUND_TRIPS: Final = {"udp": 2, "tcp": 3, "tls": 5}
_ALL_ROUND_TRIPS: Final = 8
# The part of the budget for the attempts. The rest is a margin, so that the check itself ends in time.
_SHARE: Final = 0.96


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Make one allocation (RFC 8656) and release it; without credentials, a challenge is enough.

    `offered` of the step, whether known ICE servers offer this transport, is noted as it is.

    Facts: reached, challenged, allocated, relayed, mapped, software, ms; error as "code reason" if refused;
    icmp_from if an ICMP error rejected it. Where nothing answers, other attempts follow on fresh ports, until loss
    cannot explain it.
    """
    begun = now()
    context.note(reached=False, challenged=False, allocated=False)
    if "offered" in step.params:
        context.note(offered=bool(step.params["offered"]))
    address = await address_of(step, context)
    work = _Allocations(step, context, address)
    start = now()
    try:
        await work.allocate(step.budget * _SHARE - (start - begun))
    except TurnRefused as refused:
        context.note(ms=milliseconds_since(start))
        if refused.failure is Failure.NO_CREDENTIALS:
            return None
        context.note(error=str(refused))
        return refused.failure
    except NetworkError as error:
        context.note(icmp_from=error.icmp_from)
        if error.failure is Failure.INCONCLUSIVE and work.is_answered and not work.is_far:
            return Failure.GENERIC_TIMEOUT_ERROR  # it is reached, and does not come to an end
        raise
    finally:
        work.note()
    return None


@dataclass(slots=True)
class _Allocations:
    """All attempts of one check."""

    step: Step
    context: ProbeContext
    address: str
    sessions: list[TurnSession] = field(default_factory=list)

    @property
    def is_answered(self) -> bool:
        """Whether any TURN message came back."""
        return any(session.answered for session in self.sessions)

    @property
    def is_far(self) -> bool:
        """Whether the round trips of an allocation take longer than the budget allows."""
        return _ALL_ROUND_TRIPS * self.context.shared.controls.slowest > self.step.budget

    async def allocate(self, limit: float) -> None:
        """Make allocations until one ends, and note its facts; raises what it ends with."""
        is_udp = self.step.target.transport == "udp"
        flow = Flow("udp" if is_udp else "tcp", self.address, self.step.target.port)
        repeated = Repeated(
            self._next,
            flow,
            self.context,
            limit,
            patience=PATIENCE if is_udp else _PATIENCE_STREAM,
            first_gap=_FIRST_GAP if is_udp else _FIRST_GAP_STREAM,
            round_trips=_ROUND_TRIPS[self.step.target.transport],
            is_lost=lambda number, age, patience: age >= patience and not self.sessions[number].answered,
            is_connecting=lambda: not any(session.connected for session in self.sessions),
        )
        try:
            allocation, ms = await repeated.run()
        finally:
            if self.is_answered:  # the time says nothing: it is of several round trips
                self.context.shared.controls.learn(flow.transport, flow.address, flow.port, 0.0)
        software = Credentials.given(self.step.secrets).scrub(allocation.software)
        self.context.note(ms=ms, allocated=True, relayed=str(allocation.relayed), software=software)
        if allocation.mapped:
            self.context.note(mapped=str(allocation.mapped))

    def _next(self) -> Coroutine[Any, Any, tuple[Allocation, float]]:
        self.sessions.append(TurnSession(Credentials.given(self.step.secrets)))
        return self._try(self.sessions[-1])

    async def _try(self, session: TurnSession) -> tuple[Allocation, float]:
        """One allocation, released at once, and the milliseconds that it took."""
        target, start = self.step.target, now()
        endpoint = TurnEndpoint(target.host, self.address, target.port, target.transport)
        async with open_allocation(endpoint, session) as (_, allocation):
            return allocation, milliseconds_since(start)

    def note(self) -> None:
        """Note how far the attempts came."""
        challenged = any(session.challenged for session in self.sessions)
        self.context.note(reached=self.is_answered, challenged=challenged)
