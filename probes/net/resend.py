"""Resend a datagram until it is answered. STUN and TURN over UDP share this loop."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

# Seconds to wait after each send. netcheck's cadence: it survives one or two lost packets before a person
# notices, and gives up after 1.5 s, four round trips to the other side of the world.
PACE: Final = (0.1, 0.2, 0.4, 0.8)


async def send_until(answer: asyncio.Future[T], send: Callable[[], None], pace: Sequence[float]) -> T:
    """Call *send*, wait the next number of seconds in *pace*, repeat; raises TimeoutError after the last one."""
    for seconds in pace:
        send()
        await asyncio.wait({answer}, timeout=seconds)
        if answer.done():
            return answer.result()
    raise TimeoutError
