"""Output of dig, nslookup, openssl s_client and curl, as far as it tells about one host.

Pure. Where it was made is not in it: until somebody says that it was on the user's device it counts as seen from
elsewhere.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from knowledge.reasoning.device import PASTED, PLACED
from probes.protocol.model import Observation, Target

_HOST: Final = r"(?P<host>[a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z0-9-]{2,63})\.?"

Facts = dict[str, Any]

# An answer from these is not the service's: somebody's filter gave it.
_INSIDE: Final = tuple(
    ipaddress.ip_network(one)
    for one in ("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
)

# X.509 verification codes of OpenSSL (verify(1)) that say more than that a root is missing on this machine.
_VERIFY: Final = {
    "9": "misdated",
    "10": "misdated",
    "18": "intercepted",
    "19": "intercepted",
    "62": "intercepted",
}


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


def _dig(text: str) -> Iterator[tuple[str, int, Facts]]:
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


def _nslookup(text: str) -> Iterator[tuple[str, int, Facts]]:
    for match in re.finditer(rf"server can't find {_HOST}: (?P<word>[A-Z]+)", text, re.IGNORECASE):
        yield match["host"].casefold(), 53, {"dns": "fails", "bad": f"the resolver said {match['word']}"}
    for match in re.finditer(
        rf"^Name:\s*{_HOST}\s*\nAddress(?:es)?:\s*(?P<address>[\d.]{{7,15}})",
        text,
        re.MULTILINE | re.IGNORECASE,
    ):
        yield match["host"].casefold(), 53, _addresses([match["address"]])


def _openssl(text: str) -> Iterator[tuple[str, int, Facts]]:
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


def _session(part: str) -> Facts:
    """Tell what came of the TLS handshake that openssl made."""
    facts: Facts = {}
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


def _curl(text: str) -> Iterator[tuple[str, int, Facts]]:
    for match in re.finditer(rf"[Cc]ould not resolve host: {_HOST}", text):
        yield match["host"].casefold(), 53, {"dns": "fails", "bad": "the host could not be resolved"}
    for match in re.finditer(
        rf"Failed to connect to {_HOST} port (?P<port>\d{{1,5}})(?P<why>[^\n]{{0,120}})", text, re.IGNORECASE
    ):
        port = min(int(match["port"]), 65535)
        why = match["why"].rpartition(":")[2].strip() or "no connection"
        yield match["host"].casefold(), port, {"tcp": "shut", "tcp_port": port, "bad": why}
    for part in re.split(r"(?=\*\s+(?:Trying|Host) )", text)[:40]:
        connected = re.search(
            rf"Connected to {_HOST} \([^)]*\) port (?P<port>\d{{1,5}})", part, re.IGNORECASE
        )
        if connected:
            port = min(int(connected["port"]), 65535)
            yield (
                connected["host"].casefold(),
                port,
                {"tcp": "open", "tcp_port": port, **_after_connect(part)},
            )


def _after_connect(part: str) -> Facts:
    """Tell what came of a connection that curl opened."""
    status = re.search(r"^< HTTP/[\d.]+ (\d{3})", part, re.MULTILINE)
    facts: Facts = {}
    if re.search(r"certificate has expired|certificate is not yet valid", part):
        return {"tls": "misdated", "bad": "the certificate is out of date"}
    if re.search(r"self[- ]signed certificate|no alternative certificate subject name", part):
        return {"tls": "intercepted", "bad": "the certificate is not the service's"}
    if re.search(r"curl: \(35\)|Connection reset by peer|unexpected eof", part):
        return {"tls": "cut", "bad": "the TLS handshake was cut off"}
    if re.search(r"SSL certificate verify ok", part):
        facts["tls"] = "accepted"
    if status and re.search(r"^> Upgrade: websocket", part, re.MULTILINE | re.IGNORECASE):
        opens = status[1] == "101"
        facts |= (
            {"websocket": "opens"} if opens else {"websocket": "refused", "bad": f"HTTP status {status[1]}"}
        )
    return facts


def _addresses(answers: list[str]) -> Facts:
    """Judge addresses: those of somebody's own network cannot be the service's."""
    for one in answers:
        try:
            address = ipaddress.ip_address(one)
        except ValueError:
            continue
        if any(address in network for network in _INSIDE):
            return {"dns": "fails", "bad": f"the answer was {one}, which cannot be the service's"}
    return {"dns": "resolves", "addresses": answers[:8]}


_TOOLS: Final[dict[str, Callable[[str], Iterator[tuple[str, int, Facts]]]]] = {
    "dig": _dig,
    "nslookup": _nslookup,
    "openssl": _openssl,
    "curl": _curl,
}
