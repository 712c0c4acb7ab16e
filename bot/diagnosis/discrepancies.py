"""Differences between the device's report and the relay's observations: edges, and lost media ports.

Pure: no network, no clock.
"""

from collections.abc import Iterator, Mapping

from bot.intake.clues import Reading
from bot.intake.observation import DIRECT, path_of
from bot.intake.preflight_report import ROAMING, PreflightReport
from probes.protocol.model import Facts, Observation


def find_discrepancies(
    reading: Reading, observations: Mapping[str, Observation], relay: str
) -> Iterator[str]:
    """List what *relay* observed that is relevant to the device's report, one sentence each."""
    edges = _facts_of("edges", observations)
    media = _facts_of("udp_media", observations)
    for report in reading.reports:
        yield from dict.fromkeys((*_edge(report, edges, relay), *_port(report, media, relay)))


def _edge(report: PreflightReport, edges: Facts, relay: str) -> Iterator[str]:
    """Compare the edges that roaming chose, and name the nearest one."""
    near, led = str(edges.get("nearest_edge") or ""), str(edges.get("roaming_edge") or "")
    if report.edge_asked != ROAMING or not report.edge or not near:
        return
    if report.edge != near:
        took = edges.get("nearest_ms")
        ms = f" ({took:.0f} ms away)" if isinstance(took, int | float) else ""
        yield (
            f"Roaming selected {report.edge} for the device. From {relay}, the nearest edge is {near}{ms}."
        )
    if led and led != report.edge:
        yield (
            f"Roaming selects {led} for {relay} and selected {report.edge} for the device: they use "
            "different DNS servers (a browser also by DNS over HTTPS), or are on different networks."
        )


def _port(report: PreflightReport, media: Facts, relay: str) -> Iterator[str]:
    """Compare the device's media port with the ports that the relay lost."""
    low, dash, high = str(media.get("boundary") or "").partition("-")
    if not (dash and low.isdecimal() and high.isdecimal()):
        return
    remote, local = report.remote, report.local
    if path_of(report) == DIRECT and remote and remote.port and local and local.protocol == "udp":
        inside = int(low) <= remote.port <= int(high)
        where = "among those" if inside else "outside those"
        so = ": they may be on different networks" if inside else ""
        yield f"The device's media used port {remote.port}, {where} that {relay} lost ({low}-{high}){so}."


def _facts_of(probe: str, observations: Mapping[str, Observation]) -> Facts:
    """Return the facts of the first observation of *probe* that has a result."""
    return next(
        (
            observation.facts
            for observation in observations.values()
            if observation.probe == probe and observation.has_result
        ),
        {},
    )
