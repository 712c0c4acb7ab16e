"""A signaling gateway on port 443 that fails in one way: it rejects, closes, says nothing, or answers as it should."""

import asyncio
import base64
import hashlib
import json
import re
import ssl
import struct
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

Behavior: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

ADDRESS: Final = "127.0.0.9"
ASSETS: Final = "127.0.0.7"
SID: Final = "CA" + "0123456789abcdef" * 2
UNREACHABLE: Final = "203.0.113.7"  # nothing in the namespace leads there
_KEY: Final = re.compile(rb"sec-websocket-key: *(\S+)", re.IGNORECASE)
# A tenth of a second of silence, which every browser can decode.
_SAMPLES: Final = bytes(1600)
_SOUND: Final = (
    b"RIFF" + struct.pack("<I", 36 + len(_SAMPLES)) + b"WAVEfmt "
    + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + b"data" + struct.pack("<I", len(_SAMPLES)) + _SAMPLES
)  # fmt: skip
_FOUND: Final = (
    b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Headers: *\r\n"
    b"Access-Control-Allow-Private-Network: true\r\nConnection: close\r\n"
    b"Content-Type: audio/wav\r\nContent-Length: " + str(len(_SOUND)).encode() + b"\r\n\r\n"
)


async def start(behavior: Behavior, tls: ssl.SSLContext | None, address: str = ADDRESS) -> asyncio.Server:
    """Serve on port 443 in the way of *behavior*."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behavior(reader, writer)
        except* (OSError, EOFError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(answer, address, 443, ssl=tls)


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reset the connection before TLS."""
    writer.transport.abort()


async def forbid(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the upgrade with 403, as a web filter does."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 403 Forbidden\r\nServer: Gateway\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


async def close_after_101(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Open the WebSocket and drop the connection."""
    await _upgrade(reader, writer)


async def silent_after_101(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Open the WebSocket and say nothing."""
    if await _upgrade(reader, writer):
        await reader.read()


def refuse(code: int, message: str) -> Behavior:
    """Answer the first message with an error."""

    async def behavior(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await _upgrade(reader, writer):
            await _receive(reader)
            await _send(writer, "error", {"error": {"code": code, "message": message}})
            await reader.read()

    return behavior


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Register the client, and answer its call with a media address that nothing reaches."""
    if not await _upgrade(reader, writer):
        return
    async with asyncio.TaskGroup() as group:
        beating = group.create_task(_beat(writer))
        await _converse(reader, writer)
        beating.cancel()


async def _beat(writer: asyncio.StreamWriter) -> None:
    """Send the keep-alive that the SDK waits for."""
    while True:
        await asyncio.sleep(10)
        writer.write(b"\x81\x01\n")


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while message := await _receive(reader):
        match message.get("type"):
            case "listen":
                await _send(writer, "connected", {"region": "us1", "edge": "ashburn"})
            case "register":
                await _send(writer, "ready", {})
            case "invite":
                own = message["payload"]
                call = {"callsid": SID, "tempCallSid": own.get("callsid")}
                await _send(writer, "ringing", {"callsid": SID, "sdp": ""})
                await _send(writer, "answer", {**call, "sdp": _answer(own["sdp"])})


def _answer(offer: str) -> str:
    """Turn an offer into an answer whose only candidate is unreachable."""
    kept = [
        line
        for line in offer.splitlines()
        if not line.startswith(("a=candidate", "a=ssrc", "a=msid", "a=extmap"))
    ]
    text = "\r\n".join(kept)
    text = re.sub(r"a=ice-ufrag:\S+", "a=ice-ufrag:abcd", text)
    text = re.sub(r"a=ice-pwd:\S+", "a=ice-pwd:abcdefghijklmnopqrstuvwx", text)
    text = re.sub(r"a=setup:\S+", "a=setup:passive", text)
    text = re.sub(r"a=ice-options:\S+\r\n", "", text)
    candidate = f"a=candidate:1 1 udp 2130706431 {UNREACHABLE} 15000 typ host\r\na=end-of-candidates"
    return f"{text}\r\n{candidate}\r\n"


async def _upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Upgrade the request to a WebSocket; false after the answer to another request, such as a sound."""
    head = await reader.readuntil(b"\r\n\r\n")
    key = _KEY.search(head)
    if key is None:
        writer.write(_FOUND + _SOUND)
        await writer.drain()
        return False
    accept = base64.b64encode(hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + accept
        + b"\r\n\r\n"
    )
    await writer.drain()
    return True


async def _receive(reader: asyncio.StreamReader) -> dict[str, Any]:
    """Read one message of the client; {} for one that is no JSON object, such as a keep-alive."""
    _, second = await reader.readexactly(2)
    size = second & 127
    if size > 125:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
    mask = await reader.readexactly(4)
    masked = await reader.readexactly(size)
    text = bytes(byte ^ mask[place % 4] for place, byte in enumerate(masked))
    try:
        value = json.loads(text)
    except ValueError:
        return {"type": "other"}
    return value if isinstance(value, dict) else {"type": "other"}


async def _send(writer: asyncio.StreamWriter, kind: str, payload: dict[str, Any]) -> None:
    text = json.dumps({"type": kind, "version": "1.6", "payload": payload}).encode()
    size = bytes([len(text)]) if len(text) < 126 else bytes([126]) + len(text).to_bytes(2, "big")
    writer.write(b"\x81" + size + text)
    await writer.drain()
