"""Check whether the signaling gateway's WebSocket opens, or a device on the path removes the upgrade."""

from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection
from wsproto.frame_protocol import CloseReason

from probes.checks.context import ProbeContext
from probes.checks.proxy_connect import open_stream
from probes.net.clock import milliseconds_since, now
from probes.net.http1 import Head, read_head
from probes.net.websocket_upgrade import is_accepted, is_switched, new_key, upgrade
from probes.protocol.failures import Failure
from probes.protocol.model import Step


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Request the upgrade on `path`, direct or through the plan's proxy, and close again."""
    key = new_key()
    path = str(step.params.get("path", "/signal"))
    start = now()
    with await open_stream(step, context) as stream:
        await stream.write(upgrade(step.target.host, path, key))
        head = await read_head(stream.read)
        failure = judge(head, key)
        context.note(
            status=head.status,
            server=head.get("server"),
            upgraded=failure is None,
            auth_schemes=head.auth_schemes,
            ms=milliseconds_since(start),
        )
        if failure is None:
            goodbye = CloseConnection(CloseReason.NORMAL_CLOSURE)
            await stream.write(Connection(ConnectionType.CLIENT).send(goodbye))
        return failure


def judge(head: Head, key: str) -> Failure | None:
    """The failure in *head*, the response to an upgrade request with *key* (RFC 6455 section 4.1)."""
    if head.status == 407:
        return Failure.PROXY_AUTH_REQUIRED
    if head.status >= 400:
        return Failure.WEBSOCKET_UPGRADE_REFUSED
    if not is_switched(head):
        return Failure.WEBSOCKET_UPGRADE_STRIPPED
    # A server that does not speak WebSocket may have answered.
    return None if is_accepted(head, key) else Failure.HTTP_MALFORMED_RESPONSE
