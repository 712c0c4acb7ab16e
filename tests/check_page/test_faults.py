"""What the page finds behind a firewall with a fault: right, or unknown. `make check-link-lab` runs it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.check_page.build import ROOM
from tests.check_page.network import DUBLIN, ROAMING, TURN, Network, network
from tests.slack import tools

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.environ.get("LINEMAN_CHECK_PAGE") != "full", reason="run: make check-link-lab"),
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("nft"), reason="needs root and nftables"),
    pytest.mark.skipif(bool(tools.missing(ROOM)), reason=tools.missing(ROOM)),
]
SILENT, ABORTED = "generic_timeout_error", "connection_aborted"
UNKNOWN = "inconclusive"
HEALTHY = {"roaming": None, "dublin": None, "insights": None, "stun": None, "turn udp": None, "turn tcp": None,
           "media": None}  # fmt: skip


@dataclass
class Fault:
    """Rules of the firewall, and what differs from a healthy network; *seconds* is the most a run may take."""

    rules: str = ""
    differs: dict[str, str | None] = field(default_factory=dict)
    seconds: float = 8


NO_TURN: dict[str, str | None] = {"stun": SILENT, "turn udp": SILENT, "turn tcp": SILENT, "media": UNKNOWN}
RESET = "reject with tcp reset"
FAULTS = {
    "healthy": Fault(),
    "signaling dropped": Fault(f"ip daddr {ROAMING} drop", {"roaming": SILENT}, 15),
    "signaling reset": Fault(f"ip daddr {ROAMING} tcp dport 1-65535 {RESET}", {"roaming": ABORTED}, 15),
    "insights and an edge dropped": Fault(f"ip daddr {DUBLIN} drop", {"dublin": SILENT, "insights": SILENT}, 15),
    "range dropped": Fault('iifname "l0" udp dport 10000-60000 drop', {"media": "udp_outbound_lost"}, 15),
    "replies dropped": Fault('oifname "l0" udp sport 10000-60000 drop', {"media": "udp_inbound_lost"}, 15),
    "old rule 10000-20000": Fault('iifname "l0" udp dport 20001-60000 drop', {"media": "udp_outbound_lost"}, 15),
    # STUN uses the port as well. The server's view of our address gives the permission, so media are still proven.
    "TURN over UDP shut": Fault("udp dport 3478 drop", {"stun": SILENT, "turn udp": SILENT}, 15),
    "all UDP dropped": Fault("meta l4proto udp drop", {"stun": SILENT, "turn udp": SILENT, "media": UNKNOWN}, 16),
    "TURN shut": Fault(f"ip daddr {TURN} drop", NO_TURN, 16),
    # The relayed peer gets no packet, so silence says nothing about the range: a TURN server sends data in 0x0017.
    "TURN's data dropped": Fault(f"ip saddr {TURN} tcp sport 3478 @ih,0,16 0x0017 drop", {"media": UNKNOWN}, 16),
    "TURN over TCP shut": Fault(f"ip daddr {TURN} tcp dport 3478 {RESET}", {"turn tcp": ABORTED}, 15),
}  # fmt: skip
LOSS = "numgen random mod 100 < 10 drop"


@pytest.fixture(scope="module")
def net() -> Iterator[Network]:
    with network() as made:
        yield made


def outcome(result: dict[str, Any]) -> dict[str, str | None]:
    names = {"udp_media": "media", "http": "insights", "stun": "stun"}
    found = {}
    for o in result["observations"]:
        name = (
            f"turn {o['transport']}" if o["probe"] == "turn" else o["edge"] or names.get(o["probe"], "line")
        )
        found[name] = o["failure"]
    return found


@pytest.mark.parametrize("name", FAULTS)
def test_fault(net: Network, name: str) -> None:
    """The page names the fault and nothing else, in time."""
    fault = FAULTS[name]
    net.fault(fault.rules)
    result = net.visit()
    found = outcome(result)
    line = found.pop("line")
    expected = HEALTHY | fault.differs
    print(
        f"| {name} | {result['runtime']:.1f} s | {result['measurements']} | {expected} | {found == expected} |"
    )
    assert found == expected, result
    (media,) = (o for o in result["observations"] if o["probe"] == "udp_media")
    assert line == (
        None if media["facts"].get("open") else UNKNOWN
    )  # by the old rule, chance selects the ports
    assert result["runtime"] <= fault.seconds


@pytest.mark.parametrize("attempt", range(int(os.environ.get("LINEMAN_CHECK_PAGE_LOSS", "5"))))
def test_loss_is_no_block(net: Network, attempt: int) -> None:
    """10 % loss each way blames nothing, and shows in the measurement."""
    net.fault(LOSS)
    result = net.visit()
    blamed = {name: failure for name, failure in outcome(result).items() if failure not in (None, UNKNOWN)}
    print(
        f"| loss 10 %, {attempt} | {result['runtime']:.1f} s | {result['measurements']} | {outcome(result)} |"
    )
    assert blamed == {}, result
    loss = result["measurements"]["loss_percent"]
    assert loss is None or 5 <= loss <= 40
