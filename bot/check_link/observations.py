"""Turn the result of a customer's browser into observations of a relay, and into the report of a device.

Pure: no network, no clock. A browser does not show why a connection failed. What it cannot show stays unknown: the
certificate, for example, may be a device's on the path, and trusted.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from bot.check_link.browser_checks import BrowserChecks, given_facts
from bot.check_link.device_report import REPORT, report_of
from bot.check_link.media_proof import address_of, media_result
from bot.check_link.result_schema import BrowserObservation
from bot.check_link.roaming import roaming_facts
from bot.model.request import Request
from knowledge.model.schema import CaseModel, ProbeSpec
from probes.protocol.failures import NO_RESULT, Failure
from probes.protocol.model import Observation, Target

# Closes without a reason of the service's own. 1001 and 1011 to 1014 are its own trouble, as in the check of relays.
_CUT_CODES: Final = (1000, 1005, 1006, 1008)


def observe_result(
    checks: BrowserChecks, cases: Iterable[CaseModel], request: Request
) -> dict[str, Observation]:
    """Return an observation for every step of *cases*, and the report of the browser as the user's device."""
    specs = {spec.step: spec for case in cases for looks in case.probes.values() for spec in looks}
    found = {step: _observe(spec, checks) for step, spec in specs.items()}
    return {**found, REPORT: report_of(checks, request)}


def _observe(spec: ProbeSpec, checks: BrowserChecks) -> Observation:
    """Return what the browser shows about one step of a relay; most cannot be tested in a browser."""
    failure, facts = _result(spec, checks)
    started = checks.result.started if failure not in NO_RESULT else 0.0
    return Observation(spec.step, spec.probe, spec.target, failure, facts, started)


def _result(spec: ProbeSpec, checks: BrowserChecks) -> tuple[Failure | None, Mapping[str, Any]]:
    if spec.params.get("proxy"):  # a browser does not say which way it took
        return Failure.NOT_SUPPORTED, {}
    match spec.target.service:
        case "signaling":
            return _signaling(spec, checks)
        case "insights":
            item = _insights(spec, checks)
            return _dropped(item, checks) if spec.probe == "tcp" else _answered(spec.probe, item, checks)
        case "stun" | "turn" if spec.probe == "dns":
            return Failure.SKIPPED, {}  # a failed name lookup fails the check of the server as well
        case "stun" if spec.probe == "stun":
            return _plain(checks.of("stun", spec.target))
        case "turn" if spec.probe == "turn":
            return _turn(spec.target, checks)
        case "media" if spec.probe == "udp_media":
            return media_result(checks)
    return Failure.NOT_SUPPORTED, {}


def _signaling(spec: ProbeSpec, checks: BrowserChecks) -> tuple[Failure | None, Mapping[str, Any]]:
    item = checks.of("websocket", spec.target)
    match spec.probe:
        case "tcp":
            return _dropped(item, checks)
        case "tls":  # opened, it says nothing about whose certificate it was
            return Failure.SKIPPED, {}
        case "websocket":
            return _websocket(item, checks, spec.target.host)
        case "edges":
            return _edges(checks)
    return Failure.NOT_SUPPORTED, {}


def _insights(spec: ProbeSpec, checks: BrowserChecks) -> BrowserObservation | None:
    host = spec.target.host
    known = (target for target in checks.targets.insights if target.host == host)
    return next((item for target in known if (item := checks.of("http", target))), None)


def _dropped(
    item: BrowserObservation | None, checks: BrowserChecks
) -> tuple[Failure | None, Mapping[str, Any]]:
    """TCP: dropped, or not known. That it opens is part of the report."""
    if checks.is_dropped(item):
        return Failure.GENERIC_TIMEOUT_ERROR, {"open": 0, "shut": 1}
    return Failure.NOT_SUPPORTED, {}


