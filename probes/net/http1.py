"""As much of HTTP/1.1 as a probe needs: one request, and the head of its answer (RFC 9112)."""

import base64
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, unquote

from probes.protocol.failures import Failure, NetworkError

_MOST: Final = 65_536  # bytes of a head; a hostile server may go on for ever
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: .*)?")
_END: Final = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Head:
    """A status and headers, names in lower case, in the order they came."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        """The first header of that *name*, at most 200 characters of it; "" if there is none."""
        return next((value[:200] for key, value in self.headers if key == name), "")

    @property
    def auth_schemes(self) -> list[str]:
        """What a proxy offers to be authenticated by: Basic, NTLM, Negotiate and so on."""
        offers = (value for key, value in self.headers if key == "proxy-authenticate")
        return sorted({offer.split()[0][:40] for offer in offers if offer.strip()})


def make_request(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """The bytes of a request without a body; raises ValueError where a line break would smuggle one in."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if any(character in line for line in lines for character in "\r\n"):
        raise ValueError("line break in a request line")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


def proxy_authorization(proxy: SplitResult) -> dict[str, str]:
    """The header that carries user and password of a *proxy*'s address (RFC 7617); none where it has none."""
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


async def read_head(read: Callable[[], Awaitable[bytes]]) -> Head:
    """The head of the final answer that *read* delivers; interim ones (103 and the like) are passed over.

    Raises EOFError when the other side closes before it is whole, NetworkError(http_malformed_response) for
    what is no HTTP.
    """
    received, taken, searched = bytearray(), 0, 0
    while True:
        end = _END.search(received, max(0, searched - 3))
        if end is not None:
            head = parse_head(bytes(received[: end.start()]))
            if head.status >= 200 or head.status == 101:
                return head
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
    """Status and headers of *raw*, which ends before the empty line."""
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
