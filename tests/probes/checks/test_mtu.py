"""The mtu check: against servers on loopback, whose kernel plays the narrow path where it can, and its judgments."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial

import pytest

from probes.checks import mtu
from probes.checks.mtu_datagrams import FULL, LADDER, SHORT, DatagramSizes, together
from probes.checks.mtu_streams import StreamSizes, Trial, judge_streams
from probes.net.loss import LossMeter
from probes.net.stun import StunMessage
from probes.net.tcp_info import TcpInfo
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Target
from tests.certificates import make_authority, make_server
from tests.fakes import StunReply, drip, silence, stun_mapped, stun_server, tcp_server
from tests.probes.checks.run_one_probe import see

HOST = "voice.roaming.example"
SERVER = make_server(make_authority("Lineman Test Root"), HOST)
TCP = Observation("tcp", "tcp", Target("signaling", HOST, 443), None, {"ms": 1.0})
look = partial(see, mtu.probe, HOST, addresses=["127.0.0.1"], budget=3.0, earlier={"tcp": TCP})
CLEAN = LossMeter(150, 0)
LOSSY = LossMeter(150, 54)  # 20 % each way


def answers(longest: int = FULL, shortest: int = 0) -> tuple[StunReply, list[int]]:
    """A STUN server behind a path that loses requests beyond *longest*, and the sizes that it saw."""
    sizes: list[int] = []

    def reply(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        padding = sum(len(value) for kind, value in request.attributes if kind == 0x8FFF)
        size = 28 + 20 + 8 + (4 + padding if padding else 0)
        sizes.append(size)
        return [stun_mapped(request, peer)] if shortest <= size <= longest else []

    return reply, sizes


def at(port: int) -> dict[str, object]:
    """The parameter that names a STUN server."""
    return {"servers": [{"host": "127.0.0.1", "port": port}]}


async def test_long_packets_pass() -> None:
    """Where everything passes, two datagrams and one connection are enough."""
    reply, sizes = answers()
    async with tcp_server(silence, SERVER.context()) as port, stun_server(reply) as stun:
        failure, facts = await look(port, more=at(stun))
    assert failure is None
    assert sizes == [56, 1500]
    assert (facts["tcp_out"], facts["tcp_in"], facts["udp_out"]) == ("passes", "passes", "passes")
    assert facts["path_mtu"] == 1500
    assert facts["unchecked"] == ["incoming UDP"]


@pytest.mark.parametrize(("longest", "reach"), [(1200, "lost"), (1228, "partly"), (1388, "partly")])
async def test_long_datagrams_are_lost(longest: int, reach: str) -> None:
    """The longest datagram that is answered is found to four bytes; only below DTLS's it is a failure."""
    reply, _ = answers(longest)
    async with tcp_server(silence, SERVER.context()) as port, stun_server(reply) as stun:
        failure, facts = await look(port, more=at(stun))
    assert failure is (Failure.LARGE_PACKETS_LOST if reach == "lost" else None)
    assert (facts["udp_out"], facts["lost_udp"], facts["path_mtu"]) == (reach, longest, longest)


@pytest.mark.parametrize("reply", [answers(0)[0], answers(60)[0]], ids=["silent", "ignores padding"])
async def test_unproven_datagrams_are_not_fine(reply: StunReply) -> None:
    """Without an answer to any padded request, UDP was not checked, and nothing is said about it."""
    async with tcp_server(silence, SERVER.context()) as port, stun_server(reply) as stun:
        failure, facts = await look(port, more=at(stun))
    assert failure is None
    assert facts["udp_out"] == "unknown"
    assert facts["unchecked"] == ["outgoing UDP", "incoming UDP"]
    assert "lost_udp" not in facts


@asynccontextmanager
async def choosy_server(answer: Callable[[socket.socket], Awaitable[bytes | None]]) -> AsyncIterator[int]:
    """A server that completes TLS, or sends other bytes (none is silence), as *answer* says for each connection."""
    loop = asyncio.get_running_loop()
    accepted: list[socket.socket] = []
    transports: list[asyncio.BaseTransport] = []

    async def serve(sock: socket.socket) -> None:
        accepted.append(sock)
        reply = await answer(sock)
        if reply is None:
            with suppress(OSError):  # the check is satisfied, and gone
                transport, _ = await loop.connect_accepted_socket(
                    asyncio.Protocol, sock, ssl=SERVER.context()
                )
                transports.append(transport)
        else:
            await loop.sock_sendall(sock, reply)

    async def accept() -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(serve((await loop.sock_accept(listener))[0]))

    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    listener.setblocking(False)
    accepting = asyncio.create_task(accept())
    try:
        yield listener.getsockname()[1]
    finally:
        accepting.cancel()
        await asyncio.gather(accepting, return_exceptions=True)
        for transport in transports:
            transport.close()
        await asyncio.sleep(0)
        for sock in (listener, *accepted):
            sock.close()


