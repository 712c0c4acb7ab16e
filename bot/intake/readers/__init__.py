"""List the readers of tool output and of log lines: how each format is recognized, and its function.

A new format needs a file and a line here. Pure. A tool's output does not show where it was made. It counts as
made elsewhere until the user says that it was made on their device. A log is the device's own.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from bot.intake.parsing.hosts import ToolFacts, ToolRows
from bot.intake.readers import (
    curl,
    dig,
    firewall,
    netcat,
    nslookup,
    openssl,
    ping,
    powershell,
    tcpdump,
    traceroute,
)
from knowledge.reasoning.device import PASTED, PLACED
from probes.protocol.model import Observation, Target

NO_RESULT: Final = "Output of {tool} that shows no result for a host."
MOST: Final = 100  # observations of one piece


@dataclass(frozen=True, slots=True)
class ToolReader:
    """A tool: how to recognize a line of its output, and the function that reads host, port, and facts.

    A text without *sign* has no output of this tool, so its lines are not examined.
    """

    tool: str
    sign: re.Pattern[str]
    lines: re.Pattern[str]
    read: Callable[[str], ToolRows]
    in_log: bool = False  # its lines may begin like those of an SDK's log


# The first reader that recognizes a line gets it.
TOOLS: Final = (
    ToolReader("firewall", firewall.SIGN, firewall.LINES, firewall.read_firewall, in_log=True),
    ToolReader("tcpdump", tcpdump.SIGN, tcpdump.LINES, tcpdump.read_tcpdump, in_log=True),
    ToolReader(
        "Resolve-DnsName", powershell.LOOKUP_SIGN, powershell.LOOKUP_LINES, powershell.read_resolve_dnsname
    ),
    ToolReader(
        "Test-NetConnection",
        powershell.CONNECTION_SIGN,
        powershell.CONNECTION_LINES,
        powershell.read_test_netconnection,
    ),
    ToolReader("dig", dig.SIGN, dig.LINES, dig.read_dig),
    ToolReader("nslookup", nslookup.SIGN, nslookup.LINES, nslookup.read_nslookup),
    ToolReader("traceroute", traceroute.SIGN, traceroute.LINES, traceroute.read_traceroute),
    ToolReader("ping", ping.SIGN, ping.LINES, ping.read_ping),
    ToolReader("nc", netcat.SIGN, netcat.LINES, netcat.read_netcat),
    ToolReader("curl", curl.SIGN, curl.LINES, curl.read_curl),
    ToolReader("openssl", openssl.SIGN, openssl.LINES, openssl.read_openssl),
)


def tools_in(text: str) -> tuple[ToolReader, ...]:
    """List the tools that may have written lines of *text*."""
    return tuple(reader for reader in TOOLS if reader.sign.search(text))


def observe_tool(reader: ToolReader, text: str) -> dict[str, Observation]:
    """Read a tool's output in *text*. Return an observation for each host, by step."""
    return _observations(reader.tool, reader.read(text), placed=False)


def _observations(tool: str, rows: ToolRows, *, placed: bool) -> dict[str, Observation]:
    """Make an observation for each host: the first, or the first that failed."""
    found: dict[str, Observation] = {}
    for host, port, facts in rows:
        step = f"{PASTED} {tool} {host}"
        known = found.get(step)
        if len(found) >= MOST or (known and not ("sign" in facts and "sign" not in known.facts)):
            continue
        target = Target("", host, port, str(facts.get("protocol", "tcp")))
        found[step] = Observation(step, PASTED, target, None, _facts(tool, facts, placed=placed))
    return found


def _facts(tool: str, facts: ToolFacts, *, placed: bool) -> ToolFacts:
    return {"tool": tool, PLACED: placed, **facts}


def tools_say(pasted: Iterable[Observation]) -> str:
    """Describe in one sentence which tools the output is from, and which hosts they checked."""
    about = dict.fromkeys(
        f"{observation.facts['tool']} about {observation.target.host}" for observation in pasted
    )
    listed = list(about)[:10]
    return f"Output of {', '.join(listed)}{' and others' if len(about) > len(listed) else ''}."
