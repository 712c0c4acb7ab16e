"""Pack and parse STUN messages (RFC 8489), with the additions of TURN (RFC 8656) and RFC 5780.

Pure: no network, no clock. Supports the MD5 long-term key and SHA-1 integrity, which every TURN server
accepts today. Ignores a server's offer of SHA-256.
"""

import hashlib
import hmac
import os
import socket
import struct
import zlib
from collections.abc import Iterable
from enum import IntEnum
from typing import Final, NamedTuple

from probes.protocol.frozen import frozen

COOKIE: Final = 0x2112A442
_HEADER: Final = struct.Struct("!HHI12s")
_COOKIE_BYTES: Final = COOKIE.to_bytes(4, "big")
_FINGERPRINT_XOR: Final = 0x5354554E  # RFC 8489 section 14.7
_INTEGRITY_SIZE: Final = 24  # attribute header and SHA-1
# Real messages have about ten. Without a limit, 64 KB of empty attributes create 16,000 objects.
MAX_ATTRIBUTES: Final = 64


class StunMethod(IntEnum):
    """STUN and TURN methods (RFC 8489 section 18.2, RFC 8656 section 17)."""

    BINDING = 0x001
    ALLOCATE = 0x003
    REFRESH = 0x004
    SEND = 0x006
    DATA = 0x007
    CREATE_PERMISSION = 0x008


class StunClass(IntEnum):
    """The two class bits of a message type (RFC 8489 section 5)."""

    REQUEST = 0
    INDICATION = 1
    SUCCESS = 2
    ERROR = 3


class StunAttribute(IntEnum):
    """The attributes that this code reads or writes."""

    MAPPED_ADDRESS = 0x0001
    CHANGE_REQUEST = 0x0003
    USERNAME = 0x0006
    MESSAGE_INTEGRITY = 0x0008
    ERROR_CODE = 0x0009
    LIFETIME = 0x000D
    XOR_PEER_ADDRESS = 0x0012
    DATA = 0x0013
    REALM = 0x0014
    NONCE = 0x0015
    XOR_RELAYED_ADDRESS = 0x0016
    REQUESTED_TRANSPORT = 0x0019
    XOR_MAPPED_ADDRESS = 0x0020
    SOFTWARE = 0x8022
    ALTERNATE_SERVER = 0x8023
    FINGERPRINT = 0x8028
    RESPONSE_ORIGIN = 0x802B
    OTHER_ADDRESS = 0x802C


_XORED: Final = frozenset(
    {StunAttribute.XOR_PEER_ADDRESS, StunAttribute.XOR_RELAYED_ADDRESS, StunAttribute.XOR_MAPPED_ADDRESS}
)


_FAMILIES: Final = {(b"\1", 8): socket.AF_INET, (b"\2", 20): socket.AF_INET6}


class MalformedError(ValueError):
    """The bytes are not a valid STUN message."""


class TransportAddress(NamedTuple):
    """A transport address: a literal IP address and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        """`192.0.2.1:3478`, `[2001:db8::1]:3478`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@frozen
class StunMessage:
    """One STUN message; attribute values are raw bytes, in wire order."""

    method: int
    kind: StunClass
    transaction: bytes
    attributes: tuple[tuple[int, bytes], ...] = ()

    def get(self, attribute: StunAttribute) -> bytes | None:
        """The value of the first such attribute; later ones are ignored (RFC 8489 section 14)."""
        return next((value for kind, value in self.attributes if kind == attribute), None)

    def text(self, attribute: StunAttribute) -> str:
        """A text attribute, printable and cut to 128 bytes; empty if missing."""
        return _printable(self.get(attribute) or b"")

    def address(self, attribute: StunAttribute) -> TransportAddress | None:
        """An address attribute, decoded from its XOR form if it has one; None if missing or malformed."""
        value = self.get(attribute)
        return None if value is None else _unpack_address(value, self.transaction, attribute in _XORED)

    @property
    def reflexive(self) -> TransportAddress | None:
        """Our reflexive address: XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS, which RFC 3489 servers send."""
        return self.address(StunAttribute.XOR_MAPPED_ADDRESS) or self.address(StunAttribute.MAPPED_ADDRESS)

    @property
    def error(self) -> tuple[int, str] | None:
        """Code and reason of an error response; code 0 if the server sends no valid code."""
        if self.kind is not StunClass.ERROR:
            return None
        value = self.get(StunAttribute.ERROR_CODE) or b""
        if len(value) < 4 or not 3 <= value[2] & 7 <= 6 or value[3] > 99:
            return 0, ""
        return (value[2] & 7) * 100 + value[3], _printable(value[4:])


def make_transaction() -> bytes:
    """A transaction id that an attacker off the path cannot guess (RFC 8489 section 5)."""
    return os.urandom(12)


def make_message(
    method: StunMethod,
    kind: StunClass,
    attributes: Iterable[tuple[int, bytes]] = (),
    transaction: bytes = b"",
) -> StunMessage:
    """A message, with a new transaction id unless one is given."""
    return StunMessage(method, kind, transaction or make_transaction(), tuple(attributes))


