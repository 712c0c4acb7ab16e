"""List the readers of tool output: how each format is recognized, and its function.

A new format needs a file and a line here. Pure. Output does not show where it was made. It counts as made
elsewhere until the user says that it was made on their device.
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
    """A tool: how to recognize a line of its output, and the function that reads host, port, and facts."""

    tool: str
    lines: re.Pattern[str]
    read: Callable[[str], Iterator[tuple[str, int, ToolFacts]]]


# The first reader that recognizes a line gets it.
TOOLS: Final = (
    ToolReader("dig", dig.LINES, dig.read_dig),
    ToolReader("nslookup", nslookup.LINES, nslookup.read_nslookup),
    ToolReader("curl", curl.LINES, curl.read_curl),
    ToolReader("openssl", openssl.LINES, openssl.read_openssl),
)


def observe_tool(reader: ToolReader, text: str) -> dict[str, Observation]:
    """Read a tool's output in *text*. Return an observation for each host, by step."""
    found: dict[str, Observation] = {}
    for host, port, facts in reader.read(text):
        step = f"{PASTED} {reader.tool} {host}"
        facts = {"tool": reader.tool, PLACED: False, **facts}
        found.setdefault(step, Observation(step, PASTED, Target("", host, port, "tcp"), None, facts))
    return found


def tools_say(pasted: Iterable[Observation]) -> str:
    """Describe in one sentence which tools the output is from, and which hosts they checked."""
    about = dict.fromkeys(
        f"{observation.facts['tool']} about {observation.target.host}" for observation in pasted
    )
    return f"Output of {', '.join(about)}."
