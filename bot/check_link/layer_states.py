"""What a browser's checks say about each layer of a call: works, blocked, partly, unknown, or not checked.

Pure: no network, no clock.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.check_link.browser_checks import BrowserChecks
from bot.check_link.media_proof import media_result
from bot.check_link.result_schema import BrowserObservation
from probes.protocol.failures import NO_RESULT, Failure

LAYERS: Final = ("signaling", "insights", "stun", "turn", "media", "line")
WORKS: Final = "works"
UNKNOWN: Final = "unknown"
NOT_CHECKED: Final = "not_checked"
# Calls work without these while audio passes: TURN that no transport reaches is a cause of its own.
SPARE: Final = frozenset({("stun", "blocked"), ("stun", "partly"), ("turn", "partly")})


def layer_states(checks: BrowserChecks) -> dict[str, str]:
    """Return the state of each layer, in the order in which a call needs them."""
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
    return {layer: states[layer] for layer in LAYERS}


def all_work(states: Mapping[str, str]) -> bool:
    """Whether signaling and media work, and so does everything else that was checked and that calls need."""
    fine = all(state in (WORKS, NOT_CHECKED) or (layer, state) in SPARE for layer, state in states.items())
    return fine and states["signaling"] == states["media"] == WORKS


def _media_state(checks: BrowserChecks) -> str:
    failure, _ = media_result(checks)
    if failure in (Failure.NOT_SUPPORTED, Failure.NO_CREDENTIALS):
        return NOT_CHECKED
    if failure is None:
        return WORKS
    return UNKNOWN if failure in NO_RESULT else "blocked"


def _state(items: Sequence[BrowserObservation | None], checks: BrowserChecks) -> str:
    known = [item for item in items if item is not None]
    if not known or all(item.failure == Failure.NOT_SUPPORTED for item in known):
        return NOT_CHECKED
    works = [item for item in known if item.failure is None]
    if len(works) == len(known):
        return WORKS
    if works:
        return "partly"
    return "blocked" if all(_is_blocked(item, checks) for item in known) else UNKNOWN


def _is_blocked(item: BrowserObservation, checks: BrowserChecks) -> bool:
    if item.failure in NO_RESULT or item.failure is None:
        return False
    if item.probe in ("websocket", "http"):
        is_upgrade = item.failure == Failure.WEBSOCKET_CLOSED or bool(item.facts.host_reachable)
        return is_upgrade or checks.is_dropped(item)
    return item.failure == Failure.GENERIC_TIMEOUT_ERROR and checks.resolves and not item.facts.reached
