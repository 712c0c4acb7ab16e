"""The hub's control socket: other processes run plans through it. Only the owner may open the file.

Each connection carries one job or one question, as lines of JSON; closing it cancels the job.
"""

import asyncio
import socket
import struct
from asyncio import StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from bot.errors import UsageError
from bot.relays.hub.accept import accepting
from bot.relays.hub.control_connections import ControlConnections
from bot.relays.hub.hub import Hub
from bot.relays.hub.remote_hub import HubUnreachableError, RemoteHub
from probes.protocol.file_owner import is_foreign

BACKLOG: Final = 4_096  # connections that wait to be accepted; further ones are refused at once
_CREDENTIALS: Final = struct.Struct("3i")  # process, user, and group, as in unix(7)
FOREIGN: Final = (
    "The control socket {} belongs to another user. Set LINEMAN_HUB_SOCKET to the one of your hub."
)
LONGEST_ANSWER: Final = 32 * 1024 * 1024  # the list of all relays; one relay takes about 400 bytes


class ForeignHubError(HubUnreachableError):
    """The process that listens is another user's."""


@asynccontextmanager
async def controlled(hub: Hub, path: Path) -> AsyncIterator[ControlConnections]:
    """Serve *hub* on the socket file *path*; `UsageError` if another hub already does."""
    with suppress(OSError):
        _, writer = await asyncio.open_unix_connection(path)
        writer.close()
        raise UsageError(f"Another hub is already using {path}.")
    try:
        listener = listen_on(path)
    except OSError as error:
        raise UsageError(f"The control socket {path} cannot be created: {error.strerror}.") from error
    narrow(path)
    connections = ControlConnections(hub)
    try:
        with listener:
            async with accepting(listener, connections.make_protocol, None, connections.silent):
                yield connections
    finally:
        await connections.end()
        with suppress(UsageError):  # something else took the path in between
            clear(path)


def listen_on(path: Path) -> socket.socket:
    """Listen on the socket file *path* in place of an earlier hub; OSError, and UsageError as `clear`."""
    clear(path)
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(path))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


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
