"""Read the output of dig: what a DNS server answered about a host.

Pure.
"""

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import _HOST, COMMAND, ToolFacts, _addresses

LINES: Final = re.compile(
    COMMAND.format(command="dig") + r"|<<>>|^\s*(?:>\s?)*;|\sIN\s+[A-Z]{1,8}\b|no servers could be reached"
)


def read_dig(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port, and facts of each query of dig."""
    for part in re.split(r"(?=^; <<>> DiG)", text, flags=re.MULTILINE)[:20]:
        asked = re.search(rf"^;{_HOST}\s+IN\s+(?:A|AAAA)\s*$", part, re.MULTILINE | re.IGNORECASE)
        named = asked or re.search(rf"<<>> (?:[@+-]\S+ ){{0,8}}{_HOST}", part, re.IGNORECASE)
        if not named or "<<>>" not in part:
            continue
        host = named["host"].casefold()
        answers = re.findall(r"\sIN\s+A\s+(\d{1,3}(?:\.\d{1,3}){3})\s*$", part, re.MULTILINE)
        status = re.search(r"status: ([A-Z]+)", part)
        if re.search(r"timed out|no servers could be reached|connection refused", part):
            yield host, 53, {"dns": "fails", "bad": "no resolver answered"}
        elif status and status[1] != "NOERROR":
            yield host, 53, {"dns": "fails", "bad": f"the resolver said {status[1]}"}
        elif answers:
            yield host, 53, _addresses(answers)
        elif status and asked and re.search(r"ANSWER: 0\b", part):
            yield host, 53, {"dns": "fails", "bad": "the resolver gave no address"}
