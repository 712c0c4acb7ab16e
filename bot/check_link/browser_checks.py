"""The checks of one result, found by what they are about.

Pure: no network, no clock.
"""

from typing import Any, Final

from bot.check_link.result_schema import BrowserFacts, BrowserObservation, BrowserResult
from bot.check_link.targets import CheckTargets
from knowledge.model.network import Network
from probes.protocol.failures import Failure
from probes.protocol.model import Target

# Ports that must answer before the media range counts as open; with fewer, some ports are.
ENOUGH_PORTS: Final = 3


class BrowserChecks:
    """The observations of one result that are about *targets*, by check and target."""

    def __init__(self, result: BrowserResult, targets: CheckTargets, network: Network) -> None:
        self.result, self.network, self.targets = result, network, targets
        known = {
            "websocket": targets.signaling,
            "http": targets.insights,
            "stun": targets.stun,
            "turn": targets.turn,
        }
        self._found: dict[tuple[str, Target], BrowserObservation] = {}
        self._single: dict[str, BrowserObservation] = {}
        for item in result.observations:
            if item.probe in ("udp_media", "quality"):
                self._single.setdefault(item.probe, item)
            for target in known.get(item.probe, ()):
                if _is_about(item, target):
                    self._found.setdefault((item.probe, target), item)

    def of(self, probe: str, target: Target) -> BrowserObservation | None:
        """Return what *probe* observed at *target*."""
        return self._found.get((probe, target))

    def single(self, probe: str) -> BrowserObservation | None:
        """Return what a check observed that has no target of its own."""
        return self._single.get(probe)

    @property
    def signaling(self) -> BrowserObservation | None:
        """The WebSocket to the edge of the case."""
        return self.of("websocket", self.targets.signaling[0]) if self.targets.signaling else None

    @property
    def resolves(self) -> bool:
        """Whether a host of the service was reached by its name."""
        return any(
            item.failure is None or item.facts.reached or item.facts.host_reachable
            for item in self._found.values()
        )

    def is_dropped(self, item: BrowserObservation | None) -> bool:
        """Whether *item* shows silence that neither DNS nor a dead line explains."""
        if item is None or item.failure != Failure.GENERIC_TIMEOUT_ERROR:
            return False
        return self.resolves and not item.facts.host_reachable


def given_facts(facts: BrowserFacts, *names: str) -> dict[str, Any]:
    """Return the facts of these names that the page sent."""
    return {name: value for name in names if (value := getattr(facts, name)) is not None}


def _is_about(item: BrowserObservation, target: Target) -> bool:
    same = (item.host.casefold(), item.port) == (target.host.casefold(), target.port)
    transport = item.transport or target.transport
    return same and transport == target.transport and item.edge in ("", target.edge)
