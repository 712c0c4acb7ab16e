"""The emulator in its own process, and the shim in front of it."""

import socket
import subprocess
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from tests.emulator.shim import HOST, Shim, shim
from tests.slack.conftest import slack as slack
from tests.slack.tools import BUILD, NODE, missing

PROGRAM: Final = BUILD / "emulator" / "node_modules" / "emulate" / "dist" / "index.js"
START_LIMIT: Final = 30.0  # seconds; it takes one


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an emulator that runs until the session ends; skipped where it is not installed."""
    if why := missing("emulator"):
        pytest.skip(why)
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    words = [str(NODE), str(PROGRAM), "start", "--service", "slack", "--host", HOST, "--port", str(port)]
    log = tmp_path_factory.mktemp("emulator") / "log"
    seed = Path(__file__).with_name("seed.yaml")
    with log.open("wb") as out:
        process = subprocess.Popen([*words, "--seed", str(seed)], stdout=out, stderr=out, cwd=log.parent)
        try:
            _wait(f"http://{HOST}:{port}/", process, log)
            yield f"http://{HOST}:{port}"
        finally:
            process.kill()
            process.wait()


@pytest_asyncio.fixture
async def emulated(emulator: str) -> AsyncIterator[Shim]:
    async with shim(emulator) as made:
        yield made


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until it answers; whatever it says is in the error if it does not."""
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the emulator did not start:\n{log.read_text()}")
