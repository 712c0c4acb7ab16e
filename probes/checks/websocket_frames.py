"""The first frames of a client over an open WebSocket, and what the replies prove (RFC 6455).

Pure: no network, no clock. Ping, text, ping: a reply to the last ping proves that the text passed, too.

Two things about the real gateway are not verified. It should answer pings, as RFC 6455 requires. It should ignore a
heartbeat from a client that has not signed in. Therefore an orderly close after the first reply, a code of the
service's own, and a ping without a reply never count as a block.
"""

from typing import Final

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import CloseConnection, Event, Message, Ping, Pong, TextMessage
from wsproto.frame_protocol import CloseReason

from probes.protocol.failures import Failure

# The JavaScript SDK sends this text itself, as its reply to the gateway's heartbeat. It needs no token.
HEARTBEAT: Final = "\n"
_FIRST, _LAST = b"first", b"last"
_MOST_BYTES, _MOST_FRAMES = 65_536, 200  # a hostile server may never stop sending

# Codes of a close frame that come before any reply, and give no other reason than the sender's policy.
# 1001 and 1011 to 1014 are the service's own trouble, 3000 and above are the service's own codes.
_POLICY: Final = frozenset(
    {CloseReason.NORMAL_CLOSURE, CloseReason.NO_STATUS_RCVD, CloseReason.POLICY_VIOLATION}
)
_APPLICATION: Final = 3000  # registered and private codes (RFC 6455 section 7.4.2)


class FrameExchange:
    """The frames of one connection. After `is_over`, `failure` is the result."""

    def __init__(self) -> None:
        self._connection = Connection(ConnectionType.CLIENT)
        self._bytes = self._frames = 0
        self.is_over = False
        self.failure: Failure | None = None
        self.first_answered = False
        self.has_message = False  # the peer sent a message; it may be a heartbeat, so it proves one direction
        self.close_code = 0
        self.close_reason = ""

    def opening(self) -> bytes:
        """The frames to send first, in one piece."""
        events: list[Event] = [Ping(_FIRST), TextMessage(HEARTBEAT), Ping(_LAST)]
        return b"".join(map(self._connection.send, events))

    def closing(self) -> bytes:
        """A close frame; b"" if one side has closed already."""
        if self._connection.state is not ConnectionState.OPEN:
            return b""
        return self._connection.send(CloseConnection(CloseReason.NORMAL_CLOSURE))

    def receive(self, chunk: bytes) -> None:
        """Take what the peer sent."""
        self._bytes += len(chunk)
        self._connection.receive_data(chunk)
        for event in self._connection.events():
            self._take(event)
            if self.is_over:
                return
        if self._bytes > _MOST_BYTES or self._frames > _MOST_FRAMES:
            self._end(Failure.INCONCLUSIVE)

    def _take(self, event: Event) -> None:
        self._frames += 1
        match event:
            case Pong(payload=payload) if payload == _LAST:
                self._end(None)
            case Pong(payload=payload):
                self.first_answered = self.first_answered or payload == _FIRST
            case Message():
                self.has_message = True
            case CloseConnection():
                self._end(self._judge_close(event))

    def _judge_close(self, event: CloseConnection) -> Failure | None:
        match self._connection.state:
            case ConnectionState.OPEN | ConnectionState.LOCAL_CLOSING:  # wsproto could not read the bytes
                return Failure.HTTP_MALFORMED_RESPONSE
            case (
                ConnectionState.CLOSED
            ):  # the reply to our close frame: the peer is there, and answers no ping
                return Failure.INCONCLUSIVE
        self.close_code, self.close_reason = int(event.code), event.reason or ""
        if self.first_answered:
            # Frames pass, and the peer that answered the ping read the text. A service may refuse strangers.
            return None if self.close_code >= _APPLICATION else Failure.INCONCLUSIVE
        return Failure.WEBSOCKET_CLOSED if self.close_code in _POLICY else Failure.INCONCLUSIVE

    def _end(self, failure: Failure | None) -> None:
        self.is_over, self.failure = True, failure
