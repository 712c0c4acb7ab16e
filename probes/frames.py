"""WebSocket frames as a client writes and reads them, and the request that leads to them (RFC 6455).

Pure: no network, no clock. No extension is ever asked for, so that a frame that uses one is an error.
"""

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from probes.http1 import Head, make_request

_GUID: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 1.3
NORMAL: Final = (1000).to_bytes(2, "big")  # what a close frame says when nothing is wrong (RFC 6455 7.4.1)
_LAST, _MASKED, _SIZE = 0x80, 0x80, 0x7F
_SHORT: Final = 125  # bytes of a control frame, and of a size that fits its first byte (RFC 6455 5.2, 5.5)
_WIDE: Final = {126: 2, 127: 8}  # what stands for the size -> bytes of the size that follow


class Opcode(IntEnum):
    """What a frame is."""

    MORE = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


class FrameError(ValueError):
    """The other side does not keep to RFC 6455, or says more than it may; the message is part of a sentence."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it came."""

    opcode: Opcode
    last: bool  # of its message
    payload: bytes


def new_key() -> str:
    """A `Sec-WebSocket-Key` for one request."""
    return base64.b64encode(os.urandom(16)).decode()


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
    digest = hashlib.sha1(f"{key}{_GUID}".encode(), usedforsecurity=False).digest()
    return head.get("sec-websocket-accept") == base64.b64encode(digest).decode()


def pack(opcode: Opcode, payload: bytes = b"") -> bytes:
    """Write one whole message, masked as a client's must be."""
    size = len(payload)
    if size <= _SHORT:
        head = bytes((_LAST | opcode, _MASKED | size))
    elif size < 1 << 16:
        head = bytes((_LAST | opcode, _MASKED | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((_LAST | opcode, _MASKED | 127)) + size.to_bytes(8, "big")
    mask = os.urandom(4)
    return head + mask + masked(payload, mask)


def masked(payload: bytes, mask: bytes) -> bytes:
    """Put *mask* over *payload*, or take it off again (RFC 6455 5.3)."""
    size = len(payload)
    over = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(over, "big")).to_bytes(size, "big")


@dataclass(slots=True)
class Unpacker:
    """Frames out of a stream of bytes, in whatever pieces it comes; `FrameError` ends it."""

    most: int  # bytes of one frame
    _buffer: bytearray = field(default_factory=bytearray)

    def feed(self, received: bytes) -> None:
        """Add what came."""
        self._buffer += received

    def next(self) -> Frame | None:
        """The next frame; None until it is whole."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        opcode, last = self._check(buffer[0], buffer[1])
        size, begin = buffer[1] & _SIZE, 2
        if wide := _WIDE.get(size):
            begin += wide
            if len(buffer) < begin:
                return None
            size = int.from_bytes(buffer[2:begin], "big")
        if size > self.most:
            raise FrameError(f"a frame of {size} bytes is more than a message may hold")
        if len(buffer) < begin + size:
            return None
        payload = bytes(buffer[begin : begin + size])
        del buffer[: begin + size]
        return Frame(opcode, last, payload)

    @staticmethod
    def _check(first: int, second: int) -> tuple[Opcode, bool]:
        """Read the first two bytes of a frame that a server sent."""
        try:
            opcode = Opcode(first & 0xF)
        except ValueError:
            raise FrameError("a frame of a kind that there is not") from None
        last = bool(first & _LAST)
        if first & 0x70 or second & _MASKED:
            raise FrameError("a frame that uses what was not agreed on")
        if opcode >= Opcode.CLOSE and (not last or second & _SIZE > _SHORT):
            raise FrameError("a control frame that is too long")
        return opcode, last
