"""What a customer's browser must find in each scenario of the lab: written down before the runs. Pure.

`UNKNOWN` is for what a browser cannot show: it names no cause, and does not say that the network is fine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.lab import scenarios
from tests.lab.scenarios import Scenario

CLEAR: Final = "clear"
UNKNOWN: Final = "unknown"
HEALTHY_S: Final = 8.0  # seconds from the click to the answer
BLOCKED_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Expected:
    """The answer of a browser: a cause or a risk, `CLEAR`, or `UNKNOWN`.."""

    answer: str
    seconds: float = BLOCKED_S
    because: str = ""  # why a browser cannot tell


# TLS is opened on the way to the service only: a browser does not open a page whose certificate it does not accept.
INTERCEPTED: Final = Scenario(
    "tls-intercepted-service",
    "A security product opens the TLS of the service, not of the page; the device does not know its CA.",
    faults=(("tls_intercepted", {"to": ["signaling", "insights", "turn"]}),),
    options={"platform": "javascript"},
)
OLD_RULE: Final = Scenario(
    "media-old-rule",
    "Only UDP 10000-20000 is open, as old firewall rules say.",
    faults=(("udp_range", {"ports": "20001-60000"}),),
    options={"platform": "javascript"},
)
SILENT_NAME: Final = Scenario(
    "dns-one-name-silent",
    "The resolver does not answer questions for the signaling name; all others resolve.",
    faults=(("dns_name", {"name": "voice-js.roaming", "how": "deny"}),),
    options={"platform": "javascript"},
)
MADE: Final = {scenario.name: scenario for scenario in (INTERCEPTED, OLD_RULE, SILENT_NAME)}
CHROMIUM: Final[Mapping[str, Expected]] = {
    "healthy": Expected(CLEAR, HEALTHY_S),
    "healthy-far-edge-chosen": Expected(CLEAR, HEALTHY_S),
    "signaling-blocked-drop": Expected("signaling-blocked"),
    "signaling-blocked-reset": Expected(UNKNOWN, because="a reset and an untrusted certificate look alike"),
    "websocket-strip": Expected("websocket-blocked"),
    INTERCEPTED.name: Expected(UNKNOWN, because="a reset and an untrusted certificate look alike"),
    "insights-blocked-drop": Expected("insights-blocked"),
    "media-udp-blocked": Expected("media-udp-blocked"),
    "media-udp-one-way": Expected("media-udp-one-way"),
    OLD_RULE.name: Expected("media-udp-blocked"),
    "turn-udp-shut": Expected(CLEAR),
    "turn-blocked": Expected("turn-blocked"),
    SILENT_NAME.name: Expected(UNKNOWN, because="no answer from DNS and no answer from the host look alike"),
    "edge-mismatch": Expected("edge-mismatch"),
    "packet-loss-10": Expected("packet-loss"),
}
# Where a browser sees a failure that has an innocent cause, or that is the service's own. It must blame nothing that
# the relay does not find.
TRAPS: Final = (
    "dns-dead",
    "dns-one-name",
    "dns-one-address",
    "gateway-busy",
    "gateway-hangs",
    "gateway-late",
    "gateway-no-pong",
    "line-far",
    "loss-20",
    "trap-loss",
    "trap-nat-pool",
    "trap-nat-random",
    "trap-stateless-range",
)
TRAP_S: Final = 20.0  # a line with 20 % loss also sends the page's own requests again

# Firefox counts no packets without an answer, and does not show that a name resolves: it proves what works.
FIREFOX: Final[Mapping[str, Expected]] = {
    "healthy": CHROMIUM["healthy"],
    "edge-mismatch": CHROMIUM["edge-mismatch"],
    "websocket-strip": CHROMIUM["websocket-strip"],
    "signaling-blocked-drop": Expected(UNKNOWN, because="Firefox does not show that the name resolves"),
    "media-udp-blocked": Expected(UNKNOWN, because="Firefox does not count packets without an answer"),
}


def scenario(name: str) -> Scenario:
    """Return a scenario of the lab, or one that only check links have."""
    return MADE.get(name) or scenarios.load(name)


def compare(verdict: str, browser: set[str], relay: set[str]) -> str:
    """Return how a browser's answer stands beside a relay's: agree, unknown, or differs.

    *verdict* is the page's word. A cause that the relay did not find is a difference, and so is "clear" where the relay
    found something.
    """
    if browser - relay or (verdict == CLEAR and relay):
        return "differs"
    if browser == relay and (browser or verdict == CLEAR):
        return "agree"
    return UNKNOWN
