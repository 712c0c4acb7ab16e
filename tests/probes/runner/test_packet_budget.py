"""The packets of a relay: one count for everybody who has the file, closed when nobody needs it."""

import gc
import os
import struct
import subprocess
import sys

import pytest

from probes.runner.packet_budget import PacketBudget


def test_two_with_one_file_share_the_packets() -> None:
    """Two seconds' worth goes at once, whoever takes it; then as much as comes back."""
    now = [50.0]
    relay = PacketBudget(3, clock=lambda: now[0])
    worker = PacketBudget(3, relay.file, clock=lambda: now[0])
    assert sum(budget.take() for _ in range(5) for budget in (relay, worker)) == 6
    now[0] += 1.0
    assert [worker.take(), relay.take(), worker.take(), relay.take()] == [True, True, True, False]


def test_lock_is_released_when_a_count_fails() -> None:
    """A file that cannot be read holds up nobody who waits for its lock."""
    budget = PacketBudget(1)
    os.ftruncate(budget.file, 3)
    with pytest.raises(struct.error, match="16 bytes"):
        budget.take()
    # Another process asks: a lock of this one would not hold up itself.
    code = f"import fcntl; fcntl.lockf({budget.file}, fcntl.LOCK_EX | fcntl.LOCK_NB)"
    subprocess.run([sys.executable, "-c", code], pass_fds=(budget.file,), check=True, timeout=60)


def test_file_is_closed_with_the_budget_that_made_it() -> None:
    """A budget that was given its file leaves it open; the one that made it closes it."""
    relay = PacketBudget(1)
    file = relay.file
    worker = PacketBudget(1, file)
    del worker
    gc.collect()
    assert relay.take()
    del relay
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(file)
