"""The hub's end of the control socket: answer each connection, and limit how many there are and how long they wait."""

import asyncio
import logging
from asyncio import StreamReader, StreamWriter
from contextlib import aclosing, suppress
from typing import Final

from bot.connection_limits import most_connections
from bot.logs import LogThrottle
from bot.relays.hub.accept import WaitingRoom
from bot.relays.hub.answers import answer_line, refusal_line
from bot.relays.hub.hub import Hub
from bot.relays.hub.messages import LONGEST_LINE
from probes.protocol.json_fields import WireError

log: Final = logging.getLogger(__name__)

PATIENCE: Final = 10.0  # seconds for the question
UNREAD: Final = 20.0  # seconds for each part of the answer to be read
# So many requests may be in progress, and so many connections may have asked nothing: 1/PART of the descriptors each.
PART: Final = 8
BUSY: Final = "the hub already has {} requests in progress, which is the maximum"


class ControlConnections:
    """The connections to the control socket, limited in number and time: relays need descriptors, too.

    Of those that have asked nothing, a new one takes the place of the oldest. Requests beyond the limit are refused.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub, self.most = hub, most_connections(PART)
        self.silent = WaitingRoom(self.most, self.most, None, "control-socket connections")
        self.requests: set[asyncio.Task[None]] = set()  # in progress
        self._all: set[asyncio.Task[None]] = set()
        self._throttle = LogThrottle(log)

    def make_protocol(self) -> asyncio.Protocol:
        """Serve one more connection."""
        return asyncio.StreamReaderProtocol(StreamReader(limit=LONGEST_LINE), self._begin)

    async def end(self) -> None:
        """Close all connections."""
        for task in tuple(self._all):
            task.cancel()
        await asyncio.gather(*self._all, return_exceptions=True)

    def _begin(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.create_task(
            self._serve(reader, writer)
        )  # asyncio's own logs a traceback when it is canceled
        self._all.add(task)
        task.add_done_callback(self._all.discard)
        task.add_done_callback(self.requests.discard)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                line = await reader.readline()
            self.silent.leave_by(writer.transport)
            if line:
                await self._answer(line, reader, writer)
        except TimeoutError:
            self._throttle.warn("closed control-socket connections that asked nothing, or read no answer")
            writer.transport.abort()
        except (OSError, WireError, ValueError) as error:
            log.info("closed a control-socket connection: %s", error)
        finally:
            writer.close()

    async def _answer(self, line: bytes, reader: StreamReader, writer: StreamWriter) -> None:
        """Answer one line, or refuse it, until everything is read."""
        if len(self.requests) >= self.most:
            self._throttle.warn(f"refused requests on the control socket: {self.most} were in progress")
            writer.write(refusal_line(line, BUSY.format(self.most)).encode() + b"\n")
        else:
            task = asyncio.current_task()
            assert task
            self.requests.add(task)
            await _talk(self._hub, line, reader, writer)
        writer.close()
        async with asyncio.timeout(UNREAD):
            with suppress(ConnectionError):
                await writer.wait_closed()


async def _talk(hub: Hub, line: bytes, reader: StreamReader, writer: StreamWriter) -> None:
    """Answer one line; a closed connection cancels the rest of the answer."""
    gone = asyncio.create_task(_until_closed(reader))
    work = asyncio.create_task(_pass_on(hub, line, writer))
    try:
        await asyncio.wait((gone, work), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (gone, work):
            task.cancel()
        _, failed = await asyncio.gather(gone, work, return_exceptions=True)
    if isinstance(failed, Exception):
        raise failed


async def _until_closed(reader: StreamReader) -> None:
    """Drop what comes until the other side closes the connection."""
    while await reader.read(LONGEST_LINE):
        pass


async def _pass_on(hub: Hub, line: bytes, writer: StreamWriter) -> None:
    async with aclosing(answer_line(hub, line)) as texts:
        async for text in texts:
            writer.write(text.encode() + b"\n")
            async with asyncio.timeout(UNREAD):
                await writer.drain()
