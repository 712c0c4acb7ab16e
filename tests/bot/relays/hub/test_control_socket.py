"""The control socket takes its path over from an earlier hub, and from nothing else; long answers fit."""

import asyncio
import socket
from pathlib import Path
from unittest.mock import Mock

import pytest

from bot.errors import UsageError
from bot.relays.hub import control_connections
from bot.relays.hub.control_socket import FOREIGN, ControlSocket, ForeignHubError, clear, controlled
from bot.relays.hub.hub import Hub
from bot.relays.hub.messages import RelayStatus
from bot.storage.relay_registry import RelayRegistry
from probes.protocol.model import USER_NETWORK
from tests.owners import give_to_another, listen_as_another


def test_the_socket_of_an_earlier_hub_goes(tmp_path: Path) -> None:
    path = tmp_path / "hub.sock"
    with socket.socket(socket.AF_UNIX) as earlier:
        earlier.bind(str(path))
    clear(path)
    assert not path.exists()


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_anything_else_stays(tmp_path: Path, kind: str) -> None:
    path, precious = tmp_path / "there", tmp_path / "precious.txt"
    precious.write_text("precious", "utf-8")
    match kind:
        case "file":
            path.write_text("precious", "utf-8")
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to(precious)
    with pytest.raises(UsageError, match=r"there is not a socket, so Lineman did not replace it"):
        clear(path)
    assert path.exists()
    assert precious.read_text("utf-8") == "precious"


def test_what_cannot_be_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user's socket in a folder like /tmp gives a sentence."""
    monkeypatch.setattr(Path, "unlink", Mock(side_effect=PermissionError(1, "Operation not permitted")))
    with pytest.raises(
        UsageError, match=r"cannot be replaced: Operation not permitted\. Choose another path"
    ):
        clear(tmp_path / "hub.sock")


async def test_socket_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets no plan, and the user learns whose it is."""
    path = tmp_path / "hub.sock"
    with socket.socket(socket.AF_UNIX) as squatter:
        squatter.bind(str(path))
        give_to_another(path, monkeypatch)
        listen_as_another(squatter, monkeypatch)
        client = ControlSocket(path)
        with pytest.raises(ForeignHubError):
            await client.hub()
        assert client.unanswered == FOREIGN.format(path)
        squatter.settimeout(5)
        line, _ = squatter.accept()
        reader, writer = await asyncio.open_unix_connection(sock=line)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()


async def test_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that asks nothing is closed: it would hold a descriptor for ever."""
    monkeypatch.setattr(control_connections, "PATIENCE", 0.02)
    registry = RelayRegistry.open(tmp_path / "lineman.db")
    try:
        async with controlled(Hub(registry, ("hub.example",)), tmp_path / "hub.sock"), asyncio.timeout(5):
            reader, writer = await asyncio.open_unix_connection(tmp_path / "hub.sock")
            assert await reader.read() == b""
            writer.close()
    finally:
        await registry.close()


async def test_stop_while_a_connection_is_open(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The hub closes it, and logs nothing."""
    registry = RelayRegistry.open(tmp_path / "lineman.db")
    async with asyncio.timeout(5):
        async with controlled(Hub(registry, ("hub.example",)), tmp_path / "hub.sock") as connections:
            reader, writer = await asyncio.open_unix_connection(tmp_path / "hub.sock")
            while not connections._all:  # noqa: ASYNC110 - until it is accepted, which has no event
                await asyncio.sleep(0)
        assert await reader.read() == b""
        writer.close()
        await registry.close()
    assert caplog.messages == []


async def test_list_of_many_relays(tmp_path: Path) -> None:
    """The list of 3,000 relays fits, although it is longer than any line that the hub accepts."""
    registry = RelayRegistry.open(tmp_path / "lineman.db")
    hub = Hub(registry, ("hub.example",))
    names = [f"relay-{number}" for number in range(3_000)]
    many = tuple(RelayStatus(name, "k" * 44, "s" * 44, USER_NETWORK, True, True, 1.0) for name in names)

    async def relays() -> tuple[RelayStatus, ...]:
        return many

    hub.relays = relays  # type: ignore[method-assign]  # enrolling them takes longer than the rest
    try:
        async with controlled(hub, tmp_path / "hub.sock"):
            assert await ControlSocket(tmp_path / "hub.sock").relays() == many
    finally:
        await registry.close()
