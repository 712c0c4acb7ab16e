"""Read what the kernel knows about a TCP connection (`struct tcp_info`, linux/tcp.h)."""

import socket
import struct
from dataclasses import dataclass
from typing import Final

# Eight single bytes, then numbers of 32 bits: `tcpi_unacked` is the fifth, `tcpi_rtt` the sixteenth.
_FIELDS: Final = struct.Struct("=8x16I")
_UNACKNOWLEDGED, _ROUND_TRIP = 4, 15


@dataclass(frozen=True, slots=True)
class TcpInfo:
    """The state of one connection."""

    unacknowledged: int  # packets sent that the peer's TCP has not confirmed
    round_trip: float  # seconds, smoothed by the kernel


def tcp_info(sock: socket.socket) -> TcpInfo:
    """The state of *sock*, which is connected."""
    raw = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _FIELDS.size)
    numbers = _FIELDS.unpack(raw)
    return TcpInfo(numbers[_UNACKNOWLEDGED], numbers[_ROUND_TRIP] / 1_000_000)
