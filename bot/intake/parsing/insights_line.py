"""Read what Voice Insights measured on the device: round trip, jitter, MOS, and packets.

Pure. The summary has it for the whole call. Before the summary is there, so do the samples of 10 s, added up. Without
packets that arrived there was no audio to measure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.intake.parsing.fields import FieldMap
from bot.intake.parsing.insights_answers import InsightsCall
from bot.intake.parsing.metrics import counts_of
from bot.intake.preflight_report import MetricRange


@dataclass(frozen=True, slots=True)
class LineOfCall:
    """The measurements: ms, %, counts. A value that is not there stays empty."""

    rtt: MetricRange = field(default_factory=MetricRange)
    jitter: MetricRange = field(default_factory=MetricRange)
    mos: MetricRange = field(default_factory=MetricRange)
    loss_percent: float | None = None
    packets: int | None = None
    lost: int | None = None


def read_line(call: InsightsCall) -> LineOfCall:
    """Read the measurements of the device, from the summary or else from the samples."""
    inbound = FieldMap(call.summary.get("sdk_edge")).map("metrics").map("inbound")
    received = inbound.number("packetsreceived")
    if not received:
        return _of_samples([FieldMap(sample.get("sdk_edge")) for sample in call.metrics])
    packets, lost = counts_of(inbound.number("packetslost"), received) or (None, None)
    return LineOfCall(
        rtt=_range(inbound.map("rtt")),
        jitter=_range(inbound.map("jitter")),
        mos=_range(inbound.map("mos")),
        loss_percent=_percent(packets, lost) if packets else inbound.number("packetslosspercentage"),
        packets=packets,
        lost=lost,
    )


def _of_samples(samples: Sequence[FieldMap]) -> LineOfCall:
    totals = [sample.map("cumulative") for sample in samples]
    received = max((total.number("packetsreceived") or 0 for total in totals), default=0)
    lost = max((total.number("packetslost") or 0 for total in totals), default=0)
    counts = counts_of(lost, received) if received else None
    if counts is None:
        return LineOfCall()
    return LineOfCall(
        rtt=_average(samples, "rtt"),
        jitter=_average(samples, "jitter"),
        mos=_average(samples, "mos"),
        loss_percent=_percent(*counts),
        packets=counts[0],
        lost=counts[1],
    )


def _percent(packets: int, lost: int | None) -> float:
    return round(100 * (lost or 0) / packets, 3)


def _range(metric: FieldMap) -> MetricRange:
    return MetricRange(metric.number("avg"), metric.number("min"), metric.number("max"))


def _average(samples: Sequence[FieldMap], name: str) -> MetricRange:
    values = [sample.map("interval").map(name).number("value") for sample in samples]
    known = [value for value in values if value]
    return MetricRange(round(sum(known) / len(known), 3), min(known), max(known)) if known else MetricRange()
