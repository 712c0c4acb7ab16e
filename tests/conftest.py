"""Give the tests folders of their own for what Lineman stores of a user, let them match by words alone, and measure
no coverage in those that are marked `unmeasured`: in them, it takes two thirds of the time."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import coverage
import pytest

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Run a test, its fixtures included, with or without coverage."""
    measuring = coverage.Coverage.current()
    if measuring and item.get_closest_marker("unmeasured"):
        with _paused(measuring):
            return (yield)
    return (yield)


@contextmanager
def _paused(measuring: coverage.Coverage) -> Iterator[None]:
    """Measure nothing in this process for the block, nor in those that it starts."""
    kept = {name: os.environ.pop(name) for name in tuple(os.environ) if name.startswith("COVERAGE_")}
    measuring.stop()
    try:
        yield
    finally:
        measuring.start()
        os.environ.update(kept)
