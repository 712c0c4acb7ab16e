"""Read what the kernel knows about a TCP connection (`struct tcp_info`, linux/tcp.h)."""

import socket
import struct
from typing import Final

from probes.protocol.frozen import frozen

# Eight single bytes (the third is `tcpi_retransmits`, the sixth `tcpi_options`), 24 numbers of 32 bits (the fifth is
# `tcpi_unacked`), then long ones.
_FIELDS: Final = struct.Struct("=2xB2xB2x24I3Q")
_SENT_SEGMENT, _RECEIVED_SEGMENT, _UNACKNOWLEDGED, _ROUND_TRIP, _RESENT, _ACKNOWLEDGED = 2, 3, 4, 15, 23, 26
_TIMESTAMPS: Final = 0x1  # in `tcpi_options`
_TIMESTAMP_SIZE: Final = 12  # bytes of each packet that then are not content


@frozen
class TcpInfo:
    """The state of one connection."""

    unacknowledged: int  # packets sent that the peer's TCP has not confirmed
    round_trip: float  # seconds, smoothed by the kernel
    sent_segment: int = 0  # bytes of the longest packet that we send, without headers
    received_segment: int = (
        0  # bytes of the longest packet that came, without headers; the kernel starts at 536
    )
    resent: int = 0  # packets sent again
    resent_now: int = 0  # how often the oldest packet that is not confirmed was sent again
    acknowledged: int = 0  # bytes that the peer's TCP has confirmed, the SYN included


def tcp_info(sock: socket.socket) -> TcpInfo:
    """The state of *sock*, which is connected."""
    raw = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _FIELDS.size)
    resent_now, options, *numbers = _FIELDS.unpack(raw)
    stamp = _TIMESTAMP_SIZE if options & _TIMESTAMPS else 0
    return TcpInfo(
        unacknowledged=numbers[_UNACKNOWLEDGED],
        round_trip=numbers[_ROUND_TRIP] / 1_000_000,
        sent_segment=numbers[_SENT_SEGMENT] + stamp,
        received_segment=numbers[_RECEIVED_SEGMENT] + stamp,
        resent=numbers[_RESENT],
        resent_now=resent_now,
        acknowledged=numbers[_ACKNOWLEDGED],
    )
