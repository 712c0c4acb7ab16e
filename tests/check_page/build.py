"""Builds the page of a check link: `python -m tests.check_page.build` writes bot/check_link/built.

esbuild and TypeScript come from the npm registry, with the hashes of the lock: see tests/slack/tools.py.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.slack import tools

ROOM: Final = "check_page"
SOURCE: Final = tools.ROOMS[ROOM]
BUILT: Final = tools.ROOT / "bot/check_link/built"
MODULES: Final = tools.BUILD / ROOM / "node_modules"


def build(folder: Path) -> None:
    """Bundle the page into *folder*."""
    environment = os.environ | {"NODE_MODULES": str(MODULES)}
    subprocess.run([str(tools.NODE), "build.mjs", str(folder)], cwd=SOURCE, check=True, env=environment)


def check_types() -> str:
    """What the strict compiler says of the sources; empty if nothing."""
    compiler = MODULES / "typescript/bin/tsc"
    done = subprocess.run(
        [str(tools.NODE), str(compiler), "-p", "."], cwd=SOURCE, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


if __name__ == "__main__":
    tools.install(ROOM)
    build(BUILT)
    sys.exit(check_types() or None)
