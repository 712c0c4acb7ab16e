"""Read lines of firewalls that have a form of their own: Windows, pfSense, MikroTik, Juniper, and WatchGuard.

Pure.
"""

import re
from dataclasses import dataclass
from typing import Final

from bot.intake.parsing.lazy_pattern import LazyPattern

_IP: Final = r"\d{1,3}(?:\.\d{1,3}){3}"
_NO: Final = r"\d{1,5}"
FORM_SIGNS: Final = (
    r"|^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:DROP|ALLOW) (?:TCP|UDP) \d"
    r"|\bfilterlog(?:\[\d+\])?:|\bRT_FLOW_SESSION_(?:DENY|CREATE|CLOSE)\b|\bproto (?:UDP|TCP)\b[^\n]{0,60}->"
    r"|\bid=firewall\b|\b(?:Deny|Allow) [\d.]+ [\d.]+ \d{1,5}/(?:udp|tcp) "
)
FORM_WORDS: Final = (
    " drop tcp ", " drop udp ", " allow tcp ", " allow udp ", "id=firewall", "filterlog", "rt_flow", "proto udp",
    "proto tcp", "/udp ", "/tcp ",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TrafficLine:
    """One line: the protocol, both ends, and whether it was denied."""

    protocol: str
    source: tuple[str, int]
    target: tuple[str, int]
    denied: bool
    name: str = ""  # of the host, where the firewall knows it


_SOURCE: Final = rf"(?P<source>{_IP})"
_TARGET: Final = rf"(?P<target>{_IP})"
_FROM: Final = rf"(?P<from>{_NO})"
_TO: Final = rf"(?P<to>{_NO})"

# Each has the groups word (else what stands before it), protocol, source, from, target, and to.
_FORMS: Final = (
    LazyPattern(  # Windows: pfirewall.log
        rf"^\S+ \S+ (?P<word>DROP|ALLOW) (?P<protocol>TCP|UDP) {_SOURCE} {_TARGET} {_FROM} {_TO}\b"
    ),
    LazyPattern(  # pfSense and OPNsense: version 4 of the protocol
        r"filterlog(?:\[\d+\])?:.{0,120},match,(?P<word>block|pass|reject),(?:in|out),4,.{0,80},"
        rf"(?P<protocol>udp|tcp),\d+,{_SOURCE},{_TARGET},{_FROM},{_TO},"
    ),
    LazyPattern(  # Juniper
        rf"(?P<word>RT_FLOW_SESSION_\w+): session \w+ {_SOURCE}/{_FROM}->{_TARGET}/{_TO}"
        r"[^\n]{0,80}?\b(?P<protocol>17|6)\("
    ),
    LazyPattern(  # MikroTik: only the prefix of the rule, which its owner chose, says what the rule does
        r"\bproto (?P<protocol>UDP|TCP)\b[^\n]{0,40}?"
        rf"{_SOURCE}:{_FROM}->{_TARGET}:{_TO}"
    ),
    LazyPattern(  # WatchGuard
        rf"\b(?P<word>Deny|Allow) {_SOURCE} {_TARGET} {_NO}/(?P<protocol>udp|tcp) {_FROM} {_TO} "
    ),
)
_DENIED: Final = LazyPattern(r"drop|block|den[iy]|reject", re.IGNORECASE)
_PROTOCOLS: Final = {"17": "udp", "6": "tcp"}


def read_form(line: str) -> TrafficLine | None:
    """Read a line in one of the forms; None if it has another one."""
    for form in _FORMS:
        if match := form.search(line):
            protocol = match["protocol"].casefold()
            return TrafficLine(
                _PROTOCOLS.get(protocol, protocol),
                (match["source"], int(match["from"])),
                (match["target"], int(match["to"])),
                bool(_DENIED.search(match.groupdict().get("word", line[: match.start()]))),
            )
    return None
