"""List the readers of tool output and of log lines: how each format is recognized, and its function.

A new format needs a file and a line here. Pure. A tool's output does not show where it was made. It counts as
made elsewhere until the user says that it was made on their device. A log is the device's own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.intake.parsing.hosts import ToolFacts, ToolRows
from bot.intake.parsing.lazy_pattern import LazyPattern
from bot.intake.readers import (
    apple_error,
    browser_console,
    capture,
    curl,
    dig,
    firewall,
    host_status,
    insights_signs,
    iperf,
    java_exception,
    netcat,
    nslookup,
    openssl,
    ping,
    powershell,
    sdk_event,
    sdk_log,
    tcpdump,
    traceroute,
    trickle_ice,
)
from knowledge.reasoning.device import PASTED, PLACED
from knowledge.search.small_letters import small_text
from probes.protocol.model import Observation, Target

MOST: Final = 100  # observations of one piece
_OLD_PORTS: Final = frozenset(
    {10193, 10194}
)  # of signaling: tested beside 443, they have a result of their own
MOST_HOSTS: Final = 2_000  # of a capture: a page calls many hosts, and most are not ours


@dataclass(frozen=True, slots=True)
class ToolReader:
    """A tool: how to recognize a line of its output, and the function that reads host, port, and facts.

    A text without one of *words* (in lower case), or without *sign*, has no output of this tool, so its lines are
    not examined.
    """

    tool: str
    words: tuple[str, ...]
    sign: LazyPattern
    lines: LazyPattern
    read: Callable[[str], ToolRows]
    in_log: bool = False  # its lines may begin like those of an SDK's log


# The first reader that recognizes a line gets it.
TOOLS: Final = (
    ToolReader(
        "firewall",
        firewall.WORDS,
        firewall.SIGN,
        firewall.LINES,
        firewall.read_firewall,
        in_log=True,
    ),
    ToolReader("tcpdump", (" > ",), tcpdump.SIGN, tcpdump.LINES, tcpdump.read_tcpdump, in_log=True),
    ToolReader(
        "Resolve-DnsName",
        ("resolve-dnsname", "section"),
        powershell.LOOKUP_SIGN,
        powershell.LOOKUP_LINES,
        powershell.read_resolve_dnsname,
    ),
    ToolReader(
        "Test-NetConnection",
        ("test-netconnection", "tnc", "pingsucceeded", "tcptestsucceeded"),
        powershell.CONNECTION_SIGN,
        powershell.CONNECTION_LINES,
        powershell.read_test_netconnection,
    ),
    ToolReader(
        "trickle-ice",
        ("foundation", "relay", "host"),
        trickle_ice.SIGN,
        trickle_ice.LINES,
        trickle_ice.read_trickle_ice,
    ),
    ToolReader("dig", ("dig", "\tin\t", " in ", "<<>>"), dig.SIGN, dig.LINES, dig.read_dig),
    ToolReader(
        "nslookup",
        nslookup.WORDS,
        nslookup.SIGN,
        nslookup.LINES,
        nslookup.read_nslookup,
    ),
    ToolReader(
        "traceroute",
        ("trace", "tracert", "mtr", "route", "loss%", "rout", "rastre", "traccia", "traza"),
        traceroute.SIGN,
        traceroute.LINES,
        traceroute.read_traceroute,
    ),
    ToolReader("ping", ("ping", "host"), ping.SIGN, ping.LINES, ping.read_ping),
    ToolReader(
        "nc",
        ("nc ", "ncat", "netcat", "telnet", "connection to", "could not open"),
        netcat.SIGN,
        netcat.LINES,
        netcat.read_netcat,
    ),
    ToolReader(
        "the computer's network status",
        (
            "netsh",
            "interface on the system",
            "interfaces on the system",
            "ipconfig",
            "windows",
            "speedtest",
            "bps",
        ),
        host_status.SIGN,
        host_status.LINES,
        host_status.read_host_status,
    ),
    ToolReader("iperf", ("iperf", "[ id] interval"), iperf.SIGN, iperf.LINES, iperf.read_iperf),
    ToolReader("curl", ("curl", "* ", "could not resolve"), curl.SIGN, curl.LINES, curl.read_curl),
    ToolReader(
        "openssl", ("s_client", "connected(", "verify "), openssl.SIGN, openssl.LINES, openssl.read_openssl
    ),
)


@dataclass(frozen=True, slots=True)
class LogReader:
    """A kind of log lines: the words that such lines contain, and the function that reads host, port, and facts."""

    log: str
    words: tuple[str, ...]
    read: Callable[[str], ToolRows]


LOGS: Final = (
    LogReader("browser console", browser_console.WORDS, browser_console.read_browser_console),
    LogReader("Java exception", java_exception.WORDS, java_exception.read_java_exception),
    LogReader("Apple error", apple_error.WORDS, apple_error.read_apple_error),
    LogReader("SDK log", sdk_log.WORDS, sdk_log.read_sdk_log),
)


def tools_in(text: str) -> tuple[ToolReader, ...]:
    """List the tools that may have written lines of *text*."""
    lower, small = f"\n{text}".casefold(), small_text(text)
    named = (reader for reader in TOOLS if any(word in lower for word in reader.words))
    return tuple(reader for reader in named if reader.sign.is_in(text, small))


def observe_tool(reader: ToolReader, text: str) -> dict[str, Observation]:
    """Read a tool's output in *text*. Return an observation for each host, by step."""
    return _observations(reader.tool, reader.read(text), placed=False)


