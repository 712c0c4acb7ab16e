"""UDP sockets that receive ICMP errors, TCP connections that name the sender of one, addresses of a step."""

import asyncio
import errno
import socket
import struct
import time

import pytest

from probes.checks.context import ProbeContext, RunContext
from probes.checks.targets import address_of, addresses_of
from probes.net import icmp
from probes.net.resolver import Resolver
from probes.net.sockets import LOW_PORTS, _worded, connect_tcp, has_route, open_udp, source_address
from probes.net.udp import UdpSocket
from probes.protocol.failures import Failure, NetworkError, classify
from probes.protocol.model import Observation, Plan, Step, Target
from tests.fakes import full_backlog, silence, tcp_server


def closed_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def test_datagrams_go_out_and_come_in() -> None:
    """What one socket sends, another receives, with who sent it."""
    with open_udp() as server, open_udp(("127.0.0.1", server.local[1])) as client:
        client.send(b"ping")
        arrival = await server.receive()
        assert arrival.payload == b"ping"
        assert arrival.peer == ("127.0.0.1", client.local[1])
        assert arrival.failure is None
        server.send(b"pong", arrival.peer)
        assert (await client.receive()).payload == b"pong"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_port_unreachable_arrives_with_its_sender(host: str) -> None:
    """An ICMP error is an arrival: with the datagram, the failure, and the sender."""
    with open_udp((host, closed_udp_port())) as sock:
        sock.send(b"anybody?")
        arrival = await sock.receive()
    assert arrival.failure is Failure.PORT_UNREACHABLE
    assert arrival.icmp_from == host
    assert arrival.payload == b"anybody?"


async def test_an_unconnected_socket_hears_icmp_too() -> None:
    """On an unconnected socket the error has the peer that it is about."""
    port = closed_udp_port()
    with open_udp() as sock:
        sock.send(b"x", ("127.0.0.1", port))
        arrival = await sock.receive()
    assert arrival.failure is Failure.PORT_UNREACHABLE
    assert arrival.peer == ("127.0.0.1", port)


async def test_time_in_the_queue_is_not_time_on_the_network() -> None:
    """If this process was busy when a datagram arrived, the arrival says for how long it waited."""
    with open_udp() as server, open_udp(("127.0.0.1", server.local[1])) as client:
        client.send(b"ping")
        end = time.monotonic() + 0.05
        while time.monotonic() < end:  # the event loop reads nothing meanwhile
            pass
        arrival = await server.receive()
        client.send(b"ping")
        prompt = await server.receive()
    assert 0.045 < arrival.waited < 1
    assert prompt.waited < arrival.waited


async def test_an_earlier_error_does_not_keep_us_from_sending() -> None:
    """The pending error of one datagram surfaces at the next send, which goes out all the same."""
    with open_udp(("127.0.0.1", closed_udp_port())) as sock:
        for _ in range(5):
            sock.send(b"x")
        heard = [await sock.receive() for _ in range(3)]
    assert {arrival.failure for arrival in heard} == {Failure.PORT_UNREACHABLE}


async def test_an_error_about_another_destination_is_not_the_connections() -> None:
    """A connected socket gets no error about a datagram that left its port towards another destination."""
    with open_udp() as server:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setblocking(False)
        icmp.ask_for_icmp(sock)
        sock.bind(("127.0.0.1", 0))
        sock.sendto(b"to nobody", ("127.0.0.1", closed_udp_port()))  # the error is there at once on loopback
        sock.connect(("127.0.0.1", server.local[1]))
        with UdpSocket(sock) as client:
            client.send(b"ping")
            server.send(b"pong", (await server.receive()).peer)
            arrival = await client.receive()
    assert (arrival.payload, arrival.icmp) == (b"pong", None)


