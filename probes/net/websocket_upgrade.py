"""The request that turns HTTP/1.1 into a WebSocket, and what its answer must hold (RFC 6455 4).

Raw, as who judges what a network does to an upgrade needs every header of it. Pure: no network, no clock.
"""

from collections.abc import Mapping

from wsproto.utilities import generate_accept_token, generate_nonce

from probes.net.http1 import Head, make_request


def new_key() -> str:
    """A `Sec-WebSocket-Key` for one request."""
    return generate_nonce().decode()


def upgrade(host: str, path: str, key: str, more: Mapping[str, str] | None = None) -> bytes:
    """The request for a WebSocket on *path*, with *more* headers."""
    headers = {"Host": host, "Upgrade": "websocket", "Connection": "Upgrade"}
    headers |= {"Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13", **(more or {})}
    return make_request("GET", path, headers)


def is_switched(head: Head) -> bool:
    """Whether *head* says that from here on it is a WebSocket."""
    return head.status == 101 and head.get("upgrade").lower() == "websocket"


def is_accepted(head: Head, key: str) -> bool:
    """Whether *head* is of somebody who has read *key* and knows the protocol (RFC 6455 4.1)."""
    return head.get("sec-websocket-accept") == generate_accept_token(key.encode()).decode()