def pack_message(message: StunMessage, key: bytes = b"") -> bytes:
    """Pack *message*: with MESSAGE-INTEGRITY if there is a *key*, always with FINGERPRINT."""
    body = b"".join(_pack_attribute(kind, value) for kind, value in message.attributes)
    if key:
        digest = hmac.digest(key, _header(message, len(body) + _INTEGRITY_SIZE) + body, "sha1")
        body += _pack_attribute(StunAttribute.MESSAGE_INTEGRITY, digest)
    checksum = zlib.crc32(_header(message, len(body) + 8) + body) ^ _FINGERPRINT_XOR
    body += _pack_attribute(StunAttribute.FINGERPRINT, checksum.to_bytes(4, "big"))
    return _header(message, len(body)) + body


def parse_message(packet: bytes) -> StunMessage:
    """Parse *packet*, which must be exactly one message; raises MalformedError otherwise.

    FINGERPRINT is neither required nor checked: magic cookie and transaction id are enough to identify a
    message.
    """
    if len(packet) < _HEADER.size:
        raise MalformedError
    kind, length, cookie, transaction = _HEADER.unpack_from(packet)
    if kind & 0xC000 or cookie != COOKIE or length % 4 or length != len(packet) - _HEADER.size:
        raise MalformedError
    method = (kind & 0x000F) | (kind & 0x00E0) >> 1 | (kind & 0x3E00) >> 2
    answer = StunClass((kind & 0x0100) >> 7 | (kind & 0x0010) >> 4)
    return StunMessage(method, answer, transaction, _unpack_attributes(packet))


def integrity_holds(packet: bytes, key: bytes) -> bool | None:
    """Whether *key* made the MESSAGE-INTEGRITY of a parsed *packet*; None if the packet has none."""
    at = _HEADER.size
    while at + 4 <= len(packet):
        kind, length = struct.unpack_from("!HH", packet, at)
        if kind == StunAttribute.MESSAGE_INTEGRITY:
            covered = at - _HEADER.size + _INTEGRITY_SIZE  # the length field ends with this attribute
            signed = packet[:2] + covered.to_bytes(2, "big") + packet[4:at]
            return hmac.compare_digest(hmac.digest(key, signed, "sha1"), packet[at + 4 : at + 4 + length])
        at += 4 + length + -length % 4
    return None


def long_term_key(username: bytes, realm: bytes, password: bytes) -> bytes:
    """The key of the long-term credential mechanism (RFC 8489 section 9.2.2)."""
    return hashlib.md5(b":".join((username, realm, password)), usedforsecurity=False).digest()


def pack_address(
    attribute: StunAttribute, address: TransportAddress, transaction: bytes
) -> tuple[int, bytes]:
    """An address attribute for a message of this *transaction*; raises OSError unless the host is literal."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    host, port = socket.inet_pton(family, address.host), address.port
    if attribute in _XORED:
        host, port = _xor(host, transaction), port ^ COOKIE >> 16
    return attribute, struct.pack("!xBH", 2 if family == socket.AF_INET6 else 1, port) + host


def pack_error(code: int, reason: str = "") -> tuple[int, bytes]:
    """An ERROR-CODE attribute (RFC 8489 section 14.8); the test servers use it."""
    return StunAttribute.ERROR_CODE, struct.pack("!xxBB", code // 100, code % 100) + reason.encode()


def _printable(value: bytes) -> str:
    text = value[:128].decode("utf-8", "replace")
    return "".join(letter for letter in text if letter.isprintable()).strip()


def _header(message: StunMessage, length: int) -> bytes:
    method = message.method & 0x000F | (message.method & 0x0070) << 1 | (message.method & 0x0F80) << 2
    kind = (message.kind & 1) << 4 | (message.kind & 2) << 7
    return _HEADER.pack(method | kind, length, COOKIE, message.transaction)


def _pack_attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _unpack_attributes(packet: bytes) -> tuple[tuple[int, bytes], ...]:
    found: list[tuple[int, bytes]] = []
    at = _HEADER.size
    while at < len(packet):
        kind, length = struct.unpack_from(
            "!HH", packet, at
        )  # all lengths are multiples of four: a header is complete
        at += 4
        if at + length > len(packet) or len(found) == MAX_ATTRIBUTES:
            raise MalformedError
        found.append((kind, packet[at : at + length]))
        at += length + -length % 4
    return tuple(found)


def _unpack_address(value: bytes, transaction: bytes, xored: bool) -> TransportAddress | None:
    family = _FAMILIES.get((value[1:2], len(value)))
    if family is None:
        return None
    port, host = int.from_bytes(value[2:4], "big"), value[4:]
    if xored:
        host, port = _xor(host, transaction), port ^ COOKIE >> 16
    return TransportAddress(socket.inet_ntop(family, host), port)


def _xor(host: bytes, transaction: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(host, _COOKIE_BYTES + transaction, strict=False))
