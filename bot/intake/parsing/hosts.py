"""Find host names and addresses in output of tools, and recognize addresses that cannot be the service's.

Pure.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from probes.protocol.failures import Failure

HOST: Final = r"(?P<host>[a-z0-9](?:[a-z0-9-]{0,62}\.(?=[a-z0-9]))+[a-z0-9-]{2,63})\.?"
ADDRESS: Final = r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})"


# A command after a prompt, or with its first option or host. `{command}` is the tool's name.
COMMAND: Final = (
    r"(?:^|^[^\n]{{0,200}}[$#>%]\s*){command}(?:\.exe)?\s+(?:[-+@/]|https?:|wss?:|[\w-]+\.[\w.-])"
)


# Facts of one target. `sign` is a word of `Failure`, or of `bot/intake/indications.py`; `bad` says it in words.
ToolFacts = dict[str, Any]
ToolRows = Iterator[tuple[str, int, ToolFacts]]

_NAME: Final = re.compile(
    r"(?<![\w.@-])[a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z][a-z0-9-]{1,62}(?![\w-])", re.IGNORECASE
)
_ANSWER: Final = re.compile(rf"(?<![\w.:]){ADDRESS}(?![\w:])", re.IGNORECASE)

# An answer with one of these addresses comes from a DNS filter, not from the service. The last one is the
# block page of a DNS filter that is widely used.
_INSIDE: Final = tuple(
    ipaddress.ip_network(item)
    for item in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "146.112.61.0/24",
        "::/127",
    )
)


def judge_addresses(answers: Iterable[str]) -> ToolFacts:
    """Judge the addresses of an answer: private ones cannot be the service's."""
    known = []
    for answer in answers:
        try:
            address = ipaddress.ip_address(answer)
        except ValueError:
            continue
        known.append(answer)
        if any(address in network for network in _INSIDE if network.version == address.version):
            bad = f"the answer was {answer}, which cannot be the service's"
            return {"dns": "fails", "sign": Failure.DNS_BOGON_ERROR.value, "bad": bad}
    return {"dns": "resolves", "addresses": known[:8]} if known else {}


def addresses_in(text: str) -> list[str]:
    """List the addresses in *text*."""
    return _ANSWER.findall(text)


def names_in(text: str) -> list[str]:
    """List the host names in *text*, in lower case."""
    return [name.casefold() for name in _NAME.findall(text)]


def host_in(line: str) -> str:
    """Return the first host name or address in *line*, "" without one. `-i 0.5` is neither."""
    found = re.search(rf"{_NAME.pattern}|(?<![\w.:-]){ADDRESS}(?![\w:])", line, re.IGNORECASE)
    return found[0].casefold() if found else ""


def port_of(text: str | None, usual: int = 443) -> int:
    """Return the port that *text* is, at most 65535, or *usual* without one."""
    return min(int(text), 65535) if text else usual
