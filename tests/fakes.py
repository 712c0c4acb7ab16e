"""Servers that misbehave in ways no real one can be made to."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from probes.net.stun import (
    MalformedError,
    StunAttribute,
    StunClass,
    StunMessage,
    StunMethod,
    TransportAddress,
    pack_address,
    pack_error,
    pack_message,
    parse_message,
)
from tests.fake_slack.slack import FakeSlack as FakeSlack

Talk: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def tcp_server(
    talk: Talk, context: object = None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[int]:
    """Talk to each connection as *talk* says, over TLS with a *context*; gives the port on *host*.

    It owns every connection from the moment it is accepted, so that none is left open when the test ends.
    """
    loop = asyncio.get_running_loop()
    conversations: set[asyncio.Task[None]] = set()
    writers: set[asyncio.StreamWriter] = set()

    async def serve(sock: socket.socket) -> None:
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio does so for its own servers
        # The probe may be gone at any moment.
        with suppress(OSError, EOFError):
            tls = context if isinstance(context, ssl.SSLContext) else None
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, sock, ssl=tls)
            writer = asyncio.StreamWriter(transport, protocol, reader, loop)
            writers.add(writer)
            try:
                await talk(reader, writer)
            finally:
                writer.close()

    async def accept() -> None:
        while True:
            sock, _ = await loop.sock_accept(listener)
            conversations.add(asyncio.create_task(serve(sock)))

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=100)
    listener.setblocking(False)
    accepting = asyncio.create_task(accept())
    try:
        yield listener.getsockname()[1]
    finally:
        for task in (accepting, *conversations):
            task.cancel()
        await asyncio.gather(accepting, *conversations, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)  # the loop closes what was aborted in its next round
        listener.close()


def reset(writer: asyncio.StreamWriter) -> None:
    """Break the connection off with a RST."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept and never say a word."""
    await asyncio.Event().wait()


def say(*chunks: bytes, then: str = "close", first: int = 1) -> Talk:
    """Read *first* bytes at least, send *chunks*, and then close, reset or wait."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while first and not await reader.read(65536):
            return
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        if then == "reset":
            reset(writer)
        elif then == "wait":
            await asyncio.Event().wait()

    return talk


def drip(chunk: bytes) -> Talk:
    """Send *chunk* again and again, for ever."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0)

    return talk


@asynccontextmanager
async def full_backlog() -> AsyncIterator[int]:
    """A port whose SYNs are dropped: it listens with a backlog that is full, and never accepts."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    port = listener.getsockname()[1]
    fillers = [socket.socket() for _ in range(4)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", port))
    try:
        yield port
    finally:
        for sock in (*fillers, listener):
            sock.close()


# STUN and TURN servers that answer what a test tells them.

StunReply: TypeAlias = Callable[[StunMessage, tuple[str, int]], list[bytes]]  # what to send back, if anything


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[["Datagrams", bytes, tuple[str, int]], None]) -> None:
        self._take = take
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Python 3.11's own datagram transport does not say that it is one.
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._take(self, data, addr)


@asynccontextmanager
async def stun_server(reply: StunReply, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """Answer STUN over UDP as *reply* says; gives the port."""

    def take(server: Datagrams, data: bytes, peer: tuple[str, int]) -> None:
        with suppress(MalformedError):
            for packet in reply(parse_message(data), peer):
                server.transport.sendto(packet, peer)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Datagrams(take), local_addr=(host, 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


def turn_talk(reply: StunReply) -> Talk:
    """Answer STUN over TCP or TLS as *reply* says."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readexactly(20)
            body = await reader.readexactly(int.from_bytes(head[2:4], "big"))
            for packet in reply(parse_message(head + body), writer.get_extra_info("peername")):
                writer.write(packet)

    return talk


def stun_answer(request: StunMessage, kind: StunClass, *attributes: tuple[int, bytes]) -> bytes:
    """An answer to *request*, unsigned."""
    return pack_message(StunMessage(request.method, kind, request.transaction, attributes))


def stun_mapped(request: StunMessage, seen: tuple[str, int], *attributes: tuple[int, bytes]) -> bytes:
    """A binding response that says it saw *seen*."""
    address = pack_address(StunAttribute.XOR_MAPPED_ADDRESS, TransportAddress(*seen), request.transaction)
    return stun_answer(request, StunClass.SUCCESS, address, *attributes)


@dataclass
class RefusingTurn:
    """Challenges, then answers each signed Allocate with the next of *codes*; 0 is an allocation, the last stays."""

    codes: list[int]
    challenges: int = 1  # 401 this often
    asked: list[StunMessage] = field(default_factory=list)

    def __call__(self, request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        self.asked.append(request)
        if request.method == StunMethod.REFRESH:
            return [stun_answer(request, StunClass.SUCCESS)]
        challenge = ((StunAttribute.REALM, b"turn.example"), (StunAttribute.NONCE, b"%d" % len(self.asked)))
        if request.get(StunAttribute.USERNAME) is None:
            return [stun_answer(request, StunClass.ERROR, pack_error(401, "Unauthorized"), *challenge)]
        code = self.codes.pop(0) if len(self.codes) > 1 else self.codes[0]
        if code:
            return [stun_answer(request, StunClass.ERROR, pack_error(code, "No"), *challenge)]
        relayed = pack_address(
            StunAttribute.XOR_RELAYED_ADDRESS, TransportAddress("192.0.2.9", 40000), request.transaction
        )
        return [stun_mapped(request, peer, relayed)]


@asynccontextmanager
async def behaviour_server(
    seen: Callable[[TransportAddress, tuple[str, int]], tuple[str, int]],
    passes: Callable[[bool, bool], bool] = lambda address, port: True,
) -> AsyncIterator[tuple[TransportAddress, TransportAddress]]:
    """A STUN server of RFC 5780 behind a NAT played here; gives its first and its other address.

    *seen* is the mapping: which address of the client the server at an address sees. *passes* is the
    filtering: whether an answer comes in from a changed address, from a changed port.
    """
    ends: dict[TransportAddress, Datagrams] = {}
    hosts, ports = ("127.0.0.1", "127.0.0.2"), [0, 0]

    def take(server: Datagrams, data: bytes, peer: tuple[str, int]) -> None:
        here = TransportAddress(*server.transport.get_extra_info("sockname"))
        request = parse_message(data)
        change = int.from_bytes(request.get(StunAttribute.CHANGE_REQUEST) or b"", "big")
        address, port = bool(change & 4), bool(change & 2)
        if not passes(address, port):
            return
        host = hosts[1 - hosts.index(here.host)] if address else here.host
        source = TransportAddress(host, ports[1 - ports.index(here.port)] if port else here.port)
        other = pack_address(StunAttribute.OTHER_ADDRESS, TransportAddress(hosts[1], ports[1]), b"")
        ends[source].transport.sendto(stun_mapped(request, seen(here, peer), other), peer)

    loop = asyncio.get_running_loop()
    try:
        for number in (0, 1):
            for host in hosts:
                transport, end = await loop.create_datagram_endpoint(
                    lambda: Datagrams(take), local_addr=(host, ports[number])
                )
                ports[number] = transport.get_extra_info("sockname")[1]
                ends[TransportAddress(host, ports[number])] = end
        yield TransportAddress(hosts[0], ports[0]), TransportAddress(hosts[1], ports[1])
    finally:
        for end in ends.values():
            end.transport.close()
