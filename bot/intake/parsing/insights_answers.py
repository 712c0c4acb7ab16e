"""Sort the answers of Voice Insights about one call: summary, events, metrics, and the error log.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.intake.preflight_report import FINAL, PART, SO_FAR

_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class InsightsCall:
    """The answers for one call, as far as the text has them."""

    summary: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]
    metrics: tuple[Mapping[str, Any], ...]
    alerts: tuple[Mapping[str, Any], ...]
    sid: str
    whole: bool

    @property
    def parts(self) -> tuple[Mapping[str, Any], ...]:
        """Everything that may hold an SDK's data."""
        return (*self.events, *self.metrics, self.summary)

    @property
    def state(self) -> str:
        """Return part, so far, or final."""
        is_final = self.summary.get("processing_state") == "complete"
        return PART if not self.whole else FINAL if is_final else SO_FAR

    @property
    def tags(self) -> frozenset[str]:
        """The summary's tags."""
        listed = self.summary.get("tags")
        return frozenset(map(str, listed[:50])) if isinstance(listed, list) else frozenset()


def sort_answers(value: Mapping[str, Any]) -> InsightsCall | None:
    """Sort the answers in *value*; None if it holds none."""
    summary, whole = value.get("summary"), isinstance(value.get("summary"), Mapping | None)
    whole = whole and "summary" in value and "call_sid" in value
    own = summary if isinstance(summary, Mapping) else value if "processing_state" in value else {}
    events, metrics = _maps(value.get("events"))[:_MOST], _maps(value.get("metrics"))[:_MOST]
    is_page = isinstance(value.get("meta"), Mapping) and any(
        "sdk_edge" in item for item in (*events, *metrics)
    )
    if not (whole or is_page or ("processing_state" in value and "call_sid" in value)):
        return None
    parts = (value, *events, *metrics)
    sid = str(next((part["call_sid"] for part in parts if part.get("call_sid")), ""))[:34]
    alerts = _maps(value.get("alerts"))[:_MOST]
    return InsightsCall(own, tuple(events), tuple(metrics), tuple(alerts), sid, whole)


def _maps(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
