"""The deadline of acknowledgments: late is late, except for the time in which the machine was busy with others."""

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_slack.fair_deadline import _waited, in_time, waited_for_processor


async def after(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "acknowledged"


def growing(each: float) -> Iterator[float]:
    """The time that was waited, more by *each* at each look."""
    total = 0.0
    while True:
        yield total
        total += each


async def test_late_is_late() -> None:
    """Without other work on the machine, the clock alone counts."""
    with pytest.raises(TimeoutError):
        await in_time(after(5), 0.01, lambda: 7.0)
    assert await in_time(after(0), 5, lambda: 0.0) == "acknowledged"


async def test_machine_that_is_busy() -> None:
    """The time that was waited for a processor is added once."""
    looks = growing(0.2)
    assert await in_time(after(0.1), 0.01, lambda: next(looks)) == "acknowledged"
    waited = iter([0.0, 0.05, *([0.05] * 50)])
    with pytest.raises(TimeoutError):
        await in_time(after(5), 0.01, lambda: next(waited))


def test_lock_is_no_wait_for_a_processor() -> None:
    """What a thread of the store waits for a lock is not counted; what it waited until then is, and stays."""
    begun, lock = threading.Event(), threading.Lock()

    def work() -> None:
        begun.set()
        with lock:
            pass

    with lock:
        store = threading.Thread(target=work, name="store")
        store.start()
        begun.wait()
        while Path(f"/proc/self/task/{store.native_id}/stat").read_text("ascii").rpartition(")")[2][1] != "S":
            time.sleep(0)
        before, all_before = _waited(f"self/task/{store.native_id}"), waited_for_processor()
        time.sleep(0.02)
        assert _waited(f"self/task/{store.native_id}") == before <= all_before <= waited_for_processor()
    store.join()
