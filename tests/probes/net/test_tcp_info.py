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


async def test_a_packet_that_nobody_confirms_is_counted() -> None:
    """A SYN that is dropped stays unconfirmed."""
    async with full_backlog() as port:
        with socket.socket() as client:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
            assert tcp_info(client).unacknowledged == 1
