"""Read the metrics of a report, in ms and percent for any source units: round trip, jitter, loss, MOS.

Pure. A value without a unit is judged by its size: no round trip to an internet service is below 3 ms.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from bot.intake.parsing.durations import SECONDS_NOTE
from bot.intake.parsing.fields import FieldMap, measured
from bot.intake.preflight_report import MetricRange

MICROSECONDS_NOTE: Final = (
    "Round trip and jitter are in microseconds, judging by their size, and are read that way."
)
MOST_SAMPLES: Final = 5_000


_SHORT_TRIP: Final = 3.0
_SHORT_JITTER: Final = 0.3
_LONG_TRIP: Final = 20_000.0  # no call survives a round trip of so many ms; as microseconds it is normal


@dataclass(frozen=True, slots=True)
class Sample:
    """One second of the test. Counts are as written."""

    rtt: float | None
    jitter: float | None
    mos: float | None
    lost: float | None
    received: float | None
    loss_percent: float | None


def read_samples(report: FieldMap) -> tuple[Sample, ...]:
    """Read the measurements of each second."""
    found = report.list("statssamples", "samples", "rtcsamples")[:MOST_SAMPLES]
    return tuple(_sample(FieldMap(item)) for item in found if isinstance(item, dict))


def _sample(fields: FieldMap) -> Sample:
    fraction, _ = measured(
        fields.take("packetslostfraction", "packetlossfraction", "packetloss", "packetlosspercent")
    )
    return Sample(
        rtt=fields.milliseconds("rtt", "roundtriptime", "currentroundtriptime")[0],
        jitter=fields.milliseconds("jitter")[0],
        mos=_fits(fields.number("mos", "mosscore"), 5),
        lost=_fits(fields.number("packetslost"), 1e12),
        received=_fits(fields.number("packetsreceived"), 1e12),
        loss_percent=_fits(fraction, 100),
    )


def read_spreads(report: FieldMap, samples: Sequence[Sample]) -> tuple[dict[str, MetricRange], list[str]]:
    """Read round trip and jitter in ms, and MOS as written. Use the samples if averages are missing."""
    stats = report.map("networkstats", "stats", "rtcstats", "averages")
    found = {
        name: _spread(stats, name) or _of(getattr(sample, name) for sample in samples)
        for name in ("rtt", "jitter")
    }
    notes = []
    if _small(found["rtt"], _SHORT_TRIP) or (
        found["rtt"] == MetricRange() and _small(found["jitter"], _SHORT_JITTER)
    ):
        found = {
            name: _times(metric_range, 1000) if _small(metric_range, _SHORT_TRIP) else metric_range
            for name, metric_range in found.items()
        }
        notes.append(SECONDS_NOTE.format(what="Round trip and jitter"))
    elif (found["rtt"].average or 0) > _LONG_TRIP:
        found = {name: _times(metric_range, 0.001) for name, metric_range in found.items()}
        notes.append(MICROSECONDS_NOTE)
    found["mos"] = _spread(stats, "mos") or _of(sample.mos for sample in samples)
    if any(value is not None and not 0 <= value <= 5 for value in _values(found["mos"])):
        found["mos"] = MetricRange()
    for name in ("rtt", "jitter"):
        if any(value is not None and not 0 <= value < 1e7 for value in _values(found[name])):
            found[name] = MetricRange()
    return found, notes


def _spread(stats: FieldMap, name: str) -> MetricRange | None:
    inner = stats.map(name, f"{name}ms")
    if inner:
        average = inner.milliseconds("average", "avg", "mean")[0]
        low = inner.milliseconds("min", "minimum", "low")[0]
        high = inner.milliseconds("max", "maximum", "high")[0]
        return None if average is low is high is None else MetricRange(average, low, high)
    for key in (name, f"average{name}", f"avg{name}", f"{name}average", f"{name}avg"):
        found = stats.number(key) if name == "mos" else stats.milliseconds(key)[0]
        if found is not None:
            return MetricRange(found)
    return None


def _of(values: Iterable[float | None]) -> MetricRange:
    known = [value for value in values if value is not None]
    return MetricRange(round(sum(known) / len(known), 3), min(known), max(known)) if known else MetricRange()


def _small(spread: MetricRange, limit: float) -> bool:
    known = [value for value in _values(spread) if value is not None]
    return bool(known) and 0 < max(known) < limit


def _times(spread: MetricRange, factor: float) -> MetricRange:
    return MetricRange(*(None if value is None else round(value * factor, 3) for value in _values(spread)))


def _values(spread: MetricRange) -> tuple[float | None, float | None, float | None]:
    return spread.average, spread.low, spread.high


def in_ms(samples: Sequence[Sample]) -> tuple[Sample, ...]:
    """Return *samples* with round trip and jitter in ms, if their size shows another unit."""
    trips = [sample.rtt for sample in samples if sample.rtt]
    if not trips or _SHORT_TRIP <= max(trips) <= _LONG_TRIP:
        return tuple(samples)
    factor = 1000 if max(trips) < _SHORT_TRIP else 0.001
    return tuple(
        replace(sample, rtt=_or_none(sample.rtt, factor), jitter=_or_none(sample.jitter, factor))
        for sample in samples
    )


def read_counts(report: FieldMap, samples: Sequence[Sample]) -> tuple[int, int] | None:
    """Read how many packets of the whole test were expected, and how many of these were lost; None if not counted."""
    totals = report.map("totals")
    lost, received = totals.number("packetslost"), totals.number("packetsreceived")
    if lost is None or received is None:
        lost, received = _counted(samples)
    return counts_of(lost, received)


def counts_of(lost: float | None, received: float | None) -> tuple[int, int] | None:
    """Add up packets *lost* and *received*; None if one is unknown or impossible, or if there were none."""
    if lost is None or received is None or not (0 <= lost < 1e12 and 0 <= received < 1e12):
        return None
    return (int(lost + received), int(lost)) if lost + received >= 1 else None


def read_loss(report: FieldMap, samples: Sequence[Sample]) -> float | None:
    """Read the loss of the whole test in %, from packet counts or as written."""
    if counts := read_counts(report, samples):
        return round(100 * counts[1] / counts[0], 3)
    totals = report.map("totals")
    stats = report.map("networkstats", "stats")
    written = totals.number("packetslostfraction")
    if written is None:
        inner = stats.map("packetslostfraction", "packetloss", "packetlossfraction")
        written = inner.number("average") if inner else stats.number("packetslostfraction", "packetloss")
    if written is None:
        written = _of(sample.loss_percent for sample in samples).average
    return _fits(written, 100)


def _counted(samples: Sequence[Sample]) -> tuple[float | None, float | None]:
    """Count packets lost and received. Native counters are cumulative. JavaScript's restart each second."""
    known = [
        (sample.lost, sample.received)
        for sample in samples
        if sample.lost is not None and sample.received is not None
    ]
    if not known:
        return None, None
    if adds_up([received for _, received in known]):
        return known[-1]
    return sum(lost for lost, _ in known), sum(received for _, received in known)


def adds_up(counts: Sequence[float]) -> bool:
    """Tell whether *counts* never fall and grow by more than chance."""
    rises = all(before <= after for before, after in pairwise(counts))
    return rises and len(counts) > 1 and counts[-1] > 1.5 * counts[0]


def _or_none(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _fits(value: float | None, most: float) -> float | None:
    return value if value is not None and 0 <= value <= most else None
