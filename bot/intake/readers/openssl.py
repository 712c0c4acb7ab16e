"""Read the output of openssl s_client."""

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import _HOST, ToolFacts

# X.509 verification codes of OpenSSL (verify(1)) that mean more than a root certificate missing on this
# machine.
_VERIFY: Final = {
    "9": "misdated",
    "10": "misdated",
    "18": "intercepted",
    "19": "intercepted",
    "62": "intercepted",
}


LINES: Final = re.compile(
    r"openssl s_client|CONNECTED\(|connect:errno=|connect: [A-Z]|Connection (?:refused|timed out)|No route to host"
    r"|verify (?:return code|error)|wrong version number|no peer certificate|errno=\d|unexpected eof|handshake failure"
    r"|^\s*issuer=|^depth=\d",
    re.IGNORECASE,
)


def read_openssl(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port, and facts of each connection of s_client."""
    for part in re.split(r"(?=openssl s_client)", text)[:20]:
        command = re.search(rf"-connect\s+{_HOST}:(?P<port>\d{{1,5}})", part, re.IGNORECASE)
        if command:
            host, port = command["host"].casefold(), min(int(command["port"]), 65535)
            failed = re.search(
                r"connect:errno=\d+|connect: [A-Z][a-z ]+|Connection (?:refused|timed out)|No route to host",
                part,
            )
            if "CONNECTED(" in part:
                yield host, port, {"tcp": "open", "tcp_port": port, **_session(part)}
            elif failed:
                yield host, port, {"tcp": "shut", "tcp_port": port, "bad": failed[0].strip()}


def _session(part: str) -> ToolFacts:
    """Return the result of the TLS handshake."""
    facts: ToolFacts = {}
    verify = re.search(r"Verify return code: (\d+) \(([^)]{0,80})\)", part) or re.search(
        r"verify error:num=(\d+):([^\n]{0,80})", part
    )
    if "wrong version number" in part:
        facts |= {"tls": "intercepted", "bad": "something that is not TLS answered"}
    elif re.search(r"no peer certificate available|errno=104|unexpected eof|handshake failure", part):
        facts |= {"tls": "cut", "bad": "the TLS handshake was cut off"}
    elif verify and verify[1] == "0":
        facts["tls"] = "accepted"
    elif verify and verify[1] in _VERIFY:
        facts |= {"tls": _VERIFY[verify[1]], "bad": verify[2].strip()}
    if issuer := re.search(r"^\s*issuer=\s*([^\n]{1,200})", part, re.MULTILINE):
        facts["issuer"] = issuer[1].strip()
    return facts
