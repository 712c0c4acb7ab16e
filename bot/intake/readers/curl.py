"""Read the output of curl, with OpenSSL, Schannel, and proxies."""

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import _HOST, COMMAND, ToolFacts

# The marks of curl -v before its messages, sent and received headers, and errors.
LINES: Final = re.compile(
    COMMAND.format(command="curl")
    + r"|^\s*(?:>\s?)*(?:\*\s|[<>](?:\s|$)|[{}] \[)|curl: \(\d+\)|Could not resolve host:|Failed to connect to ",
    re.IGNORECASE,
)


def read_curl(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port, and facts of each connection of curl."""
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


def _after_connect(part: str) -> ToolFacts:
    """Return what happened after curl connected."""
    status = re.search(r"^< HTTP/[\d.]+ (\d{3})", part, re.MULTILINE)
    facts: ToolFacts = {}
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
