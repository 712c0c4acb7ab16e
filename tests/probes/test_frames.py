"""WebSocket frames as a hub may send them: whole, in pieces, and such as no hub sends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.frames import NORMAL, Frame, FrameError, Opcode, Unpacker, masked, pack
from probes.web_socket import WebSocket

MOST = 70_000


def frame(opcode: int, payload: bytes, *, last: bool = True, flags: int = 0) -> bytes:
    """A frame as a server writes it (RFC 6455 5.2)."""
    first = (0x80 if last else 0) | flags | opcode
    if len(payload) < 126:
        return bytes((first, len(payload))) + payload
    if len(payload) < 65_536:
        return bytes((first, 126)) + len(payload).to_bytes(2, "big") + payload
    return bytes((first, 127)) + len(payload).to_bytes(8, "big") + payload


def unpacked(*pieces: bytes) -> list[Frame]:
    unpacker, frames = Unpacker(MOST), []
    for piece in pieces:
        unpacker.feed(piece)
        while found := unpacker.next():
            frames.append(found)
    return frames


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, MOST])
def test_frames_come_out_as_they_went_in(size: int) -> None:
    """Every way to write a size is read, and what is sent comes out again once the mask is off."""
    payload = bytes(range(256)) * (size // 256 + 1)
    assert unpacked(frame(2, payload[:size])) == [Frame(Opcode.BINARY, True, payload[:size])]
    sent = pack(Opcode.TEXT, payload[:size])
    head = len(sent) - size
    assert masked(sent[head:], sent[head - 4 : head]) == payload[:size]
    assert sent[1] & 0x80


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4), st.data())
@settings(deadline=None)
def test_where_the_stream_is_cut_does_not_matter(payloads: list[bytes], data: st.DataObject) -> None:
    """Frames are the same in whatever pieces they arrive."""
    stream = b"".join(frame(1, payload) for payload in payloads)
    cut = data.draw(st.integers(0, len(stream)))
    assert [one.payload for one in unpacked(stream[:cut], stream[cut:])] == payloads


@pytest.mark.parametrize(
    ("junk", "said"),
    [
        (b"\x83\x00", "that there is not"),
        (frame(1, b"x", flags=0x40), "not agreed on"),
        (b"\x81\x81\x00\x00\x00\x00x", "not agreed on"),  # masked, which is the client's to do
        (frame(9, b"x" * 126), "too long"),
        (frame(9, b"", last=False), "too long"),
        (frame(1, b"x" * (MOST + 1)), "more than a message may hold"),
        (b"\x81\x7f" + b"\xff" * 8, "more than a message may hold"),
    ],
)
def test_what_no_server_may_send_is_refused(junk: bytes, said: str) -> None:
    """Each breach of the protocol is an error at once, however much it announces to follow."""
    with pytest.raises(FrameError, match=said):
        unpacked(junk)


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_junk_is_frames_or_an_error(junk: bytes) -> None:
    """No bytes at all make the reader fail in another way."""
    with suppress(FrameError):
        assert sum(len(one.payload) for one in unpacked(junk)) <= len(junk)


@asynccontextmanager
async def hearing(*sent: bytes) -> AsyncIterator[tuple[WebSocket, list[bytes]]]:
    """A client of a server that sends these bytes, hears what comes, and hangs up with it."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in sent:
            writer.write(piece)
            await writer.drain()
        with suppress(ConnectionError):
            while received := await reader.read(1_000):
                heard.append(received)
                if b"\x88\x82" in received:  # a close frame: hang up as the protocol says
                    break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        socket = WebSocket(*await asyncio.open_connection(*server.sockets[0].getsockname()), MOST)
        yield socket, heard
        await socket.close()


async def test_message_in_pieces_with_a_ping_between() -> None:
    """Pieces make one text, and a ping in their midst is answered with what it held."""
    pieces = (frame(1, b"some", last=False), frame(9, b"there?"), frame(0, b"thing"), frame(8, NORMAL))
    async with hearing(*pieces) as (socket, _):
        assert await socket.receive() == "something"
        assert await socket.receive() is None


async def test_reading_goes_on_where_it_was_cancelled() -> None:
    """Whoever stops waiting in the middle of a message loses nothing of it."""
    async with hearing(frame(1, b"half", last=False) + frame(0, b"whole")[:3]) as (socket, _):
        waiting = asyncio.create_task(socket.receive())
        while not socket._frames._buffer:  # noqa: ASYNC110 - until all that was sent has come
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        socket._frames.feed(b"hole")  # what would have come next
        assert await socket.receive() == "halfwhole"


@pytest.mark.parametrize(
    "sent",
    [
        frame(2, b"binary"),
        frame(0, b"the end of nothing"),
        frame(1, b"a", last=False) + frame(1, b"another one in its midst"),
        frame(1, b"\xff\xfe"),
        (frame(1, b"x" * 60_000, last=False) + frame(0, b"x" * 60_000)),
        frame(1, b"", last=False) + frame(0, b"", last=False) * 2_000,
        frame(9, b"") * 2_000,
    ],
)
async def test_messages_that_a_hub_does_not_send(sent: bytes) -> None:
    """Binary, out of order, no text, too long, and pieces or pings without end: an error, and not a wait."""
    async with hearing(sent) as (socket, _):
        with pytest.raises(FrameError):
            await socket.receive()


async def test_goodbye_is_said_once() -> None:
    """Closing sends one close frame, however often it is asked for."""
    async with hearing(frame(1, b"hello")) as (socket, heard):
        assert await socket.receive() == "hello"
        await socket.close()
        await socket.close()
    (said,) = heard
    assert (said[:2].hex(), masked(said[6:], said[2:6])) == ("8882", NORMAL)
