"""Give the tests folders of their own for what Lineman stores of a user, and let them match by words alone."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

FOLDERS: Final = ("XDG_STATE_HOME", "XDG_CONFIG_HOME")
PREFIX: Final = "lineman-tests-"
_made: list[Path] = []


def pytest_configure() -> None:
    """Name temporary folders in the environment, before any test module reads it."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    _made.append(folder)
    os.environ.update({name: str(folder / name.lower()) for name in FOLDERS})
    os.environ["LINEMAN_VECTORS"] = "off"


def pytest_unconfigure() -> None:
    """Delete them."""
    while _made:
        shutil.rmtree(_made.pop(), ignore_errors=True)
