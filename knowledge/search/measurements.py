"""Find what a description measures: "no loss, jitter 2 ms". Good values rule out bad quality, whichever name they have.

Pure.
"""

import re
from dataclasses import dataclass
from typing import Final

_IS: Final = r"(?:\s*(?:is|are|was|were|of|at|only|about|around|below|under|stays?|[:=<~])){0,3}\s*"
_NUMBER: Final = r"(\d{1,4}(?:[.,]\d{1,3})?)"
_NONE: Final = r"\b(?:no|without|zero)\s+(?:any\s+)?"


@dataclass(frozen=True, slots=True)
class _Metric:
    """How people write a metric, alone, as absent, or with a value, and the limit that a good value keeps."""

    written: re.Pattern[str]
    limit: float
    cause: str
    is_score: bool = False  # then a good value is above the limit

    def is_bad(self, match: re.Match[str]) -> bool:
        written = next((group for group in match.groups() if group), "")
        if not written:
            return False
        value = float(written.replace(",", "."))
        return value < self.limit if self.is_score else value > self.limit


def _metric(name: str, unit: str, limit: float, cause: str = "quality-poor") -> _Metric:
    """Make a metric that is good if low. A value without its *unit* may be in another one."""
    forms = (
        rf"{_NONE}{name}\b",
        rf"\b{name}{_IS}(?:zero\b|none\b|0(?:[.,]0+)?(?![\d.,])|{_NUMBER}\s*{unit})",
        rf"\b{_NUMBER}\s*{unit}\s+(?:of\s+)?{name}\b",
    )
    return _Metric(re.compile("|".join(forms), re.IGNORECASE), limit, cause)


_METRICS: Final = (
    _metric(r"(?:packet[ -]?)?loss(?:es)?", r"(?:%|percent\b)", 3.0, "packet-loss"),
    _metric("jitter", r"ms\b", 30.0),
    _metric(r"(?:rtt|round[ -]?trip(?: time)?|latency)", r"ms\b", 200.0),
    _Metric(
        re.compile(rf"\bmos(?: score)?{_IS}{_NUMBER}", re.IGNORECASE), 3.5, "quality-poor", is_score=True
    ),
)


def good_values_in(text: str) -> tuple[str, tuple[str, ...]]:
    """Return *text* without the metrics that it calls good, and the causes that these rule out."""
    found = [(metric, match) for metric in _METRICS for match in metric.written.finditer(text)]
    bad = {metric.cause for metric, match in found if metric.is_bad(match)}
    good = sorted((match.span(), metric.cause) for metric, match in found if not metric.is_bad(match))
    for (begin, end), _ in reversed(good):
        text = f"{text[:begin]} {text[end:]}"
    ruled_out = {cause for _, cause in good} | {"quality-poor"} if good else set()
    return text, tuple(sorted(ruled_out - (bad | {"quality-poor"} if bad else set())))
