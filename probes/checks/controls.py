"""Control attempts: connections to what answered before in the same plan, made while another target is silent.

They measure what the line loses in the very window in which the target's packets are lost. All checks of a plan share
them. A control over TCP is one handshake, over UDP one STUN binding request; each from a fresh port.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from probes.net.addresses import family_of
from probes.net.clock import now
from probes.net.loss import LossMeter
from probes.net.sockets import connect_tcp
from probes.net.stun import TransportAddress
from probes.net.stun_client import open_stun
from probes.protocol.failures import EgressDenied

Place: TypeAlias = tuple[str, int]  # address and port

_GAP: Final = 0.02  # seconds between two controls: all silent checks together need no more
_RESENT: Final = (
    0.95  # seconds: a longer handshake has lost a SYN, which the kernel sends again after one second
)
_LIMIT: Final = 2.5  # seconds after which nobody waits for a control any more


@dataclass(slots=True)
class _Control:
    """One control attempt."""

    started: float
    transport: str
    answered: bool = False


@dataclass(slots=True)
class Controls:
    """Where something answered, and the control attempts so far."""

    _answering: dict[str, dict[Place, float]] = field(default_factory=lambda: {"tcp": {}, "udp": {}})
    _made: list[_Control] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def learn(self, transport: str, address: str, port: int, seconds: float) -> None:
        """Remember that *address* answered on *port*, after *seconds*."""
        places = self._answering[transport]
        places[address, port] = min(seconds, places.get((address, port), seconds))

    @property
    def slowest(self) -> float:
        """The longest round trip of what answered, in seconds; 0 if nothing did."""
        return max((seconds for seconds in self._seconds() if seconds < _RESENT), default=0.0)

    def round_trip(self, address: str, port: int) -> float:
        """The round trip over TCP to *address*, in seconds; 0 if it never answered."""
        seconds = self._answering["tcp"].get((address, port), 0.0)
        return seconds if seconds < _RESENT else 0.0

    @property
    def is_blind(self) -> bool:
        """Whether nothing answered anywhere."""
        return not any(self._answering.values())

    def _seconds(self) -> Iterator[float]:
        return (seconds for places in self._answering.values() for seconds in places.values())

    def make(self, transport: str, avoid: Place | None) -> None:
        """Start one control of *transport* to another place than *avoid*; of the other transport if there is none.

        Nothing starts where nothing answered yet, or just after another control.
        """
        if self._made and now() - self._made[-1].started < _GAP:
            return
        other = "udp" if transport == "tcp" else "tcp"
        for kind in (transport, other):
            places = [place for place in self._answering[kind] if place != avoid]
            if places:
                control = _Control(now(), kind)
                self._made.append(control)
                task = asyncio.create_task(self._try(control, places[len(self._made) % len(places)]))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                return

    def count(self, since: float, until: float) -> dict[str, LossMeter]:
        """By transport: the controls that started from *since* to *until*, and how many got no answer."""
        meters = {"tcp": LossMeter(), "udp": LossMeter()}
        for control in self._between(since, until):
            meters[control.transport].record(control.answered)
        return meters

    async def close(self) -> None:
        """Stop the controls that still wait."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _between(self, since: float, until: float) -> Iterator[_Control]:
        return (control for control in self._made if since <= control.started <= until)

    async def _try(self, control: _Control, place: Place) -> None:
        try:
            async with asyncio.timeout(_LIMIT):
                await (_connect(place) if control.transport == "tcp" else _bind(place))
        except (TimeoutError, EgressDenied):
            # Over the packet limit, nothing was sent; without an answer, it counts as lost on purpose.
            return
        except OSError:
            pass  # a refusal, or an ICMP error: something answered
        control.answered = True


async def _connect(place: Place) -> None:
    (await connect_tcp(*place)).close()


async def _bind(place: Place) -> None:
    async with open_stun(family=family_of(place[0])) as stun:
        await stun.ask(TransportAddress(*place), pace=(_LIMIT,))
