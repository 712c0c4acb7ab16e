"""The hub's control socket: other processes run plans through it. Only the owner may open the file.

Each connection carries one job or one question, as lines of JSON; closing it cancels the job.
"""

import asyncio
import logging
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from msgspec import to_builtins
from msgspec.structs import replace

from bot.errors import UsageError
from bot.relays.hub.hub import Hub
from bot.relays.hub.in_flight import is_last
from bot.relays.hub.messages import (
    LONGEST_LINE,
    HubEvent,
    HubJob,
    HubQuestion,
    HubStatus,
    PlanLost,
    RelayQuestion,
    RelaysQuestion,
    RelayStatus,
    job_line,
    read_line,
    read_reply,
    read_status,
    reply_line,
    status_json,
)
from bot.storage.database import StoreError
from probes.protocol import json_codec
from probes.protocol.json_fields import WireError, read_json
from probes.protocol.messages import ObservationMessage

log: Final = logging.getLogger(__name__)

BACK: Final = 10.0  # seconds that a diagnosis waits for a hub that closed the connection
ANSWERS: Final = 5.0  # seconds that the hub has to say how it is doing
BACKLOG: Final = 4_096  # connections that wait to be accepted; further ones are refused at once
RETRY: Final = 0.2  # seconds between two attempts


@asynccontextmanager
async def controlled(hub: Hub, path: Path) -> AsyncIterator[None]:
    """Serve *hub* on the socket file *path*; `UsageError` if another hub already does."""
    with suppress(OSError):
        _, writer = await asyncio.open_unix_connection(path)
        writer.close()
        raise UsageError(f"Another hub is already using {path}.")
    clear(path)
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        talks.add(task)
        try:
            await _talk(hub, reader, writer)
        except StoreError as error:
            writer.write(json_codec.dump({"error": str(error)}).encode() + b"\n")
        except (OSError, WireError, ValueError) as error:
            log.info("closed a control-socket connection: %s", error)
        finally:
            talks.discard(task)
            writer.close()

    try:
        server = await asyncio.start_unix_server(talk, path, limit=LONGEST_LINE, backlog=BACKLOG)
    except OSError as error:
        raise UsageError(f"The control socket {path} cannot be created: {error.strerror}.") from error
    narrow(path)
    try:
        yield
    finally:
        server.close()
        for task in tuple(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        with suppress(UsageError):  # something else took the path in between
            clear(path)


def clear(path: Path) -> None:
    """Remove the socket file of an earlier hub, and create its folder. UsageError when something else is there."""
    if path.is_symlink() or (path.exists() and not path.is_socket()):
        raise UsageError(
            f"{path} is not a socket, so Lineman did not replace it. Choose another path for the socket."
        )
    path.unlink(missing_ok=True)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def narrow(path: Path) -> None:
    """Restrict the socket file to its owner."""
    path.chmod(0o600)


async def _talk(hub: Hub, reader: StreamReader, writer: StreamWriter) -> None:
    match read_line(await reader.readline()):
        case HubQuestion():
            writer.write(json_codec.dump({"hub": to_builtins(hub.status())}).encode() + b"\n")
            await writer.drain()
        case RelaysQuestion():
            relays = [status_json(status) for status in await hub.relays()]
            writer.write(json_codec.dump({"relays": relays}).encode() + b"\n")
            await writer.drain()
        case RelayQuestion(name=name):
            status = await hub.relay(name)
            answer = {"relay": status_json(status) if status else None}
            writer.write(json_codec.dump(answer).encode() + b"\n")
            await writer.drain()
        case HubJob() as job:
            await _run(hub, job, reader, writer)


async def _run(hub: Hub, job: HubJob, reader: StreamReader, writer: StreamWriter) -> None:
    """Run *job* and write its events; a closed connection cancels it."""
    gone = asyncio.create_task(reader.read())
    work = asyncio.create_task(_pass_on(hub, job, writer))
    try:
        await asyncio.wait((gone, work), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (gone, work):
            task.cancel()
        await asyncio.gather(gone, work, return_exceptions=True)


async def _pass_on(hub: Hub, job: HubJob, writer: StreamWriter) -> None:
    async with hub.run(job) as events:
        async for event in events:
            writer.write(reply_line(event).encode() + b"\n")
            await writer.drain()


class HubTroubleError(OSError):
    """The hub runs, and cannot answer now; the message says why, as part of a sentence."""


class ControlSocket:
    """Client for the hub of another process, through its control socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def hub(self) -> HubStatus:
        """Return the status of the hub; OSError if none answers in time, WireError from an older hub."""
        async with asyncio.timeout(ANSWERS):
            answer = await self._answer({"op": "hub"})
        return read_json(answer.get("hub"), HubStatus, "hub")

    async def relays(self) -> tuple[RelayStatus, ...]:
        """List every relay; OSError if no hub is running."""
        answer = await self._answer({"op": "relays"})
        return tuple(read_status(item) for item in answer["relays"])

    async def relay(self, name: str) -> RelayStatus | None:
        """Return the status of one relay, or None; OSError if no hub is running."""
        item = (await self._answer({"op": "relay", "name": name}))["relay"]
        return read_status(item) if item else None

    async def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        async with self._connected() as (reader, writer):
            writer.write(json_codec.dump(question).encode() + b"\n")
            answer: dict[str, Any] = json_codec.load(await reader.readline())
        if error := answer.get("error"):
            raise HubTroubleError(str(error))
        return answer

    def run(self, job: HubJob) -> AbstractAsyncContextManager[AsyncIterator[HubEvent]]:
        """Run *job*; after a lost connection, request only the remaining events, never the whole plan again."""
        return aclosing(self._events(job))

    async def _events(self, job: HubJob) -> AsyncGenerator[HubEvent, None]:
        asked, gone, clock = job, None, asyncio.get_running_loop().time
        while gone is None or clock() < gone + BACK:
            with suppress(OSError, EOFError):
                async with self._connected() as (reader, writer):
                    writer.write(job_line(asked).encode() + b"\n")
                    # The hub may have the job from here on: after a lost connection, request only the rest.
                    asked = replace(job, after=max(asked.after, 0))
                    while line := await reader.readline():
                        event = read_reply(line)
                        yield event
                        if is_last(event):
                            return
                        gone = None
                        if isinstance(event, ObservationMessage):
                            asked = replace(job, after=event.n)
            gone = gone or clock()
            await asyncio.sleep(RETRY)
        yield PlanLost(job.plan, "the connection to the hub was lost, and the hub did not return in time")

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
        reader, writer = await asyncio.open_unix_connection(self._path, limit=LONGEST_LINE)
        try:
            yield reader, writer
        finally:
            writer.close()
