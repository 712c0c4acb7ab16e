"""Send datagrams of the size of a DTLS handshake through a media path whose short datagrams pass, each way."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from probes.net.clock import now
from probes.net.loss import attempts_needed

SIZE: Final = 1200  # bytes of content, as long as browsers send DTLS
NUMBER: Final = 0xFFFF  # marks a long datagram
_FIRST: Final = 0.06  # seconds until a short one follows
_GAP, _LAST = 0.04, 0.25  # seconds between the others, and after the last one
_MOST: Final = 24
_HEADERS: Final = 28  # bytes of IPv4 and UDP
_WORDS: Final = {True: "passes", False: "lost", None: "unknown"}


@dataclass(slots=True)
class LongDatagrams:
    """The first datagram of each direction is a long one; more follow only if it does not arrive."""

    out: bool | None = None  # whether one arrived at the server; None: not known
    back: bool | None = None
    sent_at: float = 0.0  # the latest one on the way out
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _begun: set[object] = field(default_factory=set)

    def take_out(self) -> None:
        """The server reports one."""
        self.out = True
        self._news.set()

    def take_back(self) -> None:
        """One came back."""
        self.back = True
        self._news.set()

    async def begin(self, answer: "asyncio.Future[Any]", send: Callable[[], None]) -> None:
        """Send the first one, whose arrival proves that the port is open as well."""
        if answer not in self._begun and not answer.done():
            self._begun.add(answer)
            self.sent_at = now()
            with suppress(OSError):  # longer than this host may send
                send()
            await asyncio.wait({answer}, timeout=_FIRST)

    async def repeat(self, loss: float, send: Callable[[], None], passed: Callable[[], bool | None]) -> bool:
        """Send more until one has *passed*, or until *loss* cannot explain that none has; False if it may."""
        needed = attempts_needed(loss)
        if needed > _MOST:
            return False
        for wait in (*[_GAP] * (needed - 1), _LAST):
            self.sent_at = now()
            with suppress(OSError):
                send()
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()
            if passed():
                break
        return True

    def facts(self) -> dict[str, Any]:
        """long_out and long_in: passes, lost, or unknown; and lost_long_*, the bytes of the packet that is lost."""
        ways = {"out": self.out, "in": self.back}
        lost = {f"lost_long_{way}": SIZE + _HEADERS for way, passes in ways.items() if passes is False}
        return {**{f"long_{way}": _WORDS[passes] for way, passes in ways.items()}, **lost}
