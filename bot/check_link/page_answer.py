"""What the customer's page shows after a check: the verdict, each layer, and what a firewall must allow.

Pure: no network, no clock.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.check_link.browser_checks import BrowserChecks
from bot.check_link.layer_states import SPARE, UNKNOWN, all_work, layer_states
from bot.check_link.targets import VERSION
from bot.rendering.view import View
from knowledge.model.advice import AdvisedCause
from knowledge.model.network import Network
from probes.protocol.model import Target

_FINE: Final = "We tested this network with your browser. Everything that it could test works."
_ENOUGH: Final = (
    "We tested this network with your browser. Signaling and audio work. The list of results shows what is blocked; "
    "calls work without it."
)
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
    states = layer_states(checks)
    verdict = _verdict(view, states)
    return {
        "v": VERSION,
        "verdict": verdict,
        "language": "en",
        "title": _title(view, verdict),
        "customer": view.customer_text if view.advised else _no_cause(verdict, states),
        "it": "\n\n".join((*_requests(view.advised), _UNSEEN)),
        "rows": [{"layer": layer, "state": state, "detail": ""} for layer, state in states.items()],
        "admin": _admin(checks, network, states),
        "causes": [cause.id for cause in view.advised],
        "reference": reference,
        "checked_at": round(now, 3),
    }


def _verdict(view: View, states: Mapping[str, str]) -> str:
    if view.found:
        return "blocked" if any(cause.impact == "blocks" for cause in view.found) else "degraded"
    if view.risks:
        return "risk"
    return "clear" if all_work(states) else UNKNOWN


def _no_cause(verdict: str, states: Mapping[str, str]) -> str:
    if verdict != "clear":
        return _OPEN
    return _ENOUGH if SPARE & set(states.items()) else _FINE


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


def _admin(checks: BrowserChecks, network: Network, states: Mapping[str, str]) -> list[dict[str, Any]]:
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