async def test_an_error_that_the_queue_has_no_room_for_fails_no_other_datagram() -> None:
    """The pending error of one destination does not fail a send to another, even with an empty error queue."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    icmp.ask_for_icmp(sock)
    sock.bind(("127.0.0.1", 0))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    with (
        open_udp() as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood,
        UdpSocket(sock) as client,
    ):
        for _ in range(20):
            flood.sendto(bytes(1), sock.getsockname())
        sock.sendto(b"to nobody", ("127.0.0.1", closed_udp_port()))
        assert icmp.read_error(sock) is None  # the receive buffer is full
        client.send(b"ping", ("127.0.0.1", server.local[1]))
        assert (await server.receive()).payload == b"ping"


@pytest.mark.parametrize(
    ("ports", "towards", "same"),
    [
        ((5000, 443), ("192.0.2.7", 443), True),
        ((5000, 443), ("192.0.2.8", 443), False),  # another host
        ((5000, 8443), ("192.0.2.7", 8443), False),  # another port of the host
        ((5001, 443), ("192.0.2.7", 443), False),  # another connection to it
        ((), ("192.0.2.7", 443), True),  # the router quotes no more than the IP header
        ((5000, 443), ("", 0), False),
    ],
)
def test_an_icmp_error_belongs_to_one_connection(
    ports: tuple[int, ...], towards: tuple[str, int], same: bool
) -> None:
    """The quoted packet decides by address, port, and our own port whose error it is."""
    segment = struct.pack(f"!{len(ports)}H", *ports)
    assert icmp.quotes_connection(segment, towards, 5000, ("192.0.2.7", 443)) is same


def test_addresses_are_compared_as_addresses() -> None:
    """The same IPv6 address in other letters, or with a zone, is the same destination."""
    segment = struct.pack("!HH", 5000, 443)
    assert icmp.quotes_connection(segment, ("2001:db8::1%0", 443), 5000, ("2001:DB8:0::1", 443))


async def test_an_icmp_error_does_not_spin_the_loop() -> None:
    """Once the error queue is drained, waiting costs no CPU."""
    with open_udp(("127.0.0.1", closed_udp_port())) as sock:
        sock.send(b"x")
        await sock.receive()
        before = time.process_time()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await sock.receive()
    assert time.process_time() - before < 0.1


async def test_a_flood_is_bounded() -> None:
    """In a flood that nobody receives, only a few hundred datagrams are queued."""
    with open_udp() as sock, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
        for _ in range(20):
            for _ in range(50):
                flood.sendto(b"x" * 100, ("127.0.0.1", sock.local[1]))
            await asyncio.sleep(0)
        assert len(sock._arrivals) <= 256


async def test_local_ports_are_low_unless_asked_otherwise() -> None:
    """A probe's own port lies below 10000, an ephemeral one only where a comparison wants it."""
    with open_udp() as low, open_udp(low_port=False) as ephemeral:
        assert low.local[1] in LOW_PORTS
        assert ephemeral.local[1] > 10000


async def test_a_refusing_host_says_so() -> None:
    """A datagram this host itself refuses raises, as there is no answer to wait for."""
    with open_udp() as sock, pytest.raises(OSError, match="too long") as refused:
        sock.send(b"x" * 70_000, ("127.0.0.1", 9))
    assert refused.value.errno == errno.EMSGSIZE


async def test_a_cancelled_connect_leaves_nothing_open() -> None:
    """A connect that a budget ends closes its socket and takes it off the loop."""
    loop = asyncio.get_running_loop()
    async with full_backlog() as port:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await connect_tcp("127.0.0.1", port)
        assert len(loop._selector.get_map()) == 1  # type: ignore[attr-defined]  # the loop's own wake-up pipe


async def test_a_connected_socket_is_ready_to_use() -> None:
    """Bytes flow over what connect_tcp returns."""
    loop = asyncio.get_running_loop()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(10))
        await writer.drain()

    async with tcp_server(echo) as port:
        with await connect_tcp("127.0.0.1", port) as sock:
            await loop.sock_sendall(sock, b"hello")
            assert await loop.sock_recv(sock, 10) == b"hello"


@pytest.mark.parametrize(
    ("heard", "number", "word"),
    [
        (icmp.IcmpError(3, 13, "192.0.2.1"), errno.EHOSTUNREACH, Failure.ADMIN_PROHIBITED),
        (icmp.IcmpError(3, 10, "192.0.2.1"), errno.EHOSTUNREACH, Failure.ADMIN_PROHIBITED),
        (icmp.IcmpError(3, 0, "192.0.2.1"), errno.ENETUNREACH, Failure.NETWORK_UNREACHABLE),
        (icmp.IcmpError(3, 1, "192.0.2.1"), errno.EHOSTUNREACH, Failure.HOST_UNREACHABLE),
        (icmp.IcmpError(3, 3, "192.0.2.1"), errno.ECONNREFUSED, Failure.CONNECTION_REFUSED),
        (icmp.IcmpError(11, 0, "192.0.2.1"), errno.EHOSTUNREACH, Failure.HOST_UNREACHABLE),
        (icmp.IcmpError(1, 1, "2001:db8::1", 6), errno.EACCES, Failure.ADMIN_PROHIBITED),
        (None, errno.ECONNREFUSED, Failure.CONNECTION_REFUSED),
        (None, errno.EPERM, Failure.PERMISSION_DENIED),
    ],
)
def test_a_failed_connect_is_told_by_icmp_and_errno(
    heard: icmp.IcmpError | None, number: int, word: Failure
) -> None:
    """ICMP knows more than errno, which calls a filter's "prohibited" unreachable."""
    error = _worded(number, heard)
    assert classify(error) is word
    assert getattr(error, "icmp_from", "") == (heard.sender if heard else "")


