"""Holds packets back: a TUN device that gives every edge its own latency, since this needs no netem.

Run inside the second router: `python -m tests.lab.delay DEVICE FILE ADDRESS=MS...`. The router sends what
comes *from* an edge into the device; each packet is written back after that edge's delay, so a round trip
grows by it. The JSON in FILE may change the whole line: it is read again when it has changed.
"""

import fcntl
import heapq
import itertools
import json
import os
import random
import select
import struct
import sys
import time
from dataclasses import dataclass
from pathlib import Path

TUNSETIFF = 0x400454CA  # linux/if_tun.h
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000  # IP packets, without the four bytes in front
UDP, STUN_PORT = 17, 3478


@dataclass(slots=True)
class Line:
    """What the line adds to every packet: a fixed delay, a random one, and one STUN answer that is late."""

    ms: float = 0.0
    spread_ms: float = 0.0  # each packet waits 0 to this, evenly: the mean difference of two is a third of it
    late_ms: float = 0.0
    late_number: int = 0  # counted from 1 since the file changed
    stun: int = 0  # answers so far

    def seconds(self, packet: bytes) -> float:
        """How long to hold *packet* back."""
        wait = self.ms + random.uniform(0, self.spread_ms)
        if self.late_number and _is_stun(packet):
            self.stun += 1
            wait += self.late_ms if self.stun == self.late_number else 0
        return wait / 1000


class LineFile:
    """The line that the file describes at the moment."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version: tuple[int, int] | None = None
        self._line = Line()

    def line(self) -> Line:
        """Read the file if it is another one than before: it is replaced, never changed in place."""
        status = self._path.stat()
        version = (status.st_ino, status.st_mtime_ns)
        if version != self._version:
            self._version, self._line = version, Line(**json.loads(self._path.read_text()))
        return self._line


def main(device: str, file: Path, delays: dict[bytes, float]) -> None:
    """Delay packets by source address and by *file* until killed; seconds."""
    tun = _open(device)
    poll = select.epoll()
    poll.register(tun, select.EPOLLIN)
    lines = LineFile(file)
    held: list[tuple[float, int, bytes]] = []
    order = itertools.count()  # packets due at the same moment keep their order
    while True:
        wait = max(0.0, held[0][0] - time.monotonic()) if held else -1
        for _ in poll.poll(wait):
            line = lines.line()
            for packet in _read_all(tun):
                due = time.monotonic() + delays.get(packet[12:16], 0.0) + line.seconds(packet)
                heapq.heappush(held, (due, next(order), packet))
        while held and held[0][0] <= time.monotonic():
            os.write(tun, heapq.heappop(held)[2])


def _is_stun(packet: bytes) -> bool:
    size = 4 * (packet[0] & 0x0F)
    return packet[9] == UDP and int.from_bytes(packet[size : size + 2], "big") == STUN_PORT


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
    given = (word.split("=") for word in sys.argv[3:])
    places = {bytes(map(int, ip.split("."))): float(ms) / 1000 for ip, ms in given}
    main(sys.argv[1], Path(sys.argv[2]), places)
