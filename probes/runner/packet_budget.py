"""Limit the packets per second that all plans of a relay send, across its processes.

The count is in an in-memory file (memfd), which the relay creates and passes to each worker that it starts.
"""

import fcntl
import os
import struct
import weakref
from collections.abc import Callable
from time import monotonic
from typing import Final

from probes.protocol.token_bucket import TokenBucket

# Seconds' worth of packets that may be sent at once: a plan sends its first packets together.
_BURST: Final = 2
_STATE: Final = struct.Struct(
    "=dd"
)  # `left` and `at` of the bucket; all processes of a host share the monotonic clock


class PacketBudget:
    """A token bucket that all holders of its *file* share; without *file*, it makes one and closes it at its end."""

    def __init__(self, rate: float, file: int | None = None, clock: Callable[[], float] = monotonic) -> None:
        self.rate, self._clock = rate, clock
        self.file = os.memfd_create("packet_budget") if file is None else file
        if file is None:
            weakref.finalize(self, os.close, self.file)
            self._write(TokenBucket.full(_BURST * rate, rate, clock()))

    def take(self) -> bool:
        """Count one packet; return False when it exceeds the limit."""
        # Held for microseconds. The kernel releases a process's locks when the process ends.
        fcntl.lockf(self.file, fcntl.LOCK_EX)
        try:
            state = _STATE.unpack(os.pread(self.file, _STATE.size, 0))
            bucket = TokenBucket(_BURST * self.rate, self.rate, *state)
            taken = bucket.take(self._clock())
            self._write(bucket)
        finally:
            fcntl.lockf(self.file, fcntl.LOCK_UN)
        return taken

    def _write(self, bucket: TokenBucket) -> None:
        os.pwrite(self.file, _STATE.pack(bucket.left, bucket.at), 0)
