"""A TURN server over TCP that relays for real, with a lossy network and a NAT played in front of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

from probes.net.stun import (
    StunAttribute,
    StunClass,
    StunMessage,
    StunMethod,
    TransportAddress,
    pack_address,
    pack_error,
    pack_message,
)
from tests.fakes import Datagrams, stun_answer, stun_mapped, stun_server, tcp_server, turn_talk

Passes: TypeAlias = Callable[[int, int, int], bool]  # number of the datagram from 1, relayed port, our port


def _always(number: int, relayed: int, source: int) -> bool:
    return True


@dataclass
class MediaTurn:
    """The client leaves by `tcp_public` and `udp_public`, and what `outbound` and `inbound` let through arrives."""

    tcp_public: str = "203.0.113.5"
    udp_public: str = "203.0.113.5"
    outbound: Passes = _always
    inbound: Passes = _always
    answers_stun: bool = True
    unreachable: bool = True  # its host says so of closed ports; else the one beside a relayed one is silent
    forbids: bool = False  # 403 to permissions
    hangs_up: str = ""  # "permission": when asked for one; "datagram": when the first one comes
    longest_out: int = 65535  # bytes of a datagram's content that pass
    longest_in: int = 65535
    answers: int = 1000  # so many connections; the others stay silent
    port: int = 0
    stun_port: int = 0

    @asynccontextmanager
    async def run(self) -> AsyncIterator["MediaTurn"]:
        async with stun_server(self._bind) as self.stun_port, tcp_server(self._talk) as self.port:
            yield self

    def ways(self, *, stun_known: bool = False) -> list[dict[str, object]]:
        """As a step's `turn` parameter wants it; its UDP side is for STUN only."""
        ways: list[dict[str, object]] = [{"host": "127.0.0.1", "port": self.port, "transport": "tcp"}]
        if self.answers_stun or stun_known:
            ways.append({"host": "127.0.0.1", "port": self.stun_port, "transport": "udp"})
        return ways

    def _bind(self, request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        wanted = request.method == StunMethod.BINDING and self.answers_stun
        return [stun_mapped(request, (self.udp_public, peer[1]))] if wanted else []

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.answers -= 1
        if self.answers < 0:
            await asyncio.Event().wait()
        allocation = _Allocation(self, writer)
        allocation.relay, beside = await self._relay(allocation)
        try:
            await turn_talk(allocation.reply)(reader, writer)
        finally:
            allocation.relay.close()
            beside.close()

    async def _relay(
        self, allocation: "_Allocation"
    ) -> tuple[asyncio.DatagramTransport, asyncio.DatagramTransport]:
        """A relayed port and another socket, on the port beside it when closed ports are to be silent."""
        loop = asyncio.get_running_loop()
        while True:
            relay, _ = await loop.create_datagram_endpoint(
                lambda: Datagrams(allocation.take), local_addr=("127.0.0.1", 0)
            )
            beside = 0 if self.unreachable else relay.get_extra_info("sockname")[1] + 1
            try:
                silent, _ = await loop.create_datagram_endpoint(
                    lambda: Datagrams(lambda *_: None), local_addr=("127.0.0.1", beside)
                )
            except OSError:  # taken: another pair
                relay.close()
            else:
                return relay, silent


class _Allocation:
    """What the server keeps for one control connection."""

    relay: asyncio.DatagramTransport

    def __init__(self, server: MediaTurn, control: asyncio.StreamWriter) -> None:
        self._server = server
        self._control = control
        self._permitted: set[str] = set()
        self._heard = 0
        self._said = 0

    @property
    def _port(self) -> int:
        return int(self.relay.get_extra_info("sockname")[1])

    def take(self, _: Datagrams, data: bytes, peer: tuple[str, int]) -> None:
        """A datagram at the relayed address."""
        self._heard += 1
        if self._server.hangs_up == "datagram":
            self._control.transport.abort()
        arrives = self._server.outbound(self._heard, self._port, peer[1])
        arrives = arrives and len(data) <= self._server.longest_out
        if arrives and self._server.udp_public in self._permitted:
            seen = TransportAddress(self._server.udp_public, peer[1])
            attributes = (
                pack_address(StunAttribute.XOR_PEER_ADDRESS, seen, bytes(12)),
                (StunAttribute.DATA, data),
            )
            self._control.write(
                pack_message(StunMessage(StunMethod.DATA, StunClass.INDICATION, bytes(12), attributes))
            )

    def reply(self, request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        """What the control connection says to *request*."""
        if request.method == StunMethod.SEND:
            self._send(request)
            return []
        if request.get(StunAttribute.USERNAME) is None:
            challenge = ((StunAttribute.REALM, b"turn.example"), (StunAttribute.NONCE, b"n"))
            return [stun_answer(request, StunClass.ERROR, pack_error(401), *challenge)]
        if request.method == StunMethod.CREATE_PERMISSION:
            return self._permit(request)
        if request.method == StunMethod.ALLOCATE:
            at = pack_address(
                StunAttribute.XOR_RELAYED_ADDRESS,
                TransportAddress("127.0.0.1", self._port),
                request.transaction,
            )
            return [stun_mapped(request, (self._server.tcp_public, peer[1]), at)]
        return [stun_answer(request, StunClass.SUCCESS)]

    def _send(self, request: StunMessage) -> None:
        self._said += 1
        to, data = request.address(StunAttribute.XOR_PEER_ADDRESS), request.get(StunAttribute.DATA)
        assert to is not None
        passes = self._server.inbound(self._said, self._port, to.port)
        if passes and len(data or b"") <= self._server.longest_in:
            self.relay.sendto(data or b"", ("127.0.0.1", to.port))

    def _permit(self, request: StunMessage) -> list[bytes]:
        if self._server.hangs_up == "permission":
            raise EOFError
        if self._server.forbids:
            return [stun_answer(request, StunClass.ERROR, pack_error(403, "Forbidden IP"))]
        for attribute in request.attributes:
            one = StunMessage(request.method, request.kind, request.transaction, (attribute,))
            if peer := one.address(StunAttribute.XOR_PEER_ADDRESS):
                self._permitted.add(peer.host)
        return [stun_answer(request, StunClass.SUCCESS)]
