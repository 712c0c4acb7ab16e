"""Another user's files, for tests that run as root and for others."""

import os
import socket
from pathlib import Path
from typing import Final

import pytest

US: Final = 23_456  # the user that the code takes itself for
OWNER: Final = 12_345  # whom root gives files to


def give_to_another(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let *path* belong to another user than this process: root gives it away, others change who they seem to be."""
    if os.getuid() == 0:
        os.chown(path, OWNER, -1)
    monkeypatch.setattr(os, "geteuid", lambda: US)


def listen_as_another(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for a socket that listens: the kernel notes who asked for that."""
    if os.getuid() == 0:
        os.seteuid(OWNER)
    try:
        listener.listen()
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
    monkeypatch.setattr(os, "geteuid", lambda: US)
