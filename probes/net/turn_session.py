"""What a TURN client has to remember and to judge: challenge, nonce, refusals, frames of a stream (RFC 8656).

Pure: no network, no clock. Credentials go in and never come out but as a digest, to the server that asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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

# What a server sends us is smaller than an Ethernet frame; a length beyond this is a server gone mad,
# or a protocol that is not TURN.
MOST_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Credentials:
    """Name and password of the long-term mechanism; never printed."""

    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def given(cls, secrets: Mapping[str, str]) -> "Credentials":
        """What a step's *secrets* hold; nothing when they hold no name."""
        return cls(secrets.get("username", ""), secrets.get("credential", ""))

    def __bool__(self) -> bool:
        return bool(self.username)

    def scrub(self, text: str) -> str:
        """*text* of a server, or nothing when it repeats what we must not tell."""
        return "" if any(secret and secret in text for secret in (self.username, self.password)) else text


class TurnRefused(Exception):  # noqa: N818 - an answer of the server's, not an error of ours
    """The server answered, and the answer is no; NO_CREDENTIALS when it asks for some and we have none."""

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
        self.answered = False  # anything of STUN came back
        self.challenged = False

    def request(
        self,
        method: StunMethod,
        attributes: Iterable[tuple[int, bytes]] = (),
        peers: Iterable[TransportAddress] = (),
    ) -> tuple[bytes, bytes]:
        """Transaction id and bytes of a request, signed once the server has said how."""
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
        """The bytes of a Send indication (RFC 8656 section 11): never signed, never answered."""
        transaction = make_transaction()
        attributes = (
            pack_address(StunAttribute.XOR_PEER_ADDRESS, peer, transaction),
            (StunAttribute.DATA, payload),
        )
        return pack_message(StunMessage(StunMethod.SEND, StunClass.INDICATION, transaction, attributes))

    def read(self, packet: bytes) -> StunMessage:
        """The message in *packet*; raises MalformedError for junk and for a false signature."""
        message = parse_message(packet)
        signed = self._key and message.kind is StunClass.SUCCESS
        if signed and integrity_holds(packet, self._key) is False:
            raise MalformedError
        self.answered = True
        return message

    def accepts(self, reply: StunMessage) -> bool:
        """Whether *reply* is the answer; False: ask again, signed anew. Raises TurnRefused."""
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
        """Learn realm and nonce; False when they do not help: our signature was there and was not liked."""
        realm, nonce = reply.get(StunAttribute.REALM) or self._realm, reply.get(StunAttribute.NONCE)
        if not realm or not nonce or (code == UNAUTHORIZED and self._key):
            return False
        self._realm, self._nonce = realm, nonce
        name, password = self._credentials.username, self._credentials.password
        self._key = long_term_key(name.encode(), realm, password.encode())
        return True


class StunFrames:
    """Cuts a byte stream into STUN messages (RFC 8489 section 6.2.2); ChannelData is passed over."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, received: bytes) -> list[bytes]:
        """The messages complete by now; raises MalformedError for what cannot be one, or is too long."""
        self._rest += received
        found: list[bytes] = []
        while (size := self._size()) and len(self._rest) >= size:
            if self._rest[0] & 0xC0 == 0:
                found.append(bytes(self._rest[:size]))
            del self._rest[:size]
        return found

    def _size(self) -> int:
        """Bytes of the frame that begins here; 0 while its header is incomplete."""
        if len(self._rest) < 4:
            return 0
        length = int.from_bytes(self._rest[2:4], "big")
        channel_data = self._rest[0] & 0xC0 == 0x40
        size = 4 + length + -length % 4 if channel_data else 20 + length
        if self._rest[0] & 0xC0 > 0x40 or size > MOST_BYTES:
            raise MalformedError
        return size
