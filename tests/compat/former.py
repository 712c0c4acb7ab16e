"""The code of the version before, taken from the repository's history, and processes that run it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
COMMIT: Final = "bb1f51e4c8c4690942125613399fcd3ea51ee353"  # the last commit before the packages
PACKAGES: Final = ("bot", "knowledge", "probes")
PATIENCE: Final = 60.0  # seconds

# Imports hub, app, and relay, and fails if any module of theirs comes from another folder than the folder named.
_ALL_FROM: Final = """
import sys
import bot.cli, bot.diagnose, bot.hub.serve, bot.slack.serve, probes.__main__
ours = [module for name, module in sys.modules.items() if name.partition(".")[0] in ("bot", "knowledge", "probes")]
strange = [module.__file__ for module in ours if module.__file__ and not module.__file__.startswith(sys.argv[1] + "/")]
assert not strange, strange
"""


@dataclass(frozen=True, slots=True)
class Former:
    """The former packages in a folder of their own."""

    path: Path

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """What a process of the former version needs; nothing of this checkout is on its path."""
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(self.path),
            "XDG_CACHE_HOME": str(self.path / "cache"),
            "LC_ALL": "C.UTF-8",
            **(more or {}),
        }

    def script(self, name: str, *words: str) -> list[str]:
        """The command that runs *name*, a script beside this file, with the former packages only."""
        return [sys.executable, "-P", str(Path(__file__).with_name(name)), *words]

    def ask(self, name: str, *words: str) -> Any:
        """Run a script, and read the JSON that it prints."""
        return json.loads(self.run(self.script(name, *words)).stdout)

    def check(self, folder: Path) -> None:
        """Fail unless whatever is imported here comes from *folder*."""
        self.run([sys.executable, "-P", "-c", _ALL_FROM, str(folder)])

    def run(
        self, argv: Sequence[str], more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command, which must succeed."""
        done = subprocess.run(
            argv,
            env=self.environment(more),
            cwd=self.path,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done


def take_out(folder: Path, root: Path = ROOT) -> Former:
    """Write the former packages into *folder*; skips where *root* is no clone with its history, and says why."""
    if not (root / ".git").exists():
        pytest.skip("the version before is in the repository's history, and this is no clone of it")
    archive = _git(root, "archive", COMMIT, *PACKAGES)
    if archive.returncode:
        if _git(root, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true":
            pytest.skip(f"{COMMIT[:7]} is beyond this shallow clone; `git fetch --unshallow` brings it")
        pytest.fail(f"{COMMIT[:7]} is not in the history: {archive.stderr.decode()}")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    former = Former(folder)
    former.run([sys.executable, "-P", "-m", "compileall", "-q", str(folder)])  # for all that start after it
    former.check(folder)
    return former


def _git(root: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *words], cwd=root, capture_output=True, check=False)
