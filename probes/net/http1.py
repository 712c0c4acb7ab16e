"""Minimal HTTP/1.1 for probes: make one request, read the head of the response (RFC 9112)."""

import base64
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import SplitResult, unquote

from probes.protocol.failures import Failure, NetworkError
from probes.protocol.frozen import frozen

_MOST: Final = 65_536  # bytes of a head; a hostile server may never stop sending
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: .*)?")
_END: Final = re.compile(rb"\r?\n\r?\n")


@frozen
class Head:
    """Status and headers of a response: names in lower case, in the order received."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    rest: bytes = b""  # received behind the head: the start of the body, or the first frames

    def get(self, name: str) -> str:
        """The first header called *name*, cut to 200 characters; "" if there is none."""
        return next((value[:200] for key, value in self.headers if key == name), "")

    @property
    def auth_schemes(self) -> list[str]:
        """The authentication schemes that a proxy offers: Basic, NTLM, Negotiate, and so on."""
        offers = (value for key, value in self.headers if key == "proxy-authenticate")
        return sorted({offer.split()[0][:40] for offer in offers if offer.strip()})


def make_request(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """The bytes of a request without a body; raises ValueError if a line break would inject a header."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if any(character in line for line in lines for character in "\r\n"):
        raise ValueError("line break in a request line")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


def proxy_authorization(proxy: SplitResult) -> dict[str, str]:
    """The header with the user and password from a *proxy* URL (RFC 7617); empty if the URL has no user."""
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


async def read_head(read: Callable[[], Awaitable[bytes]]) -> Head:
    """Read the head of the final response through *read*; skips interim responses such as 103.

    Raises EOFError if the peer closes before the head is complete, NetworkError(http_malformed_response) if
    the bytes are not HTTP.
    """
    received, taken, searched = bytearray(), 0, 0
    while True:
        end = _END.search(received, max(0, searched - 3))
        if end is not None:
            head = parse_head(bytes(received[: end.start()]))
            if head.status >= 200 or head.status == 101:
                return replace(head, rest=bytes(received[end.end() :]))
            del received[: end.end()]
            searched = 0
            continue
        searched = len(received)
        if received and not b"HTTP/1.".startswith(bytes(received[:7])):
            raise NetworkError(Failure.HTTP_MALFORMED_RESPONSE)
        chunk = await read()
        taken += len(chunk)
        if not chunk:
            raise EOFError
        if taken > _MOST:
            raise NetworkError(Failure.HTTP_MALFORMED_RESPONSE)
        received += chunk


def parse_head(raw: bytes) -> Head:
    """Parse status and headers from *raw*, which ends before the empty line."""
    first, *lines = re.split(rb"\r?\n", raw)
    match = _STATUS_LINE.fullmatch(first)
    if match is None:
        raise NetworkError(Failure.HTTP_MALFORMED_RESPONSE)
    headers = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip():
            raise NetworkError(Failure.HTTP_MALFORMED_RESPONSE)
        headers.append((name.decode("latin-1").lower(), value.strip().decode("latin-1")))
    return Head(int(match[1]), tuple(headers))
