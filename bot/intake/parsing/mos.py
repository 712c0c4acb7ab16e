"""Compute the mean opinion score by the SDK's formula, and find the word for its band.

Pure.
"""

from collections.abc import Sequence
from typing import Final

from bot.intake.parsing.metrics import Sample, adds_up
from bot.intake.preflight_report import QUALITY_BANDS, MetricRange

DIFFERS: Final = 0.1  # MOS; a smaller difference comes from rounding and the first samples


def compute_mos(
    samples: Sequence[Sample], spreads: dict[str, MetricRange], loss: float | None
) -> float | None:
    """Compute MOS as the mean over the samples, or from the averages; None without loss."""
    scores = [
        mos(sample.rtt, sample.jitter, lost)
        for sample, lost in zip(samples, _losses(samples), strict=True)
        if sample.rtt
        and sample.jitter is not None
        and sample.rtt >= 0
        and sample.jitter >= 0
        and lost is not None
    ]
    if scores:
        return round(sum(scores) / len(scores), 3)
    rtt, jitter = spreads["rtt"].average, spreads["jitter"].average
    if rtt is None or jitter is None or loss is None:
        return None
    return round(mos(rtt, jitter, loss), 3)


def _losses(samples: Sequence[Sample]) -> list[float | None]:
    """Return the loss of each second in %, from the counts, or as written."""
    cumulative = adds_up([sample.received for sample in samples if sample.received is not None])
    losses: list[float | None] = []
    before = (0.0, 0.0)
    for item in samples:
        counted = None
        if item.lost is not None and item.received is not None:
            lost, received = item.lost - before[0], item.received - before[1]
            if lost >= 0 and received >= 0 and lost + received > 0:
                counted = 100 * lost / (lost + received)
            before = (item.lost, item.received) if cumulative else before
        losses.append(item.loss_percent if counted is None else counted)
    return losses


def mos(rtt_ms: float, jitter_ms: float, loss_percent: float) -> float:
    """Compute the mean opinion score, 1 to 4.5, from round trip, jitter (ms) and loss (%)."""
    latency = rtt_ms + 2 * jitter_ms + 10
    r = 94.768 - (latency / 40 if latency < 160 else (latency - 120) / 10)
    r = min(max(r - 2.5 * loss_percent, 0.0), 100.0)
    return min(max(1 + 0.035 * r + 0.000007 * r * (r - 60) * (100 - r), 1.0), 4.5)


def word_said(value: object) -> str:
    """Return the quality word of a report: a word in any case, or 0 (excellent) to 4 (degraded) as on iOS."""
    text = str(value).strip().casefold() if isinstance(value, str | int | float) else ""
    text = text.removesuffix(".0").rpartition(".")[2]
    if text.isdecimal() and int(text) < len(QUALITY_BANDS):
        return QUALITY_BANDS[int(text)]
    return text if text in QUALITY_BANDS else ""
