"""What the customer's page shows after a check: the verdict, each layer, and what a firewall must allow.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from bot.check_link.browser_checks import BrowserChecks
from bot.check_link.observations import media_result
from bot.check_link.result_schema import BrowserObservation
from bot.check_link.targets import VERSION
from bot.diagnosis.run_record import RunRecord
from bot.rendering.view import View
from knowledge.model.advice import AdvisedCause
from knowledge.model.network import Network
from probes.protocol.failures import NO_RESULT, Failure
from probes.protocol.model import Target

LAYERS: Final = ("signaling", "insights", "stun", "turn", "media", "line")
WORKS: Final = "works"
_UNKNOWN: Final = "unknown"
_FINE: Final = "We tested this network with your browser. Everything that it could test works."
_OPEN: Final = (
    "Your browser could not test everything that calls require. Your support team will get back to you."
)
_UNCLEAR_TITLE: Final = "Could not tell"
_FINE_TITLE: Final = "No problem found"
_UNSEEN: Final = (
    "A browser cannot show whether a device on the network decrypts TLS, nor why a connection failed. "
    "It tested from this device only."
)


def page_answer(
    checks: BrowserChecks, view: View, network: Network, reference: str, now: float
) -> dict[str, Any]:
    """Return the answer to a result, in English. *view* is of the network that was tested."""
    rows = _rows(checks)
    states = {row["layer"]: row["state"] for row in rows}
    verdict = _verdict(view, states.get("signaling"), states.get("media"), states.values())
    return {
        "v": VERSION,
        "verdict": verdict,
        "language": "en",
        "title": _title(view, verdict),
        "customer": view.customer_text if view.advised else (_FINE if verdict == "clear" else _OPEN),
        "it": "\n\n".join((*_requests(view.advised), _UNSEEN)),
        "rows": rows,
        "admin": _admin(checks, network, states),
        "causes": [cause.id for cause in view.advised],
        "reference": reference,
        "checked_at": round(now, 3),
    }


def is_fine(checks: BrowserChecks, record: RunRecord) -> bool:
    """Whether signaling and media work in the browser, and nothing that it tested failed."""
    states = {row["layer"]: row["state"] for row in _rows(checks)}
    essential = (states.get("signaling"), states.get("media"))
    return (
        not record.diagnosis.found
        and all(state == WORKS for state in essential)
        and _all_fine(states.values())
    )


def _verdict(view: View, signaling: str | None, media: str | None, states: Iterable[str]) -> str:
    if view.found:
        return "blocked" if any(cause.impact == "blocks" for cause in view.found) else "degraded"
    if view.risks:
        return "risk"
    return "clear" if signaling == media == WORKS and _all_fine(states) else _UNKNOWN


def _all_fine(states: Iterable[str]) -> bool:
    return all(state in (WORKS, "not_checked") for state in states)


def _title(view: View, verdict: str) -> str:
    if view.advised:
        return "; ".join(cause.title for cause in view.advised[:3])
    return _FINE_TITLE if verdict == "clear" else _UNCLEAR_TITLE


def _requests(causes: Sequence[AdvisedCause]) -> list[str]:
    """What the network team is asked to do, for each cause."""
    found = []
    for cause in causes:
        fixes = [fix.do for fix in cause.fixes if fix.who == "firewall"][:2]
        found.append("\n".join((f"{cause.title}.", *cause.evidence[:2], *fixes)))
    return found


def _rows(checks: BrowserChecks) -> list[dict[str, str]]:
    targets = checks.targets
    layers: list[tuple[str, list[BrowserObservation | None]]] = [
        ("signaling", [checks.signaling]),
        ("insights", [checks.of("http", target) for target in targets.insights]),
        ("stun", [checks.of("stun", target) for target in targets.stun]),
        ("turn", [checks.of("turn", target) for target in targets.turn]),
        ("line", [checks.single("quality")]),
    ]
    states = {layer: _state(items, checks) for layer, items in layers}
    states["media"] = _media_state(checks)
    return [{"layer": layer, "state": states[layer], "detail": ""} for layer in LAYERS]


def _media_state(checks: BrowserChecks) -> str:
    failure, _ = media_result(checks)
    if failure in (Failure.NOT_SUPPORTED, Failure.NO_CREDENTIALS):
        return "not_checked"
    if failure is None:
        return WORKS
    return _UNKNOWN if failure in NO_RESULT else "blocked"


def _state(items: Sequence[BrowserObservation | None], checks: BrowserChecks) -> str:
    known = [item for item in items if item is not None]
    if not known or all(item.failure == Failure.NOT_SUPPORTED for item in known):
        return "not_checked"
    works = [item for item in known if item.failure is None]
    if len(works) == len(known):
        return WORKS
    if works:
        return "partly"
    return "blocked" if all(_is_blocked(item, checks) for item in known) else _UNKNOWN


def _is_blocked(item: BrowserObservation, checks: BrowserChecks) -> bool:
    if item.failure in NO_RESULT or item.failure is None:
        return False
    if item.probe in ("websocket", "http"):
        is_upgrade = item.failure == Failure.WEBSOCKET_CLOSED or bool(item.facts.host_reachable)
        return is_upgrade or checks.is_dropped(item)
    return item.failure == Failure.GENERIC_TIMEOUT_ERROR and checks.resolves and not item.facts.reached


def _admin(checks: BrowserChecks, network: Network, states: dict[str, str]) -> list[dict[str, Any]]:
    """What a firewall must allow for a browser, with what the check found."""
    targets = checks.targets
    low, high = network.media_ports
    rows = [
        _rule("Signaling", "TCP", targets.signaling, states.get("signaling")),
        _rule("Call reports", "TCP", targets.insights, states.get("insights")),
        _rule("STUN", "UDP", targets.stun, states.get("stun")),
        *(
            _rule(
                f"TURN over {transport.upper()}",
                "UDP" if transport == "udp" else "TCP",
                [target for target in targets.turn if target.transport == transport],
                states.get("turn"),
            )
            for transport in ("udp", "tcp", "tls")
        ),
    ]
    media = {
        "purpose": "Call audio",
        "protocol": "UDP",
        "ports": f"{low}-{high}",
        "destinations": list(network.media_ranges),
        "direction": "both",
        "state": states.get("media", "not_checked"),
        "note": "Outgoing, with return traffic.",
    }
    return [row for row in rows if row["destinations"]] + [media]


def _rule(purpose: str, protocol: str, targets: Sequence[Target], state: str | None) -> dict[str, Any]:
    return {
        "purpose": purpose,
        "protocol": protocol,
        "ports": ", ".join(dict.fromkeys(str(target.port) for target in targets)),
        "destinations": list(dict.fromkeys(target.host for target in targets)),
        "direction": "outgoing",
        "state": state or "not_checked",
        "note": "",
    }
