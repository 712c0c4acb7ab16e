"""State of a TURN client: challenge, nonce, refusals, and framing of a stream (RFC 8656).

Pure: no network, no clock. Credentials leave it only as a digest, for the server that asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Final

from probes.net.stun import (
    MalformedError,
    StunAttribute,
    StunClass,
    StunMessage,
    StunMethod,
    TransportAddress,
    integrity_holds,
    long_term_key,
    make_transaction,
    pack_address,
    pack_message,
    parse_message,
)
from probes.protocol.failures import Failure
from probes.protocol.frozen import frozen

UNAUTHORIZED: Final = 401
ALLOCATION_MISMATCH: Final = 437
STALE_NONCE: Final = 438

_WORDS: Final = {
    UNAUTHORIZED: Failure.TURN_UNAUTHORIZED,
    403: Failure.TURN_FORBIDDEN,
    STALE_NONCE: Failure.TURN_STALE_NONCE,
    441: Failure.TURN_UNAUTHORIZED,
    442: Failure.TURN_UNSUPPORTED_TRANSPORT,
    486: Failure.TURN_QUOTA_REACHED,
    508: Failure.TURN_INSUFFICIENT_CAPACITY,
}

# Messages from a server are smaller than an Ethernet frame. A longer length is a broken server or another
# protocol.
MOST_BYTES: Final = 4096


@frozen
class Credentials:
    """User name and password of the long-term mechanism; never printed."""

    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def given(cls, secrets: Mapping[str, str]) -> "Credentials":
        """The credentials in a step's *secrets*; empty if there is no user name."""
        return cls(secrets.get("username", ""), secrets.get("credential", ""))

    def __bool__(self) -> bool:
        return bool(self.username)

    def scrub(self, text: str) -> str:
        """Return a server's *text*, or "" if it contains the user name or password."""
        return "" if any(secret and secret in text for secret in (self.username, self.password)) else text


class TurnRefused(Exception):  # noqa: N818 - the server's answer, not a bug
    """The server refused the request; NO_CREDENTIALS if it asks for credentials and we have none."""

    def __init__(self, failure: Failure, code: int, reason: str = "") -> None:
        super().__init__(f"{code} {reason}".strip())
        self.failure = failure
        self.code = code


class TurnSession:
    """One client's side of the long-term credential mechanism (RFC 8489 section 9.2)."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._realm = b""
        self._nonce = b""
        self._key = b""
        self.connected = False  # whether TCP has opened, or there is none to open
        self.answered = False  # whether any STUN message arrived
        self.challenged = False

    def request(
        self,
        method: StunMethod,
        attributes: Iterable[tuple[int, bytes]] = (),
        peers: Iterable[TransportAddress] = (),
    ) -> tuple[bytes, bytes]:
        """Transaction id and bytes of a request; signed once the server has sent realm and nonce."""
        transaction = make_transaction()
        wanted = [*attributes, *(pack_address(StunAttribute.XOR_PEER_ADDRESS, p, transaction) for p in peers)]
        if self._key:
            wanted += [
                (StunAttribute.USERNAME, self._credentials.username.encode()),
                (StunAttribute.REALM, self._realm),
                (StunAttribute.NONCE, self._nonce),
            ]
        return transaction, pack_message(
            StunMessage(method, StunClass.REQUEST, transaction, tuple(wanted)), self._key
        )

    @staticmethod
    def indication(payload: bytes, peer: TransportAddress) -> bytes:
        """The bytes of a Send indication (RFC 8656 section 11), which is never signed or answered."""
        transaction = make_transaction()
        attributes = (
            pack_address(StunAttribute.XOR_PEER_ADDRESS, peer, transaction),
            (StunAttribute.DATA, payload),
        )
        return pack_message(StunMessage(StunMethod.SEND, StunClass.INDICATION, transaction, attributes))

    def read(self, packet: bytes) -> StunMessage:
        """Parse *packet*; raises MalformedError for junk and for a wrong signature."""
        message = parse_message(packet)
        signed = self._key and message.kind is StunClass.SUCCESS
        if signed and integrity_holds(packet, self._key) is False:
            raise MalformedError
        self.answered = True
        return message

    def accepts(self, reply: StunMessage) -> bool:
        """Whether *reply* is the final answer; False: sign again and resend. Raises TurnRefused."""
        if reply.error is None:
            return True
        code, reason = reply.error
        if code in {UNAUTHORIZED, STALE_NONCE}:
            self.challenged = True
            if code == UNAUTHORIZED and not self._credentials:
                raise TurnRefused(Failure.NO_CREDENTIALS, code)
            if self._take_challenge(code, reply):
                return False
        if alternate := reply.address(StunAttribute.ALTERNATE_SERVER):
            reason = f"{reason} ({alternate})"
        failure = _WORDS.get(code, Failure.TURN_SERVER_ERROR)
        raise TurnRefused(failure, code, self._credentials.scrub(reason))

    def _take_challenge(self, code: int, reply: StunMessage) -> bool:
        """Store realm and nonce; False if they do not help, because the server rejected our signature."""
        realm, nonce = reply.get(StunAttribute.REALM) or self._realm, reply.get(StunAttribute.NONCE)
        if not realm or not nonce or (code == UNAUTHORIZED and self._key):
            return False
        self._realm, self._nonce = realm, nonce
        name, password = self._credentials.username, self._credentials.password
        self._key = long_term_key(name.encode(), realm, password.encode())
        return True


class StunFrames:
    """Split a byte stream into STUN messages (RFC 8489 section 6.2.2); skips ChannelData."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, received: bytes) -> list[bytes]:
        """The messages that are complete now; raises MalformedError for other bytes or too long a length."""
        self._rest += received
        found: list[bytes] = []
        while (size := self._size()) and len(self._rest) >= size:
            if self._rest[0] & 0xC0 == 0:
                found.append(bytes(self._rest[:size]))
            del self._rest[:size]
        return found

    def _size(self) -> int:
        """Size in bytes of the frame at the start; 0 until its header is complete."""
        if len(self._rest) < 4:
            return 0
        length = int.from_bytes(self._rest[2:4], "big")
        channel_data = self._rest[0] & 0xC0 == 0x40
        size = 4 + length + -length % 4 if channel_data else 20 + length
        if self._rest[0] & 0xC0 > 0x40 or size > MOST_BYTES:
            raise MalformedError
        return size
