"""Read the output of dig: what a DNS server answered about a host.

Pure.
"""

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import COMMAND, HOST, ToolFacts, judge_addresses, names_in
from bot.intake.parsing.lazy_pattern import LazyPattern
from probes.protocol.failures import Failure

SIGN: Final = LazyPattern(r"<<>>|\bdig\s+[-+@\w]|\sIN\s+A", re.IGNORECASE)
LINES: Final = LazyPattern(
    COMMAND.format(command="dig") + r"|<<>>|^\s*(?:>\s?)*;|\sIN\s+[A-Z]{1,8}\b|no servers could be reached"
    r"|^\d{1,3}(?:\.\d{1,3}){3}$"
)

_PARTS: Final = re.compile(
    r"(?=^; <<>> DiG)|(?=^[^\n]{0,200}[$#>%]\s*dig\s[^\n]*\+(?:short|noall))", re.MULTILINE
)
_STATUS: Final = {
    "NXDOMAIN": Failure.DNS_NXDOMAIN_ERROR,
    "SERVFAIL": Failure.DNS_SERVFAIL_ERROR,
    "REFUSED": Failure.DNS_REFUSED_ERROR,
}


def read_dig(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port, and facts of each query of dig."""
    for part in _PARTS.split(text)[:20]:
        if short := _short(part):
            yield short
            continue
        asked = re.search(rf"^;{HOST}\s+IN\s+(?:A|AAAA)\s*$", part, re.MULTILINE | re.IGNORECASE)
        asked = asked or re.search(
            rf"\A(?:[^\n]*\bdig\s[^\n]*\n)?{HOST}\s+\d+\s+IN\s+(?:A|CNAME)\s", part, re.IGNORECASE
        )
        named = asked or re.search(rf"<<>> (?:[@+-]\S+ ){{0,8}}{HOST}", part, re.IGNORECASE)
        if named is None and ("no servers could be reached" in part or "->>HEADER<<-" in part):
            named = re.search(rf"\bdig\s+(?:[@+-]\S+\s+){{0,8}}{HOST}", part, re.IGNORECASE)
        if not named:
            continue
        if facts := _outcome(part, has_question=asked is not None):
            yield named["host"].casefold(), 53, facts


def _short(part: str) -> tuple[str, int, ToolFacts] | None:
    """Read the answer to `dig +short`: addresses alone. Without one, the server may or may not have answered."""
    command = re.match(r"[^\n]{0,200}\bdig\s[^\n]*\+short\b[^\n]*", part)
    name = next((name for name in names_in(re.sub(r"@\S+", " ", command[0])) if name), "") if command else ""
    answers = re.findall(r"^(\d{1,3}(?:\.\d{1,3}){3})\s*$", part, re.MULTILINE)
    return (name, 53, judge_addresses(answers)) if name and answers else None


def _outcome(part: str, *, has_question: bool) -> ToolFacts:
    answers = re.findall(r"\sIN\s+A\s+(\d{1,3}(?:\.\d{1,3}){3})\s*$", part, re.MULTILINE)
    status = re.search(r"status: ([A-Z]+)", part)
    if re.search(r"timed out|no servers could be reached|connection refused", part):
        return {"dns": "fails", "sign": Failure.DNS_TIMEOUT_ERROR.value, "bad": "no resolver answered"}
    if status and status[1] != "NOERROR":
        sign = _STATUS.get(status[1], Failure.DNS_SERVER_MISBEHAVING)
        return {"dns": "fails", "sign": sign.value, "bad": f"the resolver answered {status[1]}"}
    if answers:
        return judge_addresses(answers)
    if re.search(r"^;\S+\s+IN\s+AAAA\s*$", part, re.MULTILINE | re.IGNORECASE):
        return {"ipv6_addresses": 0}  # such a host is reached over IPv4
    if status and has_question and re.search(r"ANSWER: 0\b", part):
        return {"dns": "fails", "sign": Failure.DNS_NO_ANSWER.value, "bad": "the resolver gave no address"}
    return {}
