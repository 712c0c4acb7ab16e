"""Read the output of nslookup on Unix and Windows."""

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import _HOST, COMMAND, ToolFacts, _addresses

LINES: Final = re.compile(
    COMMAND.format(command="nslookup")
    + r"|server can't find |^\s*(?:Name:\s*\S+\s*$|Address(?:es)?:\s*[\d.:a-f#]+\s*$|Server:\s+[\w.:-]+\s*$"
    r"|Non-authoritative answer)",
    re.IGNORECASE,
)


def read_nslookup(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port and facts of each name that nslookup looked up."""
    for match in re.finditer(rf"server can't find {_HOST}: (?P<word>[A-Z]+)", text, re.IGNORECASE):
        yield match["host"].casefold(), 53, {"dns": "fails", "bad": f"the resolver said {match['word']}"}
    for match in re.finditer(
        rf"^Name:\s*{_HOST}\s*\nAddress(?:es)?:\s*(?P<address>[\d.]{{7,15}})",
        text,
        re.MULTILINE | re.IGNORECASE,
    ):
        yield match["host"].casefold(), 53, _addresses([match["address"]])
