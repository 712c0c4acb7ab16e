"""Holds packets back: a TUN device that gives every edge its own latency, since this needs no netem.

Run inside the second router: `python -m tests.lab.delay DEVICE ADDRESS=MS...`. The router sends what
comes *from* an edge into the device; each packet is written back after that edge's delay, so a round trip
grows by it.
"""

import fcntl
import heapq
import itertools
import os
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA  # linux/if_tun.h
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000  # IP packets, without the four bytes in front


def main(device: str, delays: dict[bytes, float]) -> None:
    """Delay packets by source address until killed; seconds. An address that is not listed is not delayed."""
    tun = _open(device)
    poll = select.epoll()
    poll.register(tun, select.EPOLLIN)
    held: list[tuple[float, int, bytes]] = []
    order = itertools.count()  # packets due at the same moment keep their order
    while True:
        wait = max(0.0, held[0][0] - time.monotonic()) if held else -1
        for _ in poll.poll(wait):
            for packet in _read_all(tun):
                due = time.monotonic() + delays.get(packet[12:16], 0.0)
                heapq.heappush(held, (due, next(order), packet))
        while held and held[0][0] <= time.monotonic():
            os.write(tun, heapq.heappop(held)[2])


def _open(device: str) -> int:
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    return tun


def _read_all(tun: int) -> list[bytes]:
    packets = []
    try:
        while True:
            packets.append(os.read(tun, 65535))
    except BlockingIOError:
        return packets


if __name__ == "__main__":
    given = (word.split("=") for word in sys.argv[2:])
    main(sys.argv[1], {bytes(map(int, ip.split("."))): float(ms) / 1000 for ip, ms in given})
