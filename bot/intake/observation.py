"""Convert a report to the facts of one observation, which the questions' `device` rules read.

Pure. A fact is set only if the report shows it. Times are in ms, loss in %. `as_asked` tells whether the
device was set to the edge of the case.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, Final

from bot.intake.parsing.quality_warnings import INSIGHTS
from bot.intake.preflight_report import (
    FINAL,
    HOST,
    PRFLX,
    RELAY,
    ROAMING,
    SO_FAR,
    SRFLX,
    Candidate,
    MetricRange,
    PreflightReport,
    QualityWarning,
    SdkError,
)
from knowledge.reasoning.device import PREFLIGHT
from probes.protocol.model import Observation, Target

DIRECT: Final = "direct"
LOG: Final = "log"  # not a report: it is unknown whose log it is, and of which call

# A test that ends with one of these did not reach media.
SIGNALING_CODES: Final = frozenset({"53000", "31005", "31009", "31530", "31901"})
MEDIA_CODES: Final = frozenset({"31003", "53405", "53407"})
DNS_CODE: Final = "31530"

# The class names when the first observations were stored, part of the id. Never change them.
_FIRST_NAMES: Final[dict[type, str]] = {
    PreflightReport: "Report",
    MetricRange: "Spread",
    SdkError: "Fault",
    QualityWarning: "Caution",
}

# Added later, and computed from what is part of the id anyway.
_NOT_IN_ID: Final = frozenset({"packets", "lost"})
# Added later: part of the id only with a value.
_LATER: Final = frozenset({"of_service", "ice_failed", "ended_by"})


def observe(report: PreflightReport, edge: str) -> Observation:
    """Make the observation of *report* for a case at *edge* ("": roaming)."""
    facts = dict(_facts(report, edge or ROAMING))
    step = f"{PREFLIGHT} {report.form} {hashlib.sha256(_text(report).encode()).hexdigest()[:8]}"
    if report.of_service in (SO_FAR, FINAL):  # fetched again, it replaces what was fetched before
        step = f"{PREFLIGHT} call {report.call_sid}"
    target = Target("device", edge=report.edge_asked or report.edge)
    seconds = (report.timing.test or 0.0) / 1000
    return Observation(step, PREFLIGHT, target, None, facts, report.started or 0.0, seconds)


def _text(value: object) -> str:
    """Write *value* like `repr`, with the original class names, so that a report pasted again keeps its id."""
    if isinstance(value, tuple):
        inside = ", ".join(_text(item) for item in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if is_dataclass(value):
        named = {
            item.name: getattr(value, item.name) for item in fields(value) if item.name not in _NOT_IN_ID
        }
        inside = ", ".join(f"{name}={_text(v)}" for name, v in named.items() if v or name not in _LATER)
        return f"{_FIRST_NAMES.get(type(value), type(value).__name__)}({inside})"
    return repr(value)


def path_of(report: PreflightReport) -> str:
    """Return the media path: direct, relay, or "" if unknown."""
    if report.local:
        return RELAY if report.local.kind == RELAY else DIRECT
    if report.turn_required is None:
        return ""
    return RELAY if report.turn_required else DIRECT


def signaling_of(report: PreflightReport) -> str:
    """Return the signaling state: connected, failed, or "" if unknown."""
    visible = report.timing.signaling is not None or media_of(report) == "connected"
    if visible or (report.edge and report.state in ("completed", "running") and report.call_sid):
        return "connected"
    codes = {code for fault in report.faults for code in fault.codes}
    if report.of_service:
        # Only a connected SDK has a Call SID. 31005 without HANGUP: signaling broke off during the call.
        return "connected" if report.sdk and (report.hangup or not codes & SIGNALING_CODES) else ""
    closed = any(fault.close_code for fault in report.faults)
    if report.hangup and not closed:
        return "connected"  # the gateway's own message
    if codes & MEDIA_CODES and not closed and report.form != LOG:
        return "connected"  # media is set up over signaling
    return "failed" if codes & SIGNALING_CODES or closed else ""


def media_of(report: PreflightReport) -> str:
    """Return the media state: connected, failed, or "" if unknown."""
    if report.samples or report.rtt != MetricRange() or report.timing.peer_connection or report.local:
        return "connected"
    codes = {code for fault in report.faults for code in fault.codes}
    return "failed" if report.ice_failed or codes & MEDIA_CODES else ""


def gathered(report: PreflightReport) -> tuple[Candidate, ...]:
    """List the device's own candidates, including the selected one."""
    own = [candidate for candidate in report.candidates if not candidate.remote]
    return tuple(dict.fromkeys([*own, *([report.local] if report.local else [])]))