async def test_replies_of_full_size_are_lost() -> None:
    """A handshake that stalls after the ClientHello, and completes with short packets, shows a narrow way back."""

    async def narrow(sock: socket.socket) -> bytes | None:
        fits = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) <= 1260
        return None if fits else b""  # as if the reply were lost

    async with choosy_server(narrow) as port:
        failure, facts = await look(port)
    assert failure is Failure.LARGE_PACKETS_LOST
    assert (facts["tcp_out"], facts["tcp_in"], facts["lost_in"]) == ("passes", "lost", 1300)
    assert facts["path_mtu"] == 1300


async def test_silence_at_every_size_is_no_mtu() -> None:
    """A server, or a filter, that never answers a ClientHello says nothing about sizes."""
    async with tcp_server(silence) as port:
        failure, facts = await look(port)
    assert failure is Failure.INCONCLUSIVE
    assert (facts["tcp_out"], facts["tcp_in"]) == ("passes", "unknown")
    assert facts["path_mtu"] is None


ALERT = b"\x15\x03\x03\x00\x02\x02\x78"  # no_application_protocol


async def test_a_server_that_refuses_the_long_hello() -> None:
    """An alert shows that the long ClientHello arrived; a short one shows the way back."""

    async def refuse(sock: socket.socket) -> bytes | None:
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()
        loop.add_reader(sock, arrived.set)
        await arrived.wait()
        loop.remove_reader(sock)
        return ALERT if len(sock.recv(4096, socket.MSG_PEEK)) > 1000 else None

    async with choosy_server(refuse) as port:
        failure, facts = await look(port)
    assert failure is None
    assert (facts["tcp_out"], facts["tcp_in"]) == ("passes", "passes")


