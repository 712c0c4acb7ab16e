"""Read log lines of firewalls that deny traffic: ASA, PAN-OS, FortiGate, Sophos, SonicWall, netfilter, and others.

A firewall's own log is proof of what it denied. What it let through is no fault, and neither is a packet that
belongs to no connection any more.
"""

import csv
import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import ToolFacts
from bot.intake.parsing.lazy_pattern import LazyPattern
from bot.intake.readers.firewall_forms import FORM_SIGNS, FORM_WORDS, TrafficLine, read_form

WORDS: Final = (
    "%asa-", "%ftd-", ",traffic,", ",threat,url,", "type=", "src=", "src_ip=", "flows ", *FORM_WORDS,
)  # fmt: skip
SIGN: Final = LazyPattern(
    r"%(?:ASA|FTD)-(?:\w+-)?\d-\d{6}|\bTRAFFIC,(?:deny|drop|end|start),|\bTHREAT,url,"
    r"|\btype=\"?(?:traffic|utm)\"?|\bCEF:\d\|[^\n]*\bsrc=[\d.]+"
    r"|\bSRC=[\d.]+ DST=[\d.]+|\bflows (?:deny|allow)\b|\b(?:src|dst)_ip=\"?\d" + FORM_SIGNS,
    re.MULTILINE,
)
LINES: Final = SIGN

_MOST: Final = 20_000  # lines
_IP: Final = r"(\d{1,3}(?:\.\d{1,3}){3})"
# The interface, the address, and the port, with a slash or in parentheses.
_PLACE: Final = rf"(?:[\w.-]{{1,40}}[:/])?{_IP}[/(](\d{{1,5}})\)?"


_ASA: Final = LazyPattern(
    rf"(?P<word>Deny|denied|permitted|Built outbound|Built inbound)[^\n]{{0,80}}?\b(?P<protocol>udp|tcp)\b"
    rf"(?:[^\n]{{0,60}}?)(?:src|from|\s)\s*{_PLACE}\s*(?:\([^)]*\)\s*)?(?:dst|to|->)\s*{_PLACE}",
    re.IGNORECASE,
)
_INBOUND: Final = LazyPattern(
    rf"(?:Deny inbound (?P<protocol>UDP|TCP)|Inbound (?P<second>TCP"
    rf"|UDP) connection denied) from {_IP}/(\d{{1,5}}) to {_IP}/(\d{{1,5}})",
    re.IGNORECASE,
)
_NO_CONNECTION: Final = "(no connection)"
_FIELD: Final = LazyPattern(r"\b(\w+)=(?:\"([^\"]{0,200})\"|([^\s,]{1,200}))")
_FROM: Final = ("srcport", "src_port", "sport", "spt")
_TO: Final = ("dstport", "dst_port", "dport", "dpt")
_SAYS_DENIED: Final = LazyPattern(
    r"\bflows deny\b|pattern: deny|msg=\"[^\"\n]{0,60}\b(?:dropped|denied|blocked)\b"
)
_NUMBERS: Final = {"17": "udp", "6": "tcp"}
_DENIED: Final = frozenset(
    {
        "deny",
        "drop",
        "drop-icmp",
        "block",
        "blocked",
        "block-url",
        "denied",
        "reset-both",
        "reset-client",
        "reset-server",
    }
)


