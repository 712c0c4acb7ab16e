"""Table of readers: how each format is recognized, and its function. A new format is a file and a line here.

Pure. Where a tool's output was made is not in it: until somebody says that it was on the user's device it counts as
made elsewhere.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.intake.parsing.hosts import ToolFacts
from bot.intake.readers import curl, dig, nslookup, openssl
from knowledge.reasoning.device import PASTED, PLACED
from probes.protocol.model import Observation, Target


@dataclass(frozen=True, slots=True)
class ToolReader:
    """A tool: how a line of its output is recognized, and what reads host, port and facts out of all its lines."""

    tool: str
    lines: re.Pattern[str]
    read: Callable[[str], Iterator[tuple[str, int, ToolFacts]]]


# The first whose lines they are reads them.
TOOLS: Final = (
    ToolReader("dig", dig.LINES, dig.read_dig),
    ToolReader("nslookup", nslookup.LINES, nslookup.read_nslookup),
    ToolReader("curl", curl.LINES, curl.read_curl),
    ToolReader("openssl", openssl.LINES, openssl.read_openssl),
)


def observe_tool(reader: ToolReader, text: str) -> dict[str, Observation]:
    """Read what the tool printed in *text*: an observation for each host, by its step."""
    found: dict[str, Observation] = {}
    for host, port, facts in reader.read(text):
        step = f"{PASTED} {reader.tool} {host}"
        facts = {"tool": reader.tool, PLACED: False, **facts}
        found.setdefault(step, Observation(step, PASTED, Target("", host, port, "tcp"), None, facts))
    return found


def tools_say(pasted: Iterable[Observation]) -> str:
    """Say in one sentence which tools the output is of, and about which hosts."""
    about = dict.fromkeys(
        f"{observation.facts['tool']} about {observation.target.host}" for observation in pasted
    )
    return f"Output of {', '.join(about)}."