def test_the_error_queue_is_read_for_both_families() -> None:
    """The kernel's record gives type, code and offender; a local error is no ICMP."""
    v4 = struct.pack("=IBBBBIIHH4s8x", 113, 2, 3, 13, 0, 0, 0, 2, 0, bytes([192, 0, 2, 1]))
    v6 = struct.pack("=IBBBBIIHHI16s4x", 113, 3, 3, 0, 0, 0, 0, 10, 0, 0, socket.inet_pton(10, "2001:db8::1"))
    local = struct.pack("=IBBBBII", 90, 1, 0, 0, 0, 0, 0)
    too_long = struct.pack("=IBBBBIIHH4s8x", 90, 2, 3, 4, 0, 1400, 0, 2, 0, bytes([192, 0, 2, 1]))
    assert icmp.parse_ancillary([(0, 11, v4)]) == icmp.IcmpError(3, 13, "192.0.2.1")
    assert icmp.parse_ancillary([(0, 11, too_long)]) == icmp.IcmpError(3, 4, "192.0.2.1", mtu=1400)
    heard = icmp.parse_ancillary([(41, 25, v6)])
    assert heard == icmp.IcmpError(3, 0, "2001:db8::1", 6)
    assert heard.time_exceeded
    assert heard.failure is None
    assert icmp.parse_ancillary([(0, 11, local)]) is None
    assert icmp.parse_ancillary([(0, 11, v4[:10]), (1, 2, v4)]) is None


def looking(host: str, *earlier: Observation, **params: object) -> tuple[Step, ProbeContext]:
    step = Step("x", "tcp", Target("signaling", host, 443), 1.0, params)
    shared = RunContext(Plan((), 1.0), Resolver(servers=[]))
    return step, ProbeContext(shared, {seen.step: seen for seen in earlier})


def seen(probe: str, host: str, port: int, **facts: object) -> Observation:
    return Observation(probe, probe, Target("signaling", host, port), None, facts)


async def test_pinned_addresses_win_then_literal_then_those_of_the_dns_step() -> None:
    """The order in which a step finds its addresses."""
    before = seen("dns", "a.example", 53, addresses=["192.0.2.1"], addresses6=["2001:db8::1"])
    assert await addresses_of(*looking("a.example", before, addresses=["192.0.2.9", "::1"])) == (
        ("192.0.2.9",),
        ("::1",),
    )
    assert await addresses_of(*looking("192.0.2.3", before)) == (("192.0.2.3",), ())
    assert await addresses_of(*looking("a.example", before)) == (("192.0.2.1",), ("2001:db8::1",))
    with pytest.raises(NetworkError) as failed:
        await addresses_of(*looking("b.example", before))
    assert failed.value.failure is Failure.DNS_UNREACHABLE_ERROR


async def test_the_address_is_what_tcp_found_open() -> None:
    """The open address of the same host and port, else the first, v4 before v6."""
    names = seen("dns", "a.example", 53, addresses=["192.0.2.1", "192.0.2.2"], addresses6=["2001:db8::1"])
    tcp = seen("tcp", "a.example", 443, address="192.0.2.2")
    other = seen("tcp", "a.example", 10194, address="192.0.2.7")
    empty = seen("dns", "a.example", 53, addresses=[], addresses6=[])
    assert await address_of(*looking("a.example", names, tcp)) == "192.0.2.2"
    assert await address_of(*looking("a.example", names, other)) == "192.0.2.1"
    with pytest.raises(NetworkError) as failed:
        await address_of(*looking("a.example", empty))
    assert failed.value.failure is Failure.NO_ADDRESS


def test_routes_are_told_without_sending() -> None:
    """Loopback has a route and an address of its own; an address without a scope has none."""
    assert source_address("127.0.0.1") == "127.0.0.1"
    assert has_route("::1")
    assert not has_route("fe80::1")


async def test_silence_is_waited_out() -> None:
    """A server that says nothing has still accepted."""
    async with tcp_server(silence) as port:
        (await connect_tcp("127.0.0.1", port)).close()


async def test_a_connection_ends_with_one_packet() -> None:
    """Closing resets the connection, so that neither end has more to send."""
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            ended.set_result(f"closed {await reader.read()!r}")
        except ConnectionResetError:
            ended.set_result("reset")

    async with tcp_server(wait) as port:
        (await connect_tcp("127.0.0.1", port)).close()
        assert await ended == "reset"


@pytest.mark.parametrize("speaks_first", [True, False])
async def test_who_speaks_first_sends_no_bare_confirmations(speaks_first: bool) -> None:
    """tcp(7), TCP_QUICKACK: off where a request follows, which then confirms what came before."""
    async with tcp_server(silence) as port:
        with await connect_tcp("127.0.0.1", port, speaks_first=speaks_first) as sock:
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK) == (not speaks_first)
