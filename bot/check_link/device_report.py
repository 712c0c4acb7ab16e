"""What a browser shows as the user's device, in the facts that the questions of the knowledge read (ADR 9).

Pure: no network, no clock.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.check_link.browser_checks import ENOUGH_PORTS, BrowserChecks, given_facts
from bot.check_link.layer_states import all_work, layer_states
from bot.intake.line_facts import line_facts
from bot.model.request import Request
from bot.redaction.redact import redact
from knowledge.reasoning.device import PREFLIGHT
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Target

REPORT: Final = f"{PREFLIGHT} browser"  # the step of the report
ALL_WORK: Final = "all_work"  # the fact that everything works that the browser could check
_LONGEST: Final = 120  # characters of a text from the page


def report_of(checks: BrowserChecks, request: Request) -> Observation:
    """Return the report of the browser as an observation of the user's device."""
    signaling = checks.targets.signaling
    return Observation(
        REPORT,
        PREFLIGHT,
        signaling[0] if signaling else Target("device", edge=request.edge),
        None,
        dict(_report(checks, request)),
        checks.result.started,
        checks.result.runtime,
    )


def _report(checks: BrowserChecks, request: Request) -> Iterator[tuple[str, Any]]:
    """What the browser shows as the user's device, in the facts that questions read."""
    yield from {"form": "javascript", "reported_by": "browser", "edge_asked": request.edge}.items()
    yield from _signaling_facts(checks).items()
    if any(checks.is_dropped(checks.of("http", target)) for target in checks.targets.insights):
        yield "insights", "blocked"
    turns = [checks.of("turn", target) for target in checks.targets.turn]
    if any(item and item.failure is None and item.facts.allocated for item in turns):
        yield "relay_candidate", True
    media = checks.single("udp_media")
    if media and media.failure is None and 0 < len(set(media.facts.open)) < ENOUGH_PORTS:
        yield from {"media": "connected", "path": "direct", "path_transport": "udp"}.items()
    yield from _line(checks).items()
    if all_work(layer_states(checks)):
        yield ALL_WORK, True
    product = checks.result.browser
    for name, text in (("browser", f"{product.name} {product.version}"), ("system", product.os)):
        if clean := clean_text(text):
            yield name, clean
    if checks.result.hints:
        yield "hints", [clean_text(hint) for hint in checks.result.hints]


def _signaling_facts(checks: BrowserChecks) -> Mapping[str, Any]:
    item = checks.signaling
    asked = {"as_asked": True}
    if item is None:
        return {}
    if item.failure is None:
        return {**asked, "signaling": "connected"}
    if item.failure == Failure.WEBSOCKET_CLOSED or item.facts.host_reachable:
        return {**asked, "dns": "resolves", "tcp": "open", "tcp_port": item.port, "tls": "accepted"}
    if checks.is_dropped(item):
        return {**asked, "dns": "resolves"}
    return {}


def _line(checks: BrowserChecks) -> Mapping[str, Any]:
    item = checks.single("quality")
    if item is None or item.failure is not None or not item.facts.sent:
        return {}
    facts = item.facts
    measured = {"packets": facts.sent, "lost": min(facts.lost or 0, facts.sent or 0)}
    measured |= given_facts(facts, "rtt_ms", "jitter_ms")
    return {**measured, **line_facts(measured, checks.network.quality)}


def clean_text(text: str) -> str:
    """Return a text of the page as it may be stored and shown: short, printable, and without secrets."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return redact(" ".join(printable.split())).text[:_LONGEST]
