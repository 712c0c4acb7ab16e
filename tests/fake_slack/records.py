"""What the fake records for tests: calls, deliveries, their durations, and every violation of a rule."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

LOOK_AGAIN: Final = 0.05  # seconds; what is waited for may be the app's own and nothing tells of it


@dataclass
class Call:
    """One call of a Web API method, or of a response_url."""

    method: str
    args: dict[str, Any] = field(repr=False)
    at: float
    error: str = ""  # "" where it was done
    status: int = 200
    wait: int = 0  # seconds, of a 429 by tier
    team: str = ""


@dataclass
class Delivery:
    """One payload for the app: sent once, or retried until it is acknowledged."""

    kind: str  # slash_commands, interactive, events_api
    payload: dict[str, Any] = field(repr=False)
    sent: list[float] = field(default_factory=list)  # perf_counter of each attempt
    acks: list[float | None] = field(
        default_factory=list
    )  # seconds each attempt took; None: never acknowledged
    answer: Any = None  # what came with the first acknowledgement
    shown: str = ""  # what the user was shown instead, when the app did not answer

    @property
    def acked(self) -> bool:
        return any(ack is not None for ack in self.acks)


class Records:
    """Everything that happened, and a way to wait until something has."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.deliveries: list[Delivery] = []
        self.violations: list[str] = []
        self.outgoing: dict[str, list[dict[str, Any]]] = defaultdict(list)  # by method, for the type check
        self._waiting: set[asyncio.Future[None]] = set()

    async def note(self) -> None:
        """Notify the waiting tests of a change."""
        for one in self._waiting:
            if not one.done():
                one.set_result(None)

    async def until(self, true: Callable[[], Any], seconds: float = 10, why: str = "") -> Any:
        """Wait until *true* gives something true, and give it; AssertionError after *seconds*."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not (found := true()):
            if loop.time() > end:
                tail = "\n".join(f"  {call.method} {call.error or 'ok'}" for call in self.calls[-12:])
                raise AssertionError(f"not within {seconds} s: {why or true}; the last calls:\n{tail}")
            # No lock: a task that is cancelled while it reacquires a lock may keep it forever.
            news: asyncio.Future[None] = loop.create_future()
            self._waiting.add(news)
            try:
                await asyncio.wait((news,), timeout=LOOK_AGAIN)
            finally:
                self._waiting.discard(news)
        return found

    def violate(self, sentence: str) -> None:
        """Record a violation; the fixture fails the test for it."""
        self.violations.append(sentence)

    def made(self, method: str) -> list[Call]:
        """The calls of *method* that were done, in order."""
        return [call for call in self.calls if call.method == method and not call.error]

    def latencies(self, kind: str = "") -> list[float]:
        """Seconds from sending to acknowledgement, of each first attempt that had one."""
        wanted = (one for one in self.deliveries if not kind or one.kind == kind)
        return [one.acks[0] for one in wanted if one.acks and one.acks[0] is not None]