def read_firewall(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield address, port, and facts of each destination that was denied, and of one that was let through."""
    for line in text.split("\n")[:_MOST]:
        read = _line(line[:2_000])
        if read is None:
            continue
        facts: ToolFacts = {"protocol": read.protocol, "verdict": "denied" if read.denied else "passed"}
        port = read.target[1]
        if read.denied:
            facts |= {"sign": "denied", "bad": f"{read.protocol.upper()} to port {port} was denied"}
        facts["source"] = f"{read.source[0]}:{read.source[1]}"
        yield read.name or read.target[0], port, facts


def _line(line: str) -> TrafficLine | None:
    if re.search(r"%(?:ASA|FTD)-", line):
        return _asa(line)
    if "TRAFFIC," in line or "THREAT,url," in line:
        return _pan(next(csv.reader([line])))
    if "SRC=" in line:
        return _netfilter(line)
    return read_form(line) or (_fields(line) if "=" in line else None)


def _asa(line: str) -> TrafficLine | None:
    if _NO_CONNECTION in line:
        return None
    if match := _INBOUND.search(line):
        protocol = (match["protocol"] or match["second"]).casefold()
        return TrafficLine(protocol, (match[3], int(match[4])), (match[5], int(match[6])), denied=True)
    if match := _ASA.search(line):
        ends = [item for item in match.groups()[2:] if item]
        denied = match["word"].casefold() in ("deny", "denied")
        return TrafficLine(
            match["protocol"].casefold(), (ends[0], int(ends[1])), (ends[2], int(ends[3])), denied
        )
    return None


def _pan(fields: list[str]) -> TrafficLine | None:
    """Read the comma-separated form, whose columns PAN-OS documents: of traffic, and of the filter for addresses."""
    kind = next((kind for kind in ("TRAFFIC", "THREAT") if kind in fields), "")
    if len(fields) < 31 or not kind:
        return None
    at = fields.index(kind) - 3  # the documented columns begin with one for future use
    try:
        source, target = fields[at + 7], fields[at + 8]
        ports = int(fields[at + 24]), int(fields[at + 25])
        protocol, action = fields[at + 29], fields[at + 30]
        url = fields[at + 31] if kind == "THREAT" else ""
    except (IndexError, ValueError):
        return None
    return TrafficLine(
        protocol.casefold(),
        (source, ports[0]),
        (target, ports[1]),
        action.casefold() in _DENIED,
        re.split(r"[/:?]", url, maxsplit=1)[0].casefold(),
    )


def _fields(line: str) -> TrafficLine | None:
    """Read `name=value`, as FortiGate, Meraki, and the common event format write.

    FortiGate closes a session that its content filter has blocked: `action="close" utmaction="block"`.
    """
    fields = {name.casefold(): quoted or bare for name, quoted, bare in _FIELD.findall(line)}
    source, target = (
        fields.get("srcip") or fields.get("src_ip") or fields.get("src", ""),
        fields.get("dstip") or fields.get("dst_ip") or fields.get("dst", ""),
    )
    protocol = (fields.get("proto") or fields.get("protocol", "")).partition("/")[0]
    source, _, from_port = source.partition(":")
    target, _, to_port = target.partition(":")
    ports = [
        next((fields[name] for name in names if fields.get(name)), port.partition(":")[0])
        for names, port in ((_FROM, from_port), (_TO, to_port))
    ]
    if not target or not all(port.isdecimal() for port in ports):
        return None
    action = (
        fields.get("action")
        or fields.get("act")
        or fields.get("log_subtype")
        or ("deny" if _SAYS_DENIED.search(line) else "pass")
    )
    protocol = _NUMBERS.get(protocol, protocol.casefold())
    denied = bool({action.casefold(), fields.get("utmaction", "").casefold()} & _DENIED)
    name = fields.get("hostname") or fields.get("dhost") or ""
    return TrafficLine(protocol, (source, int(ports[0])), (target, int(ports[1])), denied, name.casefold())


def _netfilter(line: str) -> TrafficLine | None:
    fields = {name: quoted or bare for name, quoted, bare in _FIELD.findall(line)}
    if not all(fields.get(name, "").isdecimal() for name in ("SPT", "DPT")):
        return None
    denied = bool(re.search(r"\b(?:DROP|REJECT|DENY|BLOCK)", line.upper().partition("SRC=")[0]))
    return TrafficLine(
        fields.get("PROTO", "").casefold(),
        (fields["SRC"], int(fields["SPT"])),
        (fields["DST"], int(fields["DPT"])),
        denied,
    )
