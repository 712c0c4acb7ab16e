"""Compile the knowledge while Lineman is built, so that its first start is as quick as the later ones.

Named in pyproject.toml; pip runs it, for a wheel and for `pip install -e` alike.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from setuptools.command.build_py import build_py

ROOT: Final = Path(__file__).parents[1]


class BuildWithKnowledge(build_py):
    """Builds as ever, and puts the compiled knowledge beside its files."""

    def run(self) -> None:
        """Copy the packages, then compile; a mistake in the knowledge ends the build."""
        super().run()
        top = ROOT if self.editable_mode else Path(self.build_lib).resolve()
        command = [sys.executable, "-m", "knowledge.loading.build_cache", str(top / "knowledge" / "compiled")]
        subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - our own words, no shell