def _websocket(
    item: BrowserObservation | None, checks: BrowserChecks, host: str
) -> tuple[Failure | None, Mapping[str, Any]]:
    if item is None:
        return Failure.NOT_SUPPORTED, {}
    facts = item.facts
    if item.failure is None:
        return None, {"upgraded": True, **given_facts(facts, "opened_ms")}
    if item.failure == Failure.WEBSOCKET_CLOSED and facts.close_code in (None, *_CUT_CODES):
        return Failure.WEBSOCKET_CLOSED, {"upgraded": True, **given_facts(facts, "close_code", "attempts")}
    if item.failure == Failure.CONNECTION_ABORTED and facts.host_reachable:
        seen = {"upgraded": False, "reason_hidden": True, "hidden_at": host}
        return Failure(item.failure), {**seen, **given_facts(facts, "attempts")}
    if checks.is_dropped(item):
        return Failure.SKIPPED, {}
    return Failure.INCONCLUSIVE, {}


def _edges(checks: BrowserChecks) -> tuple[Failure | None, Mapping[str, Any]]:
    """Which edges open: known only if it is known of each."""
    seen = {
        target.edge: checks.of("websocket", target)
        for target in checks.targets.signaling
        if target.edge != checks.network.roaming
    }
    opened = [
        edge for edge, item in seen.items() if item and (item.failure is None or item.facts.host_reachable)
    ]
    shut = [edge for edge, item in seen.items() if checks.is_dropped(item)]
    if not seen or len(opened) + len(shut) < len(seen):
        return Failure.NOT_SUPPORTED if not opened else Failure.INCONCLUSIVE, {}
    facts = {
        "open": opened,
        "shut": shut,
        "open_count": len(opened),
        "shut_count": len(shut),
        "all_refuse": False,
        "others_open": [edge for edge in opened if edge != checks.targets.request.edge],
        "barred": (barred := [edge for edge in shut if edge in (checks.network.allowed_edges or seen)]),
        "barred_count": len(barred),
    }
    facts |= roaming_facts(checks)
    return (None if opened else Failure.GENERIC_TIMEOUT_ERROR), facts


def _answered(
    probe: str, item: BrowserObservation | None, checks: BrowserChecks
) -> tuple[Failure | None, Mapping[str, Any]]:
    """HTTPS: it answers, and the clock is known; else the layer that failed is not known."""
    offset = checks.result.clock_offset_s
    if probe not in ("tls", "http") or item is None or item.failure is not None or offset is None:
        return Failure.NOT_SUPPORTED, {}
    return None, {"date_offset_s": round(-offset, 1)}  # the server's time, seen from the browser's


def _plain(item: BrowserObservation | None) -> tuple[Failure | None, Mapping[str, Any]]:
    if item is None:
        return Failure.NOT_SUPPORTED, {}
    facts = {"reflexive": address} if (address := address_of(item.facts.reflexive)) else {}
    return (Failure(item.failure) if item.failure else None), facts


def _turn(target: Target, checks: BrowserChecks) -> tuple[Failure | None, Mapping[str, Any]]:
    """What a TURN server of the same port and transport showed: the hosts may differ, as in a relay's plan."""
    same = [
        item
        for known in checks.targets.turn
        if (known.port, known.transport) == (target.port, target.transport)
        and (item := checks.of("turn", known))
    ]
    if not same:
        return Failure.NOT_SUPPORTED, {}
    item = same[0]
    failure = Failure(item.failure) if item.failure else None
    if failure is Failure.CONNECTION_ABORTED:  # refused, reset, no name, or a certificate that is not trusted
        failure = Failure.INCONCLUSIVE
    silent = failure in (Failure.GENERIC_TIMEOUT_ERROR, *NO_RESULT)
    reached = not silent or bool(item.facts.reached)  # a refusal is an answer
    if failure is Failure.GENERIC_TIMEOUT_ERROR and (reached or not checks.resolves):
        failure = Failure.INCONCLUSIVE
    relayed = address_of(item.facts.relayed)
    facts = {"reached": reached, "allocated": bool(item.facts.allocated), "offered": True}
    return failure, {**facts, **({"relayed": relayed} if relayed else {})}