def kinds_of(report: PreflightReport) -> tuple[str, ...]:
    """List the kinds of the device's own candidates, the most direct first."""
    kinds = {candidate.kind for candidate in gathered(report)}
    return tuple(kind for kind in (HOST, SRFLX, PRFLX, RELAY) if kind in kinds)


def _facts(report: PreflightReport, edge: str) -> Iterator[tuple[str, Any]]:
    yield "form", report.form
    plain: dict[str, Any] = {
        "state": report.state,
        "sdk_version": report.sdk,
        "edge": report.edge,
        "edge_asked": report.edge_asked,
        "signaling": signaling_of(report),
        "media": media_of(report),
        "quality": report.quality,
        "codec": report.codec,
        "of_service": report.of_service,
        "ended_by": report.ended_by,
    }
    yield from ((name, value) for name, value in plain.items() if value)
    yield "as_asked", bool(report.edge_asked) and report.edge_asked == edge
    yield from _way(report)
    yield from _numbers(report)
    yield from _errors(report)
    if report.cautions:
        yield "warnings", [warning.name for warning in report.cautions]
        if any(warning.name == INSIGHTS for warning in report.cautions):
            yield "insights", "blocked"
            yield "insights_warning", INSIGHTS
    if any(candidate.network == "vpn" for candidate in gathered(report)):
        yield "vpn", True


def _way(report: PreflightReport) -> Iterator[tuple[str, Any]]:
    """Yield the media paths that the device had, and the one that was selected."""
    kinds, path = kinds_of(report), path_of(report)
    direct = [kind for kind in kinds if kind in (HOST, SRFLX)]
    if kinds:
        yield "candidates", list(kinds)
    if path:
        yield "path", path
    if path == RELAY or RELAY in kinds:
        yield "relay_candidate", True
    if direct:
        yield "direct_candidates", True
    if path == RELAY:
        yield from _detour(report, direct)
    elif path == DIRECT and report.local and report.local.protocol:
        yield "path_transport", report.local.protocol
        if report.local.protocol == "udp" and report.remote and report.remote.port:
            yield "direct_port", report.remote.port
            yield "direct_address", report.remote.address


def _detour(report: PreflightReport, direct: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield the TURN server that relayed the media, and the direct paths that were also available."""
    if report.local and report.local.url:
        yield "relay_server", report.local.url
    if report.local and report.local.relay_protocol:
        yield "relay_transport", report.local.relay_protocol.upper()
    if direct and media_of(report) == "connected":
        yield "detour_candidates", direct


def _numbers(report: PreflightReport) -> Iterator[tuple[str, Any]]:
    timing = report.timing
    values = {
        "signaling_ms": timing.signaling,
        "ice_ms": timing.ice,
        "dtls_ms": timing.dtls,
        "peer_connection_ms": timing.peer_connection,
        "rtt_ms": report.rtt.average,
        "jitter_ms": report.jitter.average,
        "loss_percent": report.loss_percent,
        "packets": report.packets,
        "lost": report.lost,
        "mos": report.mos_computed if report.mos_computed is not None else report.mos.average,
    }
    yield from ((name, value) for name, value in values.items() if value is not None)


def _errors(report: PreflightReport) -> Iterator[tuple[str, Any]]:
    codes = list(dict.fromkeys(code for fault in report.faults for code in fault.codes))
    closed = next((fault.close_code for fault in report.faults if fault.close_code), None)
    if codes:
        yield "codes", codes
        yield "code", DNS_CODE if DNS_CODE in codes else codes[0]
    if DNS_CODE in codes:
        yield "dns_code", DNS_CODE
    if closed:
        yield "close_code", closed
    yield from ((name, True) for name in ("hangup", "csp") if getattr(report, name))
