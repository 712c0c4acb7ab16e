"""Make a WebSocket upgrade request and check the response (RFC 6455 section 4).

Raw, because judging what a network does to an upgrade needs every header. Pure: no network, no clock.
"""

from collections.abc import Mapping

from wsproto.utilities import generate_accept_token, generate_nonce

from probes.net.http1 import Head, make_request


def new_key() -> str:
    """A new `Sec-WebSocket-Key` for one request."""
    return generate_nonce().decode()


def upgrade(host: str, path: str, key: str, more: Mapping[str, str] | None = None) -> bytes:
    """A request for a WebSocket on *path*, with *more* headers."""
    headers = {"Host": host, "Upgrade": "websocket", "Connection": "Upgrade"}
    headers |= {"Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13", **(more or {})}
    return make_request("GET", path, headers)


def is_switched(head: Head) -> bool:
    """Whether *head* says that the connection is now a WebSocket."""
    return head.status == 101 and head.get("upgrade").lower() == "websocket"


def is_accepted(head: Head, key: str) -> bool:
    """Whether the sender of *head* has read *key* and speaks WebSocket (RFC 6455 section 4.1)."""
    return head.get("sec-websocket-accept") == generate_accept_token(key.encode()).decode()
