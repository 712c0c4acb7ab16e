"""Check whether a login page answers in place of other sites: a page over plain HTTP whose content is known.

A captive portal redirects the request, answers 511 (RFC 6585 section 6), or sends a page of its own. Other statuses
may be the server's own trouble and decide nothing.
"""

import asyncio
import re
import socket
from typing import Final
from urllib.parse import urlsplit

from probes.checks.context import ProbeContext
from probes.checks.targets import addresses_of
from probes.net.clock import milliseconds_since, now
from probes.net.http1 import Head, make_request, read_head
from probes.net.sockets import connect_tcp
from probes.protocol.failures import Failure, NetworkError
from probes.protocol.model import Step

_MOST: Final = 8_192  # bytes of a page; the expected ones have less than 100
_READ: Final = 65_536
_PATIENCE: Final = 0.5  # seconds for the rest of a page
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_LOGIN: Final = 511  # Network Authentication Required
_LONGEST: Final = (
    200  # characters of a login page's address; what follows "?" is left out: it may name the user
)


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Request `path` and compare status and content with the parameters `status` and `text`."""
    v4, v6 = await addresses_of(step, context)
    if not v4 and not v6:
        raise NetworkError(Failure.NO_ADDRESS)
    address = (v4 or v6)[0]
    start = now()
    with await connect_tcp(address, step.target.port, speaks_first=True) as sock:
        context.note(address=address)
        head, body = await _fetch(sock, step)
    context.note(status=head.status, server=head.get("server"), ms=milliseconds_since(start))
    answer = classify_answer(
        head,
        body,
        host=step.target.host,
        status=int(step.params.get("status", 204)),
        text=str(step.params.get("text", "")),
    )
    context.note(answer=answer)
    if answer == "redirect":
        context.note(login_page=login_page(head))
    elif answer in ("login", "content"):
        context.note(page_status=head.status)
    if answer == "expected":
        return None
    return Failure.HTTP_UNEXPECTED_STATUS if answer == "other" else Failure.HTTP_OTHER_ANSWER


async def _fetch(sock: socket.socket, step: Step) -> tuple[Head, bytes]:
    """The head of the response, and what of its body decides."""
    loop = asyncio.get_running_loop()
    headers = {"Host": step.target.host, "Connection": "close", "Accept": "*/*", "Cache-Control": "no-cache"}
    await loop.sock_sendall(sock, make_request("GET", str(step.params.get("path", "/")), headers))
    head = await read_head(lambda: loop.sock_recv(sock, _READ))
    body = bytearray(head.rest)
    try:
        async with asyncio.timeout(_PATIENCE):
            while head.status == 200 and len(body) < _length(head):
                chunk = await loop.sock_recv(sock, _READ)
                if not chunk:
                    break
                body += chunk
    except TimeoutError:
        pass  # what came by now decides
    return head, bytes(body[: _length(head)])


def _length(head: Head) -> int:
    """How many bytes of the body count."""
    length = head.get("content-length")
    return min(int(length), _MOST) if length.isdecimal() and len(length) < 10 else _MOST


def classify_answer(head: Head, body: bytes, *, host: str, status: int, text: str) -> str:
    """Compare a response with the expected *status* and *text*: expected, redirect, login, content, or other.

    A redirect within the same site is the site's own. Some proxies turn an empty 204 into an empty 200.
    """
    if head.status == _LOGIN:
        return "login"
    if head.status in _REDIRECTS:
        return "other" if _is_same_site(head.get("location"), host) else "redirect"
    if head.status == status:
        return "expected" if text.encode() in body else "content"
    if head.status == 200:
        return "content" if body.strip() else "expected"
    return "other"


def _is_same_site(location: str, host: str) -> bool:
    """Whether *location* is relative, or leads to *host* or to a name of the same domain."""
    try:
        other = (urlsplit(location).hostname or host).lower()
    except ValueError:
        return True
    own = ".".join(host.lower().split(".")[-2:])
    return other == host.lower() or other == own or other.endswith(f".{own}")


def login_page(head: Head) -> str:
    """The address that *head* redirects to, without its query; "" if there is none."""
    location = head.get("location").partition("?")[0].partition("#")[0]
    return re.sub(r"[^!-~]", "", location)[:_LONGEST]
