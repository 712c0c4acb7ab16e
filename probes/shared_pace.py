"""Packets per second over all plans of a relay, though each runs in a process of its own: a bucket in shared memory."""

import fcntl
import os
import struct
from time import monotonic
from typing import Final

from probes.fence import Pace

_STATE: Final = struct.Struct("=dd")  # what is left, and when that was; the monotonic clock is the host's


class SharedPace:
    """A `Pace` for whoever has its file. Locks on it are a process's own, and end with that."""

    def __init__(self, rate: float, file: int | None = None) -> None:
        self.rate = rate
        self.file = os.memfd_create("pace") if file is None else file
        if file is None:
            os.pwrite(self.file, _STATE.pack(0.0, float("-inf")), 0)

    def take(self) -> bool:
        """Count one packet; False when it is one too many."""
        fcntl.lockf(self.file, fcntl.LOCK_EX)  # for microseconds
        try:
            pace = Pace(self.rate, monotonic, *_STATE.unpack(os.pread(self.file, _STATE.size, 0)))
            taken = pace.take()
            os.pwrite(self.file, _STATE.pack(pace.left, pace.at), 0)
        finally:
            fcntl.lockf(self.file, fcntl.LOCK_UN)
        return taken
