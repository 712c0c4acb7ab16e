"""Packets that all plans of a relay may send in a second, counted over its processes.

The count is in a file in memory, which a relay makes and hands to each worker that it starts.
"""

import fcntl
import os
import struct
import weakref
from collections.abc import Callable
from time import monotonic
from typing import Final

from probes.protocol.token_bucket import TokenBucket

# How many seconds' worth may go at once: plans send their first packets together.
_BURST: Final = 2
_STATE: Final = struct.Struct("=dd")  # `left` and `at` of the bucket; the monotonic clock is the host's


class PacketBudget:
    """The packets of everybody who has its *file*; a new one is made, and closed with the budget, unless given."""

    def __init__(self, rate: float, file: int | None = None, clock: Callable[[], float] = monotonic) -> None:
        self.rate, self._clock = rate, clock
        self.file = os.memfd_create("packet_budget") if file is None else file
        if file is None:
            weakref.finalize(self, os.close, self.file)
            self._write(TokenBucket.full(_BURST * rate, rate, clock()))

    def take(self) -> bool:
        """Count one packet; False when it is one too many."""
        # For microseconds. The kernel ends a process's locks with the process.
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
