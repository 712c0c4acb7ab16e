"""The hub's control socket: other processes run plans through it. Only the owner may open the file.

Each connection carries one job or one question, as lines of JSON; closing it cancels the job.
"""

import asyncio
import logging
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from bot.errors import UsageError
from bot.logs import LogThrottle
from bot.relays.hub.answers import answer_line
from bot.relays.hub.hub import Hub
from bot.relays.hub.messages import LONGEST_LINE
from bot.relays.hub.remote_hub import HubUnreachableError, RemoteHub
from probes.protocol.file_owner import is_foreign
from probes.protocol.json_fields import WireError

log: Final = logging.getLogger(__name__)

BACKLOG: Final = 4_096  # connections that wait to be accepted; further ones are refused at once
PATIENCE: Final = 10.0  # seconds for the question
_CREDENTIALS: Final = struct.Struct("3i")  # process, user, and group, as in unix(7)
FOREIGN: Final = (
    "The control socket {} belongs to another user. Set LINEMAN_HUB_SOCKET to the one of your hub."
)
LONGEST_ANSWER: Final = 32 * 1024 * 1024  # the list of all relays; one relay takes about 400 bytes


class ForeignHubError(HubUnreachableError):
    """The process that listens is another user's."""


@asynccontextmanager
async def controlled(hub: Hub, path: Path) -> AsyncIterator[None]:
    """Serve *hub* on the socket file *path*; `UsageError` if another hub already does."""
    with suppress(OSError):
        _, writer = await asyncio.open_unix_connection(path)
        writer.close()
        raise UsageError(f"Another hub is already using {path}.")
    clear(path)
    talks: set[asyncio.Task[None]] = set()
    throttle = LogThrottle(log)

    async def talk(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        talks.add(task)
        try:
            await _talk(hub, reader, writer)
        except TimeoutError:
            throttle.warn("closed control-socket connections that asked nothing")
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
    try:
        path.unlink(missing_ok=True)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:  # another user's, perhaps
        raise UsageError(
            f"The socket {path} cannot be replaced: {error.strerror}. Choose another path for the socket."
        ) from error


def narrow(path: Path) -> None:
    """Restrict the socket file to its owner."""
    path.chmod(0o600)


async def _talk(hub: Hub, reader: StreamReader, writer: StreamWriter) -> None:
    """Answer one line; a closed connection cancels the rest of the answer."""
    async with asyncio.timeout(PATIENCE):
        line = await reader.readline()
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
            await writer.drain()


class ControlSocket(RemoteHub):
    """The hub of this machine, through its control socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def may_answer(self) -> bool:
        """Whether the socket file is there."""
        return self._path.exists()

    @property
    def unanswered(self) -> str:
        """As above, and whose socket it is."""
        return FOREIGN.format(self._path) if self._is_foreign else super().unanswered

    @property
    def _is_foreign(self) -> bool:
        with suppress(OSError):
            return is_foreign(self._path.stat().st_uid)
        return False

    @asynccontextmanager
    async def talk(self, line: str, relay: str = "") -> AsyncIterator[AsyncIterator[bytes]]:
        """Send *line* over a connection of its own."""
        reader, writer = await asyncio.open_unix_connection(self._path, limit=LONGEST_ANSWER)
        try:
            _check_owner(writer)
            writer.write(line.encode() + b"\n")
            yield reader
        finally:
            writer.close()


def _check_owner(writer: StreamWriter) -> None:
    """Raise `ForeignHubError` if the process that listens is another user's: it would get the plans."""
    if not hasattr(socket, "SO_PEERCRED"):  # another system than Linux
        return
    line = writer.get_extra_info("socket")
    _, user, _ = _CREDENTIALS.unpack(
        line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    )
    if is_foreign(user):
        raise ForeignHubError("the control socket belongs to another user")
