"""`make run` is quiet when Lineman gave an answer, whatever the answer is."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("ends_with", "make_ends_with"),
    [(0, 0), (1, 0), (3, 0), (2, 2), (130, 2)],
)
def test_answers_are_no_error_of_make(tmp_path: Path, ends_with: int, make_ends_with: int) -> None:
    """Exit codes 0, 1 and 3 are answers; after a usage error or Ctrl-C make fails, too."""
    program = tmp_path / "bin" / "lineman"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "asked for $*"\nexit {ends_with}\n')
    for file in (program, tmp_path / "bin" / "python", tmp_path / "run.stamp"):
        file.touch(mode=0o755)
        file.chmod(0o755)
    command = ["make", "--no-print-directory", "run", f"VENV={tmp_path}", "ARGS=diagnose 31009"]
    # The gate runs below make, whose flags and job server are not this make's.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (make_ends_with, "asked for diagnose 31009\n")
    assert bool(ran.stderr) == bool(make_ends_with)
