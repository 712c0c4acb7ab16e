"""Table of readers: how each format is recognized, and its function."""

from collections.abc import Callable, Iterator
from typing import Final

from bot.intake.parsing.hosts import ToolFacts
from bot.intake.readers.curl import _curl
from bot.intake.readers.dig import _dig
from bot.intake.readers.nslookup import _nslookup
from bot.intake.readers.openssl import _openssl
from knowledge.reasoning.device import PASTED, PLACED
from probes.protocol.model import Observation, Target


def looks_in(text: str) -> tuple[Observation, ...]:
    """Read what the tools printed in *text*: an observation for each tool and host."""
    found: dict[str, Observation] = {}
    for tool, read in _TOOLS.items():
        for host, port, facts in read(text):
            step = f"{PASTED} {tool} {host}"
            target = Target("", host, port, "tcp")
            facts = {"tool": tool, PLACED: False, **facts}
            found.setdefault(step, Observation(step, PASTED, target, None, facts))
    return tuple(found.values())


_TOOLS: Final[dict[str, Callable[[str], Iterator[tuple[str, int, ToolFacts]]]]] = {
    "dig": _dig,
    "nslookup": _nslookup,
    "openssl": _openssl,
    "curl": _curl,
}
