"""Read the output of traceroute, tracert, mtr, and WinMTR.

What mtr counts at the last hop is loss of the whole way, except over UDP: there, hosts answer only some of the
packets.
A hop that does not answer may forward all the same, so silence points to nothing, not even at the end. Only a
router that says that it rejects the packets (`!X`) does.
"""

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import ADDRESS, COMMAND, ToolFacts, host_in, names_in
from bot.intake.parsing.lazy_pattern import LazyPattern
from bot.intake.parsing.loss import is_beyond_chance
from probes.protocol.failures import Failure

_HEAD: Final = (
    r"^traceroute to \S|^Tracing route to |^Routenverfolgung zu |^Traza a |^Détermination de l.itinéraire"
    r"|^Rastreando a rota"
    r"|^Traccia instradamento|^HOST: .*Loss%|^Start: \d{4}-|^\s*My traceroute\s+\[v"
)
# Its own error, or that of the system. "ping: name: Name or service not known" is of another tool.
_FAILED: Final = (
    r"^mtr: |^connect: Network is unreachable|^(?!ping)\S+\.\S+: (?:Temporary failure in name|Name or service not)"
    r"|^Cannot handle \"host\" cmdline|^Unable to resolve target system name"
)
_WINMTR: Final = (
    r"^\|[ ]+WinMTR statistics|^\|[-_|]{40,}\|$|^\|[ ]+Host +- +% |^\|[ ]+\S[^|\n]* - +\d{1,3} \|"
)
_WINMTR_HOP: Final = LazyPattern(
    r"^\|\s*(\S[^|\n]{0,200}?) +- +(\d{1,3}) \|\s*(\d{1,6}) \|\s*(\d{1,6}) \|", re.MULTILINE
)
SIGN: Final = LazyPattern(
    COMMAND.format(command=r"(?:traceroute|tracert|tracepath|mtr)") + f"|{_HEAD}|{_FAILED}|{_WINMTR}",
    re.IGNORECASE | re.MULTILINE,
)
LINES: Final = LazyPattern(
    COMMAND.format(command=r"(?:traceroute|tracert|tracepath|mtr)")
    + rf"|{_HEAD}|{_FAILED}|{_WINMTR}|^(?:over a maximum of|über maximal|sobre un máximo|avec un maximum|com no máximo)"
    r"|^\s*\d{1,2}\s+(?:\*|<?\d+(?:[.,]\d+)? ?ms|\S+ \([\d.:a-f]+\)|\d{1,3}(?:\.\d{1,3}){3}\s)"
    r"|^\s*\d{1,2}\.(?:\|--|\s+AS|\s+\S+(?: \(\S+\))?\s+\d{1,3}\.\d%)"
    r"|^(?:Trace complete|Ablaufverfolgung beendet|Traza completa|Itinéraire déterminé|Rastreamento concluído)",
    re.IGNORECASE,
)
# With `-z`, the number of the network comes first, and with `-b` the address comes after the name.
_MTR_HOP: Final = r"\d{1,2}\.(?:\|-- |\s+AS\S+\s+|\s+)"  # the last one: of the table on the screen
_COUNTED: Final = LazyPattern(
    rf"^\s*{_MTR_HOP}(\S+)(?:[ \t]+\(\S+\))?\s+(\d{{1,3}}(?:\.\d)?)%?\s+(\d{{1,5}})\b", re.MULTILINE
)
_OVER_UDP: Final = re.compile(r"\bmtr\b[^\n]*\s(?:-\w*u\w*|--udp)\s")
_UNNAMED: Final = re.compile(
    r"Failed to resolve host|Name or service not known|Temporary failure in name|Unable to resolve target"
)
_TEMPORARY: Final = "Temporary failure in name"
_NO_ROUTE: Final = re.compile(r"Network is unreachable|General failure|Allgemeiner Fehler")
_UNREACHABLE: Final = re.compile(
    r"\breports: Destination (?:host|net) unreachable|meldet: Ziel(?:host|netz) nicht erreichbar|\s!(?:H|N)\b"
)
_LOSS: Final = (3.0, 90.0)  # percent; with more, the end does not answer at all
_ENOUGH: Final = 10  # packets
_HOP: Final = LazyPattern(r"^\s*(\d{1,2})(?:\.\|--|\. +AS\S+|\.?\s)\s*(.{1,300})$", re.MULTILINE)


