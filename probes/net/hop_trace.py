"""Trace one flow hop by hop: its packet with a TTL of 1, 2, 3 and so on, and the router that answers for each.

Unprivileged: the kernel delivers "TTL expired" to the socket that sent the packet (ip(7), IP_RECVERR).
"""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from probes.net.icmp import TtlExpired
from probes.net.sockets import connect_tcp, open_udp, set_ttl
from probes.protocol.failures import Failure, classify

# Hops that a trace goes to. Firewalls are among the first of them; a path to a data center has about 12.
LAST: Final = 16
# Only these in the first round: most paths end here, and what lies beyond is not asked for nothing.
_NEAR: Final = 8
# Seconds after each round. Hops without an answer are tried again: packets are lost at random, and routers limit ICMP.
_WAITS: Final = (0.1, 0.1, 0.15)
_AFTER: Final = 0.02  # seconds by which a packet of the open flow follows that of the dropped one
_SURE: Final = 2  # answers for the open flow
_USUAL_TTL: Final = 64
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER: close with a RST, and keep nothing

# Sends one packet with a TTL, and returns the router where it ended ("" if unknown); None if the destination answers.
# Waits for as long as nobody answers.
Attempt: TypeAlias = Callable[[int], Awaitable[str | None]]


@dataclass(slots=True)
class HopTrace:
    """A flow, and who has answered for its packets so far."""

    attempt: Attempt
    hops: dict[int, str] = field(default_factory=dict)  # the router, by TTL
    reached: int | None = None  # the smallest TTL at which the destination itself has answered

    async def send(self, ttl: int) -> None:
        """Make one attempt, and note the answer."""
        router = await self.attempt(ttl)
        if router is not None:
            self.hops.setdefault(ttl, router)
        else:
            self.reached = min(ttl, self.reached or ttl)


@dataclass(slots=True)
class PairedTrace:
    """A flow that is dropped, and one that is open, whose packets show which routers answer.

    Routers limit their ICMP. So a router counts as missed only if it answers for the open flow right after it did not
    answer for the other one, which would have had that answer. One such answer is not enough, because a limit lets a
    packet through at times.
    """

    dropped: HopTrace
    control: HopTrace | None = None
    same_path: bool = (
        False  # both go to the same host: then all hops of the open flow are asked, up to the host
    )
    _compared: Counter[int] = field(default_factory=Counter)  # answers for the open flow, by TTL

    @property
    def missed(self) -> list[int]:
        """The hops that answer, and that the dropped flow does not reach."""
        return sorted(
            ttl for ttl, count in self._compared.items() if count >= _SURE and ttl not in self.dropped.hops
        )

    async def run(self, note: Callable[[], None], waits: Sequence[float] = _WAITS) -> None:
        """Make up to three attempts for each hop, and call *note* after each answer."""
        async with asyncio.TaskGroup() as group:
            waiting: set[asyncio.Task[None]] = set()

            def start(work: Coroutine[Any, Any, None]) -> None:
                waiting.add(group.create_task(_noted(work, note)))

            for number, wait in enumerate(waits):
                for ttl in self._silent(LAST if number else _NEAR):
                    start(self.dropped.send(ttl))
                if self.control:
                    await asyncio.sleep(_AFTER)
                    for ttl in self._to_ask(number):
                        start(self._compare(self.control, ttl, number))
                if waiting:
                    _, waiting = await asyncio.wait(waiting, timeout=wait)
            for task in waiting:
                task.cancel()

    def _silent(self, last: int) -> list[int]:
        """List the hops up to *last* before the destination that have not answered for the dropped flow."""
        ends = [self.dropped.reached, self.control.reached if self.control and self.same_path else None]
        end = min([last + 1, *(end for end in ends if end)])
        return [ttl for ttl in range(1, end) if ttl not in self.dropped.hops]

    def _to_ask(self, number: int) -> list[int]:
        """List the hops to ask with the open flow in round *number*."""
        if number == 0:
            return list(range(1, _NEAR + 1)) if self.same_path else []
        return self._silent(LAST)

    async def _compare(self, control: HopTrace, ttl: int, number: int) -> None:
        await control.send(ttl)
        if number and ttl in control.hops:
            self._compared[ttl] += 1


async def _noted(work: Coroutine[Any, Any, None], note: Callable[[], None]) -> None:
    await work
    note()


def tcp_attempt(address: str, port: int) -> Attempt:
    """Try a TCP connection, whose SYN has the TTL."""

    async def attempt(ttl: int) -> str | None:
        try:
            (await connect_tcp(address, port, ttl=ttl)).close()
        except TtlExpired as expired:
            return expired.icmp_from
        except OSError as error:
            if classify(error) is not Failure.CONNECTION_REFUSED:
                await asyncio.Event().wait()  # rejected, which locates nothing that was dropped
        return None

    return attempt


def udp_attempt(address: str, port: int, payload: bytes) -> Attempt:
    """Send *payload* as a datagram from a port of its own, because a router may quote no more than the ports."""

    async def attempt(ttl: int) -> str | None:
        with open_udp((address, port)) as sock:
            sock.send(payload, ttl=ttl)
            while True:
                arrival = await sock.receive()
                if arrival.icmp is None or (arrival.failure and arrival.icmp_from == address):
                    return None
                if arrival.icmp.time_exceeded:
                    return arrival.icmp_from

    return attempt


def hello_attempt(address: str, port: int, hello: bytes) -> Attempt:
    """Connect as usual, then send the ClientHello *hello* with the TTL; the kernel does not say who answers."""

    async def attempt(ttl: int) -> str | None:
        loop = asyncio.get_running_loop()
        sock = await connect_tcp(address, port, hears_icmp=True)
        try:
            set_ttl(sock, ttl)
            await loop.sock_sendall(sock, hello)
            await loop.sock_recv(sock, 1)
        except OSError as error:
            return "" if classify(error) is Failure.HOST_UNREACHABLE else None
        finally:
            set_ttl(sock, _USUAL_TTL)  # so that the server hears of the end
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            sock.close()
        return None

    return attempt
