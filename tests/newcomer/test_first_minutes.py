"""The tours of docs/first-minutes.md, typed as they are written in a fresh clone."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.environment import unmeasured
from tests.newcomer.tree_copy import ROOT

PAGE: Final = (ROOT / "docs/first-minutes.md").read_text("utf-8")
TOURS: Final = ("A support agent", "A network engineer")
SET_UP: Final = "make run ARGS=version"
# What each command prints, and how it may end; a diagnosis has no network here, which is one of its causes.
PRINTS: Final = {
    SET_UP: ("lineman ", 0),
    "read docs/examples/customer.txt": ("53405", 0),
    'ask "what does 53405 mean?"': ("[1] Error 31003: https://", 0),
    "diagnose 53405 ios": ("\nBlocked: This host has no internet access", 0),
    'ask "where do I see the SDK version?"': ("Podfile.lock", 0),
    "again": ("\nStill failing. ", 0),
    "history": (" 53405 ios  from local", 0),
    "diagnose 31009 ios --vantage user-network --details": ("\nRuled out\n", 0),
    "diagnose 31009 ios --vantage user-network --json": ('"outcome": "found"', 0),
    "allowlist ios": ("out  TCP 443          ers.twilio.com", 0),
    "preflight --on-device docs/examples/openssl.txt": ("Blocked: TLS is intercepted", 0),
    "knowledge tree 31009": ("media-udp", 0),
}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what a clone has after its first command: the Makefile, the documentation, and .venv."""
    folder = tmp_path_factory.mktemp("clone")
    for part in ("Makefile", "pyproject.toml", "requirements", "docs"):
        (folder / part).symlink_to(ROOT / part)
    (folder / ".venv").mkdir()
    (folder / ".venv/bin").symlink_to(Path(sys.executable).parent)
    (folder / ".venv/run.stamp").touch()
    return folder


def commands(tour: str) -> Iterator[str]:
    """The commands of *tour*, in the order of the page."""
    part = re.search(rf"^## {tour}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert part
    for block in re.findall(r"^ *```\n(.*?)^ *```$", part[1], re.MULTILINE | re.DOTALL):
        yield from map(str.strip, block.splitlines())


@pytest.mark.root
@pytest.mark.skipif(os.getuid() != 0 or not shutil.which("unshare"), reason="needs a network of its own")
@pytest.mark.parametrize("tour", TOURS)
def test_each_step_works_as_written(tour: str, clone: Path) -> None:
    """Every command prints what it should, nothing on stderr, and ends with its exit code."""
    typed = list(commands(tour))
    assert typed[0] == SET_UP
    assert len(typed) > 5
    environment = {
        name: value
        for name, value in unmeasured().items()
        if not name.startswith(("MAKE", "MFLAGS", "LINEMAN_"))
    } | {"LINEMAN_DATABASE": str(clone / f"{tour.split()[1]}.db")}
    for command in typed:
        words, code = next(expected for part, expected in PRINTS.items() if part in command)
        ran = subprocess.run(
            ["unshare", "--net", "sh", "-c", command],
            cwd=clone,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (ran.returncode, ran.stderr) == (code, ""), command
        assert words in ran.stdout, f"{command}:\n{ran.stdout}"
