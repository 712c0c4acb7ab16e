"""Read the output of Resolve-DnsName and Test-NetConnection of PowerShell.

The names of their fields are the same in every language of Windows; the warnings are translated.
"""

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import ADDRESS, COMMAND, HOST, ToolFacts, judge_addresses, names_in, port_of
from bot.intake.parsing.lazy_pattern import LazyPattern
from probes.protocol.failures import Failure

_LOOKUP: Final = "Resolve-DnsName"
_SLOW: Final = LazyPattern(
    r"tim(?:ed|e)[ -]?out|Zeitlimit|Zeitüberschreitung|agotado|délai|tempo limite", re.IGNORECASE
)

LOOKUP_SIGN: Final = LazyPattern(r"Resolve-DnsName|^Name[ \t]{2,}Type[ \t]+TTL", re.IGNORECASE | re.MULTILINE)
LOOKUP_LINES: Final = LazyPattern(
    COMMAND.format(command=_LOOKUP)
    + r"|Resolve-DnsName ?:|^Name\s+Type\s+TTL|^----\s+----|^\S+\s+(?:A|AAAA|CNAME|SOA)\s+\d+\s+(?:Answer"
    r"|Question|Auth|Addit)"
    r"|^\s+\+ (?:CategoryInfo|FullyQualifiedErrorId|~~~)|^(?:En |At |In )\S+:\d+ ",
    re.IGNORECASE,
)
CONNECTION_SIGN: Final = LazyPattern(
    r"Test-NetConnection|\btnc\s+\S|TcpTestSucceeded|PingSucceeded", re.IGNORECASE
)
CONNECTION_LINES: Final = LazyPattern(
    COMMAND.format(command=r"\(?(?:Test-NetConnection|tnc)")
    # `-InformationLevel Quiet` prints one word, `Format-Table` and `Select-Object` a table.
    + r"|^[^\n:]{0,120}\b(?:True|False)\s*$|^[^\n:]{0,120}\bTcpTestSucceeded\s*$|^-{2,}[ -]*$"
    r"|^(?:WARNING|WARNUNG|ADVERTENCIA|AVERTISSEMENT|AVVISO|AVISO|WAARSCHUWING)\s*: "
    r"|^(?:ComputerName|RemoteAddress|RemotePort|NameResolutionResults|NameResolutionSucceeded|InterfaceAlias|"
    r"InterfaceDescription|SourceAddress|NetRoute \(NextHop\)|PingSucceeded|PingReplyDetails \(RTT\)"
    r"|TcpTestSucceeded|"
    r"MatchingIPsecRules|NetworkIsolationContext|IsAdmin|TraceRoute|DetailedInfo)\s*:",
    re.IGNORECASE,
)


def read_resolve_dnsname(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port, and facts of each name that Resolve-DnsName looked up."""
    for match in re.finditer(rf"Resolve-DnsName ?: ?{HOST} ?: (?P<why>[^\n]{{1,200}})", text, re.IGNORECASE):
        slow = _SLOW.search(match["why"])
        sign = Failure.DNS_TIMEOUT_ERROR if slow else Failure.DNS_NXDOMAIN_ERROR
        bad = "no resolver answered" if slow else "the resolver does not know the name"
        yield match["host"].casefold(), 53, {"dns": "fails", "sign": sign.value, "bad": bad}
    answers: dict[str, list[str]] = {}
    asked = re.search(rf"Resolve-DnsName\s+(?:-Name\s+)?{HOST}", text, re.IGNORECASE)
    for match in re.finditer(
        rf"^{HOST}\s+A{{1,4}}\s+\d+\s+\S+\s+(?P<address>{ADDRESS})\s*$", text, re.MULTILINE | re.IGNORECASE
    ):
        answers.setdefault(match["host"].casefold(), []).append(match["address"])
    for name, addresses in answers.items():
        # The answer to an alias carries another name than the one that was asked for.
        host = asked["host"].casefold() if asked and len(answers) == 1 else name
        if facts := judge_addresses(addresses):
            yield host, 53, facts


def read_test_netconnection(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port, and facts of each connection that Test-NetConnection tried."""
    for part in re.split(r"(?=\b(?:Test-NetConnection|tnc)\s)", text, flags=re.IGNORECASE)[:20]:
        fields = dict(re.findall(r"^(\w+)[^\n:]{0,12}[ \t]*:[ \t]*(\S+)[ \t]*$", part, re.MULTILINE))
        command = re.match(rf"\S+\s+(?:-ComputerName\s+)?{HOST}", part, re.IGNORECASE)
        host = str(fields.get("ComputerName") or (command["host"] if command else "")).casefold()
        if not names_in(host):
            continue
        port_text = re.search(
            r"-P(?:o|or|ort)?\s+(\d{1,5})|^RemotePort\s*:\s*(\d{1,5})", part, re.MULTILINE | re.IGNORECASE
        )
        port = port_of((port_text[1] or port_text[2]) if port_text else None)
        yield from _connection(part, fields, host, port)


def _connection(
    part: str, fields: dict[str, str], host: str, port: int
) -> Iterator[tuple[str, int, ToolFacts]]:
    """Judge one test. That a ping failed says nothing: few hosts answer one."""
    connected = fields.get("TcpTestSucceeded") or _result(part)
    if fields.get("NameResolutionSucceeded") == "False" or (
        "RemoteAddress" not in fields and _warns(part, host)
    ):
        facts: ToolFacts = {
            "dns": "fails",
            "sign": Failure.DNS_NO_ANSWER.value,
            "bad": "the name could not be looked up",
        }
        yield host, 53, facts
    elif connected == "False":
        facts = {
            "tcp": "shut",
            "tcp_port": port,
            "sign": Failure.GENERIC_TIMEOUT_ERROR.value,
            "bad": "no TCP connection",
        }
        yield host, port, facts
    elif connected == "True":
        yield host, port, {"tcp": "open", "tcp_port": port}


def _warns(part: str, host: str) -> bool:
    """Tell whether a warning says that the name of *host* was not found. Others are about TCP or the ping."""
    warnings = re.findall(r"^[A-Z]{4,15}\s?: ([^\n]{1,200})$", part, re.MULTILINE)
    return any(host in line.casefold() and not re.search(r"\b(?:TCP|Ping)\b", line) for line in warnings)


def _result(part: str) -> str:
    """Return the result that `-InformationLevel Quiet` or a table prints, or "" without one."""
    if not re.search(r"Quiet\b|TcpTestSucceeded", part, re.IGNORECASE):
        return ""
    printed = re.findall(r"^[^\n:]{0,120}\b(True|False)\s*$", part, re.MULTILINE)
    return printed[-1] if printed else ""
