"""What a relay takes from a WebSocket server: texts, whole or in pieces, and an error for all that no hub sends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Event

from probes.relay.websocket import FrameError, WebSocket

MOST = 70_000
NORMAL = b"\x03\xe8"  # 1000, of a close frame


def frame(opcode: int, payload: bytes, *, last: bool = True, flags: int = 0) -> bytes:
    """A frame as a server writes it (RFC 6455 5.2)."""
    first = (0x80 if last else 0) | flags | opcode
    if len(payload) < 126:
        return bytes((first, len(payload))) + payload
    if len(payload) < 65_536:
        return bytes((first, 126)) + len(payload).to_bytes(2, "big") + payload
    return bytes((first, 127)) + len(payload).to_bytes(8, "big") + payload


@asynccontextmanager
async def hearing(*sent: bytes, then: str = "") -> AsyncIterator[tuple[WebSocket, list[bytes]]]:
    """A client of a server that sends these bytes, reads what arrives, and closes after it, or at once for "close"."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            for piece in sent:
                writer.write(piece)
                await writer.drain()
            while then != "close" and (received := await reader.read(1_000)):
                heard.append(received)
                if b"\x88\x82" in received:  # a close frame: close as the protocol requires
                    break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        socket = WebSocket(*await asyncio.open_connection(*server.sockets[0].getsockname()), MOST)
        yield socket, heard
        await socket.close()


def said(received: bytes) -> list[Event]:
    """What a server reads out of *received*."""
    server = Connection(ConnectionType.SERVER)
    server.receive_data(received)
    return list(server.events())


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, MOST])
async def test_texts_of_every_length_are_heard(size: int) -> None:
    """Every encoding of a length is read, up to the longest message, and several messages in a row."""
    async with hearing(frame(1, b"x" * size) * 2) as (socket, _):
        assert [await socket.receive(), await socket.receive()] == ["x" * size] * 2


@pytest.mark.parametrize(
    "junk",
    [
        b"\x83\x00",  # a kind that there is not
        frame(1, b"x", flags=0x40),  # an extension
        b"\x81\x81\x00\x00\x00\x00x",  # masked, which is the client's to do
        frame(9, b"x" * 126),
        frame(9, b"", last=False),
        frame(8, b"x"),
        frame(8, (1006).to_bytes(2, "big")),  # a code that is not valid in a frame
        b"\x81\x7f" + b"\xff" * 8,
        frame(0, b"the end of nothing"),
        frame(1, b"a", last=False) + frame(1, b"another one in its midst"),
        frame(1, b"\xff\xfe"),
    ],
)
async def test_what_no_server_may_send_is_refused(junk: bytes) -> None:
    """Each breach of the protocol is an error at once, and not the end of the conversation in due form."""
    async with hearing(junk) as (socket, _):
        with pytest.raises(FrameError, match="not a WebSocket frame"):
            await socket.receive()


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (frame(2, b"binary"), "not text"),
        (frame(1, b"x" * (MOST + 1)), "a message that is too long"),
        (b"\x81\x7f" + (1 << 40).to_bytes(8, "big") + b"x" * 2 * MOST, "a message that is too long"),
        (frame(1, "ü".encode() * (MOST // 2 + 1)), "a message that is too long"),  # bytes, not letters
        (frame(1, b"x" * 60_000, last=False) + frame(0, b"x" * 60_000), "a message that is too long"),
        (frame(1, b"", last=False) + frame(0, b"", last=False) * 2_000, "too many pieces"),
        (frame(9, b"") * 2_000, "too many pieces"),
        (frame(10, b"") * 2_000, "too many pieces"),
    ],
)
async def test_messages_that_a_hub_does_not_send(sent: bytes, why: str) -> None:
    """Binary, too long a message of any announced length, endless fragments or pings: an error, not a wait."""
    async with hearing(sent) as (socket, _):
        with pytest.raises(FrameError, match=why):
            await socket.receive()


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_junk_is_texts_or_an_error(junk: bytes) -> None:
    """No bytes make the reader fail in another way, or use more memory than they have."""

    async def hear() -> None:
        async with hearing(junk, then="close") as (socket, _):
            with suppress(FrameError, EOFError, ConnectionError):
                while (text := await socket.receive()) is not None:
                    assert len(text) <= len(junk)

    asyncio.run(hear())


async def test_message_in_pieces_with_a_ping_between() -> None:
    """Pieces make one text, and a ping in their midst is answered with what it held."""
    pieces = (frame(1, b"some", last=False), frame(9, b"there?"), frame(0, b"thing"), frame(8, NORMAL))
    async with hearing(*pieces) as (socket, heard):
        assert await socket.receive() == "something"
        assert await socket.receive() is None
    pong, goodbye = said(b"".join(heard))
    assert getattr(pong, "payload", None) == b"there?"
    assert goodbye == CloseConnection(1000, "")


async def test_long_frame_that_comes_in_many_reads_is_one() -> None:
    """A slow line does not make many pieces of one frame."""
    async with hearing() as (socket, _):
        waiting = asyncio.create_task(socket.receive())
        for byte in frame(1, b"x" * 3_000):
            socket._reader.feed_data(bytes((byte,)))
            await asyncio.sleep(0)
        assert await waiting == "x" * 3_000


async def test_reading_goes_on_where_it_was_cancelled() -> None:
    """A read that is cancelled in the middle of a message loses nothing of it."""
    async with hearing(frame(1, b"half", last=False) + frame(0, b"whole")[:3]) as (socket, _):
        waiting = asyncio.create_task(socket.receive())
        while len(socket._pieces) < 2:  # noqa: ASYNC110 - until all that was sent has come
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        socket._reader.feed_data(b"hole")  # what would have come next
        assert await socket.receive() == "halfwhole"


async def test_goodbye_is_said_once() -> None:
    """Closing sends one close frame, even if called twice, and nothing can be sent after it."""
    async with hearing(frame(1, b"hello")) as (socket, heard):
        assert await socket.receive() == "hello"
        await socket.close()
        await socket.close()
        with pytest.raises(BrokenPipeError):
            await socket.send("too late")
    assert said(b"".join(heard)) == [CloseConnection(1000, "")]
