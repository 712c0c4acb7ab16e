"""What the page proved about the media range, less what it cannot know.

Pure: no network, no clock.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from bot.check_link.browser_checks import ENOUGH_PORTS, BrowserChecks
from probes.protocol.failures import Failure


def _sees_itself(checks: BrowserChecks) -> bool:
    """Whether STUN shows the public address: without it, a TURN server drops packets that did arrive."""
    known = (checks.of("stun", target) for target in checks.targets.stun)
    return any(item and item.failure is None and address_of(item.facts.reflexive) for item in known)


def media_result(checks: BrowserChecks) -> tuple[Failure | None, Mapping[str, Any]]:
    """What the page proved about the media range; INCONCLUSIVE if that is less than it says."""
    item = checks.single("udp_media")
    if item is None:
        return Failure.NOT_SUPPORTED, {}
    if item.failure == Failure.NO_CREDENTIALS:
        return Failure.NO_CREDENTIALS, {"because": "the server of the check link has no TURN credentials"}
    facts = item.facts
    open_, out, back = set(facts.open), set(facts.outbound_lost), set(facts.inbound_lost)
    counts = {
        "outbound_ok": len(open_ | back),
        "outbound_lost": len(out),
        "inbound_ok": len(open_),
        "inbound_lost": len(back),
        "in_range": bool(facts.in_range),
        "lost_ports": sorted(out | back),
    }
    lone = bool(open_) and len(out | back) == 1  # a firewall closes more than one port of the range
    is_proven = {
        None: len(open_) >= ENOUGH_PORTS and not out | back,
        Failure.UDP_OUTBOUND_LOST: bool(out) and not lone and _sees_itself(checks),
        Failure.UDP_INBOUND_LOST: bool(back) and not out and not lone,
    }
    failure = Failure(item.failure) if item.failure else None
    return (failure, counts) if is_proven.get(failure) else (Failure.INCONCLUSIVE, {})


def address_of(text: str) -> str:
    """Return *text* if it is an address with a port, else "": what the page sends is not to be trusted."""
    host, _, port = text.rpartition(":")
    try:
        return f"{ip_address(host.strip('[]'))}:{int(port)}"
    except ValueError:
        return ""
