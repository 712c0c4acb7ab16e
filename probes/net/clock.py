"""Monotonic time for measurements."""

import asyncio


def now() -> float:
    """The event loop's monotonic clock in seconds: for measuring, never for deadlines."""
    return asyncio.get_running_loop().time()


def milliseconds_since(start: float) -> float:
    """Milliseconds passed since *start* by `now()`, to a hundredth."""
    return round((now() - start) * 1000, 2)
