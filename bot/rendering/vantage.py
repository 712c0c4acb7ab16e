"""VantageSummary values: the results of relays, ready for rendering."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.diagnosis.compared import ComparedCause
from probes.protocol.model import REFERENCE, UNKNOWN_VANTAGE


def where(vantage: str) -> str:
    """Say in words where a relay with *vantage* is."""
    if vantage == UNKNOWN_VANTAGE:
        return "maybe not in the user's network"
    return "elsewhere, for comparison" if vantage == REFERENCE else "in the user's network"


@dataclass(frozen=True, slots=True)
class VantageSummary:
    """The result of one relay."""

    relay: str
    vantage: str
    outcome: str  # found, clear, or unclear
    headline: str
    missing: str = ""  # what it could not check, and why

    @property
    def vantage_text(self) -> str:
        """Where the relay is, in words."""
        return where(self.vantage)


@dataclass(frozen=True, slots=True)
class VantageSummaries:
    """The results of all relays of a run."""

    summaries: tuple[VantageSummary, ...]
    compared: tuple[ComparedCause, ...] = ()
    unchecked: tuple[str, ...] = ()  # titles of causes that no relay could check
    seen_from: Mapping[str, str] = field(default_factory=dict)  # relays in words, by cause
    disputes: tuple[str, ...] = ()  # questions that relay and browser answer differently, a sentence each

    @property
    def missing(self) -> tuple[str, ...]:
        """What relays could not check, one sentence each."""
        return tuple(summary.missing for summary in self.summaries if summary.missing)

    def lines(self) -> list[str]:
        """Return everything as lines of plain text."""
        own = [
            f"From {summary.relay} ({summary.vantage_text}): {summary.headline}" for summary in self.summaries
        ]
        unlooked = [f"Not checked by any relay: {'; '.join(self.unchecked)}"] if self.unchecked else []
        return [*own, *self.disputes, *(cause.says for cause in self.compared), *self.missing, *unlooked]