async def test_a_server_that_never_stops() -> None:
    """Endless bytes in place of TLS do arrive; a flood of datagrams that answer nothing proves nothing."""

    def flood(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        return [bytes(1200), stun_mapped(replace(request, transaction=bytes(12)), peer)] * 50

    async with tcp_server(drip(b"\x16\x03\x03\x40\x00" + bytes(16384))) as port, stun_server(flood) as stun:
        failure, facts = await look(port, more=at(stun))
    assert failure is None
    assert (facts["tcp_in"], facts["udp_out"], facts["path_mtu"]) == ("passes", "unknown", None)


async def test_a_flood_of_answers_proves_nothing() -> None:
    """A server that answers short requests twenty times, with junk among it, is still found to lose long ones."""
    reply, _ = answers(1200)

    def flood(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        return [bytes(60_000), *reply(request, peer) * 20, b"\1\1\xff\xfc" + bytes(20)]

    async with tcp_server(silence, SERVER.context()) as port, stun_server(flood) as stun:
        failure, facts = await look(port, more=at(stun))
    assert (failure, facts["udp_out"]) == (Failure.LARGE_PACKETS_LOST, "lost")
    assert SHORT <= facts["lost_udp"] <= 1200  # the flood takes some answers


async def test_a_closed_stun_port_is_not_a_narrow_path() -> None:
    """Port unreachable says nothing about sizes."""
    async with tcp_server(silence, SERVER.context()) as port:
        failure, facts = await look(port, more=at(9))
    assert failure is None
    assert (facts["udp_out"], facts["path_mtu"]) == ("unknown", 1500)


# Judgments, without a network.

OPEN = TcpInfo(0, 0.02, 1460, 1460, acknowledged=2000)
DONE = Trial(is_done=True, is_over=True, info=OPEN)
HELLO_LOST = Trial(waited=1.0, info=TcpInfo(2, 0.02, 1460, 548, acknowledged=1))
REPLY_LOST = Trial(waited=1.0, info=TcpInfo(0, 0.02, 1460, 548, acknowledged=1900))
SHORT_DONE = replace(DONE, longest=SHORT)
SHORTS = [SHORT_DONE] * 4


@pytest.mark.parametrize(
    ("trials", "line", "out", "back"),
    [
        ([DONE], CLEAN, "passes", "passes"),
        ([HELLO_LOST] * 4 + SHORTS, CLEAN, "lost", "unknown"),
        ([REPLY_LOST] * 4 + SHORTS, CLEAN, "passes", "lost"),
        ([HELLO_LOST] * 4 + [replace(DONE, is_padded=False)] + SHORTS, CLEAN, "lost", "passes"),
        ([HELLO_LOST] * 4 + [replace(REPLY_LOST, is_padded=False)] * 4 + SHORTS, CLEAN, "lost", "lost"),
        ([HELLO_LOST] * 4 + [DONE] + SHORTS, CLEAN, "passes", "passes"),
        ([HELLO_LOST] * 4 + SHORTS, LOSSY, "unknown", "unknown"),
        ([HELLO_LOST] * 10 + SHORTS, LOSSY, "lost", "unknown"),
        ([HELLO_LOST] * 4, CLEAN, "unknown", "unknown"),
        ([REPLY_LOST] * 4 + [SHORT_DONE], CLEAN, "passes", "unknown"),
        ([replace(HELLO_LOST, waited=0.5)] * 4 + SHORTS, CLEAN, "unknown", "unknown"),
        ([replace(HELLO_LOST, is_over=True)] * 4 + SHORTS, CLEAN, "unknown", "unknown"),
        (
            [replace(REPLY_LOST, info=replace(REPLY_LOST.info, received_segment=1460))] * 4 + SHORTS,
            CLEAN,
            "passes",
            "passes",
        ),
    ],
)
def test_streams_are_judged(trials: list[Trial], line: LossMeter, out: str, back: str) -> None:
    """A direction loses long packets only beyond chance, and only while short ones get through at the same time."""
    sizes = judge_streams(trials, line)
    assert (sizes.out, sizes.back) == (out, back)


def datagrams(longest: int, sent: int, answered: int | None = None, **more: object) -> DatagramSizes:
    sizes = DatagramSizes(**more)  # type: ignore[arg-type]  # given by name
    for size in LADDER:
        sizes.sent[size] = sent
        sizes.answered[size] = (sent if answered is None else answered) if size <= longest else 0
    return sizes


@pytest.mark.parametrize(
    ("sizes", "reach"),
    [
        (datagrams(1500, 1), "passes"),
        (datagrams(1400, 8), "partly"),
        (datagrams(1200, 10), "lost"),
        (datagrams(1200, 3), "unknown"),
        (datagrams(1200, 10, answered=6), "unknown"),  # a line that loses 40 %
        (datagrams(1200, 30, answered=18), "lost"),
        (datagrams(1200, 10, fragments_pass=True), "fragmented"),
        (datagrams(1400, 8, icmp_mtu=1400), "fragmented"),
        (datagrams(1200, 10, icmp_mtu=1200), "lost"),  # routers say so, and fragments are lost as well
        (datagrams(56, 10), "unknown"),
        (datagrams(0, 10), "unknown"),
        (datagrams(1400, 3, limit=1400), "passes"),
    ],
)
def test_datagrams_are_judged(sizes: DatagramSizes, reach: str) -> None:
    """Long datagrams are lost only beyond chance, where neither fragments nor ICMP help."""
    assert sizes.reach(LossMeter()) == reach


def test_what_other_checks_lost_counts() -> None:
    """Ten requests without an answer prove nothing on a line that loses a third of its packets."""
    assert datagrams(1200, 10).reach(CLEAN) == "lost"
    assert datagrams(1200, 10).reach(LOSSY) == "unknown"
    assert together(CLEAN, LOSSY) == LossMeter(300, 54)


def test_a_clamped_mss_is_no_fault() -> None:
    """Where TCP was told to send packets that fit, long datagrams being lost is the path's known limit."""
    sizes = datagrams(1400, 8)
    assert mtu._handled("partly", sizes, StreamSizes("passes", "passes", 1400)) == "fragmented"
    assert mtu._handled("partly", sizes, StreamSizes("passes", "passes", 1500)) == "partly"
    assert mtu._handled("partly", sizes, StreamSizes("lost", "passes", 1400)) == "partly"
    assert mtu._handled("lost", sizes, StreamSizes("passes", "passes", 1400)) == "lost"
