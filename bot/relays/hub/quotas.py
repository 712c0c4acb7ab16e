"""Limit the plans of one relay and one user: concurrent and hourly.

Pure: the caller passes the time (seconds, monotonic). The relay enforces quotas of its own, too.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from bot.errors import quote
from bot.model.request import MAX_RELAYS
from probes.protocol.sliding_window import SlidingWindow

HOUR: Final = 3600.0
OLDEST: Final = 4  # windows to look at with each plan, which adds two at most


@dataclass(frozen=True, slots=True)
class HubLimits:
    """The limits. A run takes seconds and a few hundred packets, and a relay is a small machine of a customer."""

    relay_at_once: int = 4
    relay_an_hour: int = 120
    person_at_once: int = 20  # over all relays: one diagnosis from several relays counts once per relay
    person_an_hour: int = 240
    case_relays: int = MAX_RELAYS  # relays of one diagnosis at the same time


@dataclass(slots=True)
class QuotaTracker:
    """The running plans, and those started within the last hour."""

    limits: HubLimits = field(default_factory=HubLimits)
    _running: Counter[str] = field(default_factory=Counter)
    _begun: dict[str, SlidingWindow] = field(default_factory=dict)

    def refuse(self, relay: str, who: str, what: str, now: float) -> str | None:
        """Count one more plan, or count nothing and return, as part of a sentence, which limit is reached."""
        self._forget_some(now)
        limits = self.limits
        hourly = {
            f"relay {relay}": (limits.relay_at_once, limits.relay_an_hour),
            f"person {who}": (limits.person_at_once, limits.person_an_hour),
        }
        most = limits.case_relays
        if what and self._running[_case(who, what)] >= most:
            relays = f"{most} relay{'s' * (most > 1)}"
            return f"one diagnosis may use at most {relays} at once; use {relay} in another one"
        for key, (at_once, an_hour) in hourly.items():
            if self._running[key] >= at_once:
                return f"{_named(key)} already has {at_once} plans running, which is the maximum"
            if (free := self._window(key).free_at(an_hour, now)) > now:
                minutes = int((free - now) // 60) + 1
                had = f"{an_hour} plans within an hour, which is the maximum"
                return f"{_named(key)} had {had}; the next one can run in {minutes} min"
        self.resume(relay, who, what)
        for key in hourly:
            self._window(key).add(now)
        return None

    def _forget_some(self, now: float) -> None:
        """Drop those of the oldest few windows that are over. To look at all would cost more than a plan."""
        for key in tuple(islice(self._begun, OLDEST)):
            window = self._begun.pop(key)
            if window.count(now):
                self._begun[key] = window  # behind the others, to be looked at again after them

    def resume(self, relay: str, who: str, what: str) -> None:
        """Count a plan that was already running before this hub started."""
        self._running.update(_keys(relay, who, what))

    def end(self, relay: str, who: str, what: str) -> None:
        """Count one running plan less."""
        for key in _keys(relay, who, what):
            self._running[key] -= 1
            if not self._running[key]:
                del self._running[key]

    @property
    def total(self) -> int:
        """The number of plans that run on all relays."""
        return sum(count for key, count in self._running.items() if key.startswith("relay "))

    def running(self, relay: str) -> int:
        """The number of plans that run on the relay."""
        return self._running.get(f"relay {relay}", 0)

    def _window(self, key: str) -> SlidingWindow:
        return self._begun.setdefault(key, SlidingWindow(HOUR))


def _keys(relay: str, who: str, what: str) -> tuple[str, str, str]:
    return f"relay {relay}", f"person {who}", _case(who, what)


def _case(who: str, what: str) -> str:
    return f"case {who}: {what}"


def _named(key: str) -> str:
    """Describe the subject of a *key*: a relay, a user, or a case."""
    kind, _, name = key.partition(" ")
    return f"the relay {quote(name)}" if kind == "relay" else quote(name)
