"""The hub's control socket: how a diagnosis in another process reaches it. Its owner alone may open the file.

One job or one question for each connection, a line of JSON each; closing it cancels what runs.
"""

import asyncio
import logging
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bot.errors import UsageError
from bot.relays.hub.hub import Hub
from bot.relays.hub.in_flight import is_last
from bot.relays.hub.messages import (
    LONGEST_LINE,
    HubEvent,
    HubJob,
    PlanLost,
    RelayStatus,
    job_line,
    read_job,
    read_reply,
    read_status,
    reply_line,
    status_json,
)
from probes.protocol import json_codec
from probes.protocol.json_fields import Fields, WireError
from probes.protocol.messages import ObservationMessage

log: Final = logging.getLogger(__name__)

BACK: Final = 10.0  # seconds that a diagnosis waits for a hub that went away in the middle
BACKLOG: Final = 4_096  # askers that wait to be accepted; one more would be turned away at once
RETRY: Final = 0.2  # seconds between two tries


@asynccontextmanager
async def controlled(hub: Hub, path: Path) -> AsyncIterator[None]:
    """Serve *hub* on the socket file *path*; `UsageError` when another hub does so already."""
    with suppress(OSError):
        _, writer = await asyncio.open_unix_connection(path)
        writer.close()
        raise UsageError(f"Another hub serves {path} already.")
    clear(path)
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        talks.add(task)
        try:
            await _talk(hub, reader, writer)
        except (OSError, WireError, ValueError) as error:
            log.info("a talk on the control socket ended: %s", error)
        finally:
            talks.discard(task)
            writer.close()

    try:
        server = await asyncio.start_unix_server(talk, path, limit=LONGEST_LINE, backlog=BACKLOG)
    except OSError as error:
        raise UsageError(f"The control socket {path} cannot be made: {error.strerror}.") from error
    narrow(path)
    try:
        yield
    finally:
        server.close()
        for task in tuple(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        clear(path)


def clear(path: Path) -> None:
    """Remove the socket file that an earlier hub left, and make the folder it stands in."""
    path.unlink(missing_ok=True)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def narrow(path: Path) -> None:
    """Let nobody but the owner connect."""
    path.chmod(0o600)


async def _talk(hub: Hub, reader: StreamReader, writer: StreamWriter) -> None:
    fields = Fields(json_codec.load(await reader.readline()), "control")
    match fields.text("op"):
        case "relays":
            relays = [status_json(status) for status in await hub.relays()]
            writer.write(json_codec.dump({"relays": relays}).encode() + b"\n")
            await writer.drain()
        case "relay":
            relay_status = await hub.relay(fields.text("name"))
            writer.write(
                json_codec.dump({"relay": status_json(relay_status) if relay_status else None}).encode()
                + b"\n"
            )
            await writer.drain()
        case "run":
            await _run(hub, read_job(fields), reader, writer)


async def _run(hub: Hub, job: HubJob, reader: StreamReader, writer: StreamWriter) -> None:
    """Write what becomes of *job*; when the other side closes, nobody needs the rest."""
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


class ControlSocket:
    """The hub of another process, through its control socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def relays(self) -> tuple[RelayStatus, ...]:
        """List every relay; OSError when no hub is there."""
        answer = await self._answer({"op": "relays"})
        return tuple(read_status(item) for item in answer["relays"])

    async def relay(self, name: str) -> RelayStatus | None:
        """Tell how one relay is; OSError when no hub is there."""
        item = (await self._answer({"op": "relay", "name": name}))["relay"]
        return read_status(item) if item else None

    async def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        async with self._connected() as (reader, writer):
            writer.write(json_codec.dump(question).encode() + b"\n")
            answer: dict[str, Any] = json_codec.load(await reader.readline())
        return answer

    def run(self, job: HubJob) -> AbstractAsyncContextManager[AsyncIterator[HubEvent]]:
        """Have *job* run; a hub that goes away and comes back is asked for the rest, never for all again."""
        return aclosing(self._events(job))

    async def _events(self, job: HubJob) -> AsyncGenerator[HubEvent, None]:
        asked, gone, clock = job, None, asyncio.get_running_loop().time
        while gone is None or clock() < gone + BACK:
            with suppress(OSError, EOFError):
                async with self._connected() as (reader, writer):
                    writer.write(job_line(asked).encode() + b"\n")
                    # From here on the hub may have it: after a break only the rest is asked for.
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
        yield PlanLost(job.plan, "the hub went away in the middle, and did not come back in time")

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
        reader, writer = await asyncio.open_unix_connection(self._path, limit=LONGEST_LINE)
        try:
            yield reader, writer
        finally:
            writer.close()
