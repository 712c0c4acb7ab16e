"""A WebSocket client that costs little: thousands of them share a machine with the hub that is measured."""

import asyncio
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
_TLS_BUFFER: Final = 16 * 1024  # bytes; asyncio takes 256 kB for each connection


class LightSocket(asyncio.Protocol):
    """Text messages in one frame each, as the hub sends them; anything else is an error."""

    def __init__(self) -> None:
        self._received = b""
        self._messages: deque[str] = deque()
        self._is_switched = self._is_over = False
        self._waiter: asyncio.Future[None] | None = None

    async def send_str(self, text: str) -> None:
        data = text.encode()
        size = len(data)
        length = bytes((_MASKED | size,)) if size < 126 else bytes((_MASKED | 126,)) + size.to_bytes(2, "big")
        self._transport.write(bytes((_TEXT,)) + length + _MASK + data)

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

    async def switch(self, host: str, path: str) -> None:
        """Ask for the WebSocket, and wait for it."""
        request = upgrade(host, path, new_key(), {"Sec-WebSocket-Protocol": SUBPROTOCOL})
        self._transport.write(request)
        while not self._is_switched:
            if self._is_over:
                raise ConnectionResetError
            await self._wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
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

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over = True
        self._wake()

    def _next_frame(self) -> str | None:
        """Take the text of the next frame, once it is complete."""
        received = self._received
        if len(received) < 4:
            return None
        start, size = 2, received[1]
        if received[0] == _CLOSE:
            self._transport.close()
            return None
        assert received[0] == _TEXT, received[:10]
        assert size <= 126, size  # else it is longer than 64 kB
        if size == 126:
            start, size = 4, int.from_bytes(received[2:4], "big")
        if len(received) < start + size:
            return None
        self._received = received[start + size :]
        return received[start : start + size].decode()

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)


async def connect(url: str, context: ssl.SSLContext | None) -> LightSocket:
    """Connect to a hub."""
    parts = urlsplit(url)
    asyncio.sslproto.SSLProtocol.max_size = _TLS_BUFFER  # type: ignore[attr-defined]  # its own, not typed
    _, socket = await asyncio.get_running_loop().create_connection(
        LightSocket,
        parts.hostname,
        parts.port,
        ssl=context,
        server_hostname=parts.hostname if context else None,
    )
    await socket.switch(parts.netloc, parts.path)
    return socket