def read_traceroute(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port 0, and facts of each route."""
    starts = rf"(?={_HEAD}|^[^\n]{{0,200}}[$#>%]\s*(?:traceroute|tracert|tracepath|mtr)\s)"
    yield from _winmtr(text)
    host, is_udp = "", False
    for part in re.split(starts, text, flags=re.MULTILINE | re.IGNORECASE)[:20]:
        first = part.partition("\n")[0]
        is_udp = bool(_OVER_UDP.search(first)) or (is_udp and first.startswith(("HOST", "Start")))
        host = host if first.startswith(("HOST", "Start")) else host_in(first) or host
        host = host or _end_of_report(part)
        hops = _HOP.findall(part)
        if host and _UNNAMED.search(part):
            sign = Failure.DNS_TIMEOUT_ERROR if _TEMPORARY in part else Failure.DNS_NO_ANSWER
            yield host, 53, {"dns": "fails", "sign": sign.value, "bad": "the name could not be looked up"}
        elif host and (hops or _NO_ROUTE.search(part)):
            yield host, 0, _route(part, hops, re.search(rf"[\[(]({ADDRESS})[\])]", first), is_udp=is_udp)


def _winmtr(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Read WinMTR's table. It does not name the target: its last line is the end, if anything answered there."""
    hops = [(name, int(sent), int(received)) for name, _, sent, received in _WINMTR_HOP.findall(text)]
    host = host_in(hops[-1][0]) if hops else ""
    if not host:
        return
    sent, received = hops[-1][1], hops[-1][2]
    lost = sent - received
    facts: ToolFacts = {"hops": len(hops), "last_hop": len(hops)}
    if _ENOUGH <= sent >= lost > 0 and is_beyond_chance(lost, sent, _LOSS[0] / 100):
        facts |= {"sign": "packet_loss", "bad": f"{lost} of {sent} packets to the end of the path are lost"}
    yield host, 0, facts


def _route(
    part: str, hops: list[tuple[str, str]], target: re.Match[str] | None, *, is_udp: bool
) -> ToolFacts:
    """Return how far the answers came."""
    answering = [(int(number), rest) for number, rest in hops if re.search(ADDRESS, rest) or names_in(rest)]
    facts: ToolFacts = {"hops": len(hops)}
    if answering:
        facts["last_hop"] = answering[-1][0]
    if target and answering and target[1] in answering[-1][1]:
        facts["trace"] = "arrives"
    if not is_udp and (lost := _loss_at_the_end(part)) is not None:
        facts |= {"sign": "packet_loss", "bad": f"{lost:g} % of the packets to the end of the path are lost"}
    if rejected := re.search(r"\s!(?:X|A|10|13|9)\b", part):
        facts |= {
            "sign": Failure.ADMIN_PROHIBITED.value,
            "bad": f"a router rejects the packets ({rejected[0].strip()})",
        }
    elif _UNREACHABLE.search(part):
        facts |= {"sign": Failure.HOST_UNREACHABLE.value, "bad": "a router has no way to the host"}
    elif _NO_ROUTE.search(part):
        facts |= {"sign": Failure.NETWORK_UNREACHABLE.value, "bad": "this host had no route"}
    return facts


def _end_of_report(part: str) -> str:
    """Return the name of the last hop that mtr counted: a report without its command names the target only there."""
    hops = _COUNTED.findall(part)
    return next(iter(names_in(hops[-1][0])), "") if hops else ""


def _loss_at_the_end(part: str) -> float | None:
    """Return how much the last hop of mtr lost, in percent, if it is loss and no silence.

    If the same router is also an earlier hop, it rejected the packets, and the end was not reached.
    """
    hops = _COUNTED.findall(part)
    if not hops or hops[-1][0] == "???" or int(hops[-1][2]) < _ENOUGH:
        return None
    if any(name == hops[-1][0] for name, _, _ in hops[:-1]):
        return None
    lost, packets = float(hops[-1][1]), int(hops[-1][2])
    is_loss = _LOSS[0] <= lost <= _LOSS[1] and is_beyond_chance(lost / 100 * packets, packets, _LOSS[0] / 100)
    return lost if is_loss else None
