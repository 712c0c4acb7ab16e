"""The control socket takes its path over from an earlier hub, and from nothing else."""

import socket
from pathlib import Path

import pytest

from bot.errors import UsageError
from bot.relays.hub.control_socket import clear


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