def observe_logs(text: str) -> dict[str, Observation]:
    """Read the lines of logs in *text* that name a failure. Return an observation for each host and sign, by step."""
    found: dict[str, Observation] = {}
    for reader in (item for item in LOGS if any(word in text for word in item.words)):
        found |= _by_sign(reader.log, reader.read(text), MOST - len(found))
    return found


def observe_event(value: object) -> dict[str, Observation]:
    """Read an event that an SDK sends to Insights. Return an observation for each failure that it shows, by step."""
    return _by_sign("event of the SDK", sdk_event.read_event(value), MOST)


def observe_call(value: object) -> dict[str, Observation]:
    """Read what the service's data of one call show beside errors. Return an observation for each sign, by step."""
    return _by_sign("Voice Insights", insights_signs.read_insights_signs(value), MOST)


def observe_capture(source: bytes) -> dict[str, Observation]:
    """Read a HAR or a dump of webrtc-internals, of any size. Return an observation for each host and sign."""
    kind = capture.capture_kind(source)
    return _by_sign(kind, capture.read_capture(source), MOST_HOSTS) if kind else {}


def _by_sign(name: str, rows: ToolRows, most: int) -> dict[str, Observation]:
    """Make at most *most* observations of the user's own device, one for each host and sign."""
    found: dict[str, Observation] = {}
    for host, port, facts in rows:
        step = f"{PASTED} {name} {host} {facts.get('sign', '')}".rstrip()
        if step not in found and len(found) < most:
            target = Target(str(facts.get("service", "")), host, port, "tcp")
            found[step] = Observation(step, PASTED, target, None, _facts(name, facts, placed=True))
    return found


def _observations(tool: str, rows: ToolRows, *, placed: bool) -> dict[str, Observation]:
    """Make an observation for each host: the first, or the first that failed."""
    found: dict[str, Observation] = {}
    for host, port, facts in rows:
        step = f"{PASTED} {tool} {host}{f':{port}' if port in _OLD_PORTS else ''}"
        known = found.get(step)
        if len(found) >= MOST or (known and not ("sign" in facts and "sign" not in known.facts)):
            continue
        target = Target("", host, port, str(facts.get("protocol", "tcp")))
        found[step] = Observation(step, PASTED, target, None, _facts(tool, facts, placed=placed))
    return found


def _facts(tool: str, facts: ToolFacts, *, placed: bool) -> ToolFacts:
    return {"tool": tool, PLACED: placed, **facts}
