"""Read the output of nc, ncat, and telnet: whether a TCP port opens."""

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import COMMAND, HOST, ToolFacts, port_of
from bot.intake.parsing.lazy_pattern import LazyPattern
from probes.protocol.failures import Failure

_TOOL: Final = r"(?:nc|ncat|netcat|telnet)"
SIGN: Final = LazyPattern(
    COMMAND.format(command=_TOOL)
    + r"|^(?:nc|ncat|netcat|telnet): |^Connection to \S+ (?:\(\S+\) )?\d|\[[\d.]+\] \d+ \("
    r"|could not open connection to",
    re.IGNORECASE | re.MULTILINE,
)
LINES: Final = LazyPattern(
    COMMAND.format(command=_TOOL)
    + r"|^(?:nc|ncat|netcat|telnet): |^Connection to \S+ (?:\(\S+\) )?\d+ port|^\S+ \[[\d.]+\] \d+ \("
    r"|could not open connection to"
    r"|^Trying [\d.]+\.\.\.$|^Connected to \S+\.$|^Escape character|^Connecting To ",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(r"[\d.]+$")  # `Trying 203.0.113.51...` is an attempt at the host named before
_REASONS: Final = (
    (LazyPattern(r"refused|forcibly", re.IGNORECASE), Failure.CONNECTION_REFUSED),
    (LazyPattern(r"not known|getaddrinfo|could not resolve|unknown host|host lookup"
        r"|No such host", re.IGNORECASE), Failure.DNS_NO_ANSWER),
    (LazyPattern(r"network is unreachable", re.IGNORECASE), Failure.NETWORK_UNREACHABLE),
    (LazyPattern(r"no route to host|host is unreachable", re.IGNORECASE), Failure.HOST_UNREACHABLE),
    (LazyPattern(r"timed? ?out|connect failed", re.IGNORECASE), Failure.GENERIC_TIMEOUT_ERROR),
)  # fmt: skip


def read_netcat(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port, and facts of each port that was tried."""
    host, port = "", 443
    for line in text.split("\n")[:2000]:
        if "nmap.org" in line:
            continue  # ncat names its own site first
        command = re.search(
            rf"\b{_TOOL}(?:\.exe)?\s+(?:-\S+\s+|\d{{1,3}}\s+){{0,6}}{HOST}\s+(?P<port>\d{{1,5}})",
            line,
            re.IGNORECASE,
        )
        told = command or re.search(
            rf"{HOST}[\"']?,?\s+(?:\[[^\]]*\]\s+)?(?:on port |port )?(?P<port>\d{{1,5}})\b",
            line,
            re.IGNORECASE,
        )
        if told:
            host, port = told["host"].casefold(), port_of(told["port"])
        elif (named := re.search(HOST, line, re.IGNORECASE)) and not (host and _ADDRESS.match(named["host"])):
            host = named["host"].casefold()
        if host and not command and (facts := _outcome(line, port)):
            yield host, 53 if "dns" in facts else port, facts


def _outcome(line: str, port: int) -> ToolFacts:
    """Return what a line says of the port."""
    if (
        re.search(r"succeeded!|^Ncat: Connected to|^Connected to|\) open$", line)
        and "/udp" not in line
        and "[udp" not in line
    ):
        return {"tcp": "open", "tcp_port": port}
    for pattern, sign in _REASONS:
        if pattern.search(line):
            if sign is Failure.DNS_NO_ANSWER:
                return {"dns": "fails", "sign": sign.value, "bad": "the name could not be looked up"}
            return {"tcp": "shut", "tcp_port": port, "sign": sign.value, "bad": sign.value.replace("_", " ")}
    return {}
