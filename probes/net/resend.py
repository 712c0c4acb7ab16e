"""Send a datagram again and again until its answer comes: the one resend loop of STUN and TURN over UDP."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

# Seconds to wait after each send: netcheck's cadence, which rides out a lost packet or two in the time a
# person does not notice, and gives up after 1.5 s, four round trips to the far side of the world.
PACE: Final = (0.1, 0.2, 0.4, 0.8)


async def send_until(answer: asyncio.Future[T], send: Callable[[], None], pace: Sequence[float]) -> T:
    """Call *send*, wait as long as *pace* says, send again; raises TimeoutError when *pace* is used up."""
    for seconds in pace:
        send()
        await asyncio.wait({answer}, timeout=seconds)
        if answer.done():
            return answer.result()
    raise TimeoutError
