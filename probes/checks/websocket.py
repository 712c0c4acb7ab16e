"""Look whether the signaling gateway's WebSocket opens, or something takes the upgrade out."""

import base64
import hashlib
import os
from typing import Final

from probes.failures import Failure
from probes.http1 import Head, make_request, read_head
from probes.https import open_stream
from probes.look import Look, milliseconds_since, now
from probes.model import Step

_GUID: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 1.3
_CLOSE: Final = b"\x88\x82\x00\x00\x00\x00\x03\xe8"  # a masked close frame, code 1000 (RFC 6455 5.5.1)


async def probe(step: Step, look: Look) -> Failure | None:
    """Ask for the upgrade on `path`, straight or through the plan's proxy, and close again."""
    key = base64.b64encode(os.urandom(16)).decode()
    start = now()
    with await open_stream(step, look) as stream:
        await stream.write(_upgrade(step, key))
        head = await read_head(stream.read)
        failure = judge(head, key)
        look.note(
            status=head.status,
            server=head.get("server"),
            upgraded=failure is None,
            auth_schemes=head.auth_schemes,
            ms=milliseconds_since(start),
        )
        if failure is None:
            await stream.write(_CLOSE)
        return failure


def _upgrade(step: Step, key: str) -> bytes:
    headers = {
        "Host": step.target.host,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
    }
    return make_request("GET", str(step.params.get("path", "/signal")), headers)


def judge(head: Head, key: str) -> Failure | None:
    """What *head* answers to an upgrade asked for with *key* (RFC 6455 4.1)."""
    if head.status == 407:
        return Failure.PROXY_AUTH_REQUIRED
    if head.status >= 400:
        return Failure.WEBSOCKET_UPGRADE_REFUSED
    if head.status != 101 or head.get("upgrade").lower() != "websocket":
        return Failure.WEBSOCKET_UPGRADE_STRIPPED
    digest = hashlib.sha1(f"{key}{_GUID}".encode(), usedforsecurity=False).digest()
    if head.get("sec-websocket-accept") != base64.b64encode(digest).decode():
        return Failure.HTTP_MALFORMED_RESPONSE  # somebody answered who does not know the protocol
    return None
