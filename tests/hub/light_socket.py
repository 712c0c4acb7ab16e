"""A WebSocket client that costs little: thousands of them share a machine with the hub that is measured.

It reads its own socket: the TLS of asyncio takes a third of what a whole connection costs here.
"""

import asyncio
import socket
import ssl
from collections import deque
from typing import Final
from urllib.parse import urlsplit

from aiohttp import WSMessage, WSMsgType

from probes.net.websocket_upgrade import new_key, upgrade
from probes.protocol.messages import SUBPROTOCOL

_TEXT: Final = 0x81  # the first byte of a frame that is a whole message of text
_CLOSE: Final = 0x88
_MASKED: Final = 0x80
_MASK: Final = bytes(4)  # zeros, which change nothing
_MOST: Final = 16 * 1024  # bytes of one read: a whole record of TLS


class LightSocket:
    """Text messages in one frame each, as the hub sends them; anything else is an error."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket, self._loop = connection, asyncio.get_running_loop()
        self._received = b""
        self._messages: deque[str] = deque()
        self._is_secure = self._is_switched = self._is_over = False
        self._waiter: asyncio.Future[None] | None = None
        self._fd = connection.fileno()  # the loop takes long to find a socket by its object
        self._loop.add_reader(self._fd, self._read)

    async def send_str(self, text: str) -> None:
        data = text.encode()
        size = len(data)
        length = bytes((_MASKED | size,)) if size < 126 else bytes((_MASKED | 126,)) + size.to_bytes(2, "big")
        self._send(bytes((_TEXT,)) + length + _MASK + data)

    async def receive_str(self) -> str:
        while not self._messages:
            if self._is_over:
                raise ConnectionResetError
            await self._wait()
        return self._messages.popleft()

    def __aiter__(self) -> "LightSocket":
        return self

    async def __anext__(self) -> WSMessage:
        try:
            return WSMessage(WSMsgType.TEXT, await self.receive_str(), None)
        except ConnectionResetError:
            raise StopAsyncIteration from None

    async def shake_hands(self) -> None:
        """Do the handshake of TLS, if there is TLS."""
        while isinstance(self._socket, ssl.SSLSocket):
            try:
                self._socket.do_handshake()
            except ssl.SSLWantReadError:
                await self._wait()
            else:
                break
        self._is_secure = True

    async def switch(self, host: str, path: str) -> None:
        """Ask for the WebSocket, and wait for it."""
        self._send(upgrade(host, path, new_key(), {"Sec-WebSocket-Protocol": SUBPROTOCOL}))
        while not self._is_switched:
            if self._is_over:
                raise ConnectionResetError
            await self._wait()

    def close(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._loop.remove_reader(self._fd)
            self._socket.close()
            self._wake()

    def _send(self, data: bytes) -> None:
        if self._is_over:
            raise ConnectionResetError
        assert self._socket.send(data) == len(data)  # it is little, and the hub reads

    def _read(self) -> None:
        if not self._is_secure:
            self._wake()
            return
        try:
            data = self._socket.recv(_MOST)
        except (ssl.SSLWantReadError, BlockingIOError):
            return  # only a part of a record, or a session ticket
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        self._received += data
        if not self._is_switched:
            head, end, rest = self._received.partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101 "), head
            self._is_switched, self._received = True, rest
        while (message := self._next_frame()) is not None:
            self._messages.append(message)
        self._wake()

    def _next_frame(self) -> str | None:
        """Take the text of the next frame, once it is complete."""
        received = self._received
        if len(received) < 2:
            return None
        start, size = 2, received[1]
        if received[0] == _CLOSE:
            self.close()
            return None
        assert received[0] == _TEXT, received[:10]
        assert size <= 126, size  # else it is longer than 64 kB
        if size == 126:
            start, size = 4, int.from_bytes(received[2:4], "big")
        if len(received) < max(4, start + size):
            return None
        self._received = received[start + size :]
        return received[start : start + size].decode()

    async def _wait(self) -> None:
        self._waiter = self._loop.create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)


async def connect(url: str, context: ssl.SSLContext | None) -> LightSocket:
    """Connect to a hub on this machine."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname or "", parts.port or 0))
    if context:
        connection = context.wrap_socket(
            connection, server_hostname=parts.hostname, do_handshake_on_connect=False
        )
    connection.setblocking(False)
    made = LightSocket(connection)
    await made.shake_hands()
    await made.switch(parts.netloc, parts.path)
    return made
