"""What the kernel tells about a TCP connection, on loopback."""

import socket

from probes.net.tcp_info import tcp_info
from tests.fakes import full_backlog


def test_a_confirmed_packet_is_not_waited_for() -> None:
    """Loopback has a round trip of less than a second, and confirms what arrives."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        peer, _ = server.accept()
        with peer:
            client.sendall(b"x")
            assert peer.recv(1) == b"x"
            info = tcp_info(client)
    assert info.unacknowledged == 0
    assert 0 < info.round_trip < 1
    assert info.acknowledged == len("x") + 1  # the SYN counts
    assert info.resent == 0


async def test_a_packet_that_nobody_confirms_is_counted() -> None:
    """A SYN that is dropped stays unconfirmed."""
    async with full_backlog() as port:
        with socket.socket() as client:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
            assert tcp_info(client).unacknowledged == 1
            assert tcp_info(client).resent_now == 0


def test_the_longest_packets_are_known() -> None:
    """What was sent and received in one piece is told with the bytes of the timestamps, as an MSS has it."""
    with socket.socket() as client, socket.create_server(("127.0.0.1", 0)) as server:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1260)
        client.connect(server.getsockname())
        peer, _ = server.accept()
        with peer:
            peer.sendall(bytes(5000))
            received = 0
            while received < 5000:
                received += len(client.recv(5000))
            info = tcp_info(client)
    assert (info.sent_segment, info.received_segment) == (1260, 1260)
