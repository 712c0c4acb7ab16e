"""Injected faults, reproducible by seed: 429s, duplicate deliveries, and errors that a test requests."""

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fake_slack.limits import TIERS
from tests.fake_slack.state import Clock

Order = tuple[str, str, Callable[[Mapping[str, Any]], bool]]


@dataclass
class Chaos:
    """Shares are between 0 and 1."""

    seed: int = 1
    rate_limited: float = 0.0  # share of the calls that write which get a 429
    server_error: float = 0.0  # share of them that get a 503
    duplicates: float = 0.0  # share of the deliveries that come a second time
    retry_after: int = 1  # seconds
    per_second: float | None = None  # posts per second and channel; None: as many as you like
    burst: int = 5
    tiers: bool = True  # whether the limits of TIERS hold
    minute: float = 60.0  # seconds in which a tier's calls may be made; shorter saves a test's time
    orders: list[Order] = field(default_factory=list)
    # methods whose responses are delayed until a test sets the event; the call itself runs at once
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self._recent: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._tokens: dict[str, tuple[float, float]] = defaultdict(lambda: (float(self.burst), 0.0))

    def fail(
        self, method: str, error: str, times: int = 1, when: Callable[[Mapping[str, Any]], bool] = bool
    ) -> None:
        """Let the next calls of *method* whose arguments satisfy *when* end with *error*."""
        self.orders += [(method, error, when)] * times

    def ordered(self, method: str, args: Mapping[str, Any]) -> str:
        """Return the error that a test requested for this call, once each."""
        for order in self.orders:
            if order[0] == method and order[2](args):
                self.orders.remove(order)
                return order[1]
        return ""

    def trouble(self, method: str) -> str:
        """`ratelimited`, `service_unavailable` or nothing, by chance; only for what writes."""
        if not method.startswith(("chat.", "files.", "views.", "response_url")):
            return ""
        rolled = self.dice.random()
        if rolled < self.rate_limited:
            return "ratelimited"
        return "service_unavailable" if rolled < self.rate_limited + self.server_error else ""

    def too_many(self, channel: str, clock: Clock) -> bool:
        """Whether one more post in *channel* exceeds the limit now."""
        if self.per_second is None:
            return False
        tokens, last = self._tokens[channel]
        now = clock.now()
        tokens = (
            min(float(self.burst), tokens + (now - last) * self.per_second) if last else float(self.burst)
        )
        self._tokens[channel] = (max(tokens - 1, 0.0) if tokens >= 1 else tokens, now)
        return tokens < 1

    def over_tier(self, method: str, team: str, clock: Clock) -> float:
        """Count a call; return the seconds to wait if it exceeds the method's limit for the workspace, else 0."""
        if not self.tiers or method not in TIERS:
            return 0.0
        recent, now = self._recent[method, team], clock.now()
        while recent and now - recent[0] > self.minute:
            recent.popleft()
        if len(recent) >= TIERS[method]:
            return recent[0] + self.minute - now
        recent.append(now)
        return 0.0

    def twice(self) -> bool:
        """Whether this delivery is sent a second time."""
        return self.dice.random() < self.duplicates
