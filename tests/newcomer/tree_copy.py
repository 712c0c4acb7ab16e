"""A copy of the tree in which files are added and the checks of a contributor run on the copy, not on the original."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.environment import unmeasured

ROOT = Path(__file__).parents[2]
PARTS = (
    "bot", "knowledge", "probes", "tests", "docs", "packaging",
    "CONTRIBUTING.md", "pyproject.toml", "manifest.json", "manifest.http.json",
)  # fmt: skip


@dataclass
class TreeCopy:
    """The copy in *folder*, and the paths of it that were written."""

    folder: Path
    touched: set[str] = field(default_factory=set)

    @classmethod
    def into(cls, folder: Path) -> "TreeCopy":
        """Copy what the checks read; times are kept, so that compiled Python stays good."""
        left_out = shutil.ignore_patterns("compiled", "node_modules", ".pytest_cache")
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=left_out)
            else:
                shutil.copy2(source, folder / part)
        return cls(folder)

    def write(self, path: str, text: str) -> None:
        """Add a new file."""
        file = self.folder / path
        assert not file.exists(), f"{path} is in the tree: give the addition another name"
        file.write_text(text, encoding="utf-8")
        self.touched.add(path)

    def insert(self, path: str, before: str, line: str) -> None:
        """Put *line* in front of the first text *before* of an existing file."""
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert before in text, f"{path} has no {before!r}"
        file.write_text(text.replace(before, f"{line}{before}", 1), encoding="utf-8")
        self.touched.add(path)

    def make_codes(self) -> None:
        """What `make codes` does."""
        ran = self.run("-m", "bot.cli", "knowledge", "codes")
        assert ran.returncode == 0, ran.stderr
        (self.folder / "docs" / "codes.md").write_text(ran.stdout, encoding="utf-8")
        self.touched.add("docs/codes.md")

    def type_cache(self) -> Path:
        """A copy of what mypy knows of the unchanged files, if it has run; it saves half a minute."""
        cache = self.folder / "type-cache"
        if (ROOT / ".mypy_cache").is_dir():
            shutil.copytree(ROOT / ".mypy_cache", cache)
        return cache

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the copy; PYTHONPATH comes before the packages that are installed for the tree."""
        environment = {
            **unmeasured(),
            "PYTHONPATH": str(self.folder),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
        }
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def problems(self, *words: str) -> str:
        """What a check prints if it fails; empty if it passes."""
        ran = self.run(*words)
        return "" if ran.returncode == 0 else ran.stdout + ran.stderr

    def pytest(self, *words: str) -> str:
        """What the tests *words* print if they fail; empty if they pass."""
        return self.problems("-m", "pytest", "-q", "-p", "no:cacheprovider", *words)

    def check(self) -> str:
        """What `lineman knowledge check` prints if it fails; empty if it passes."""
        return self.problems("-m", "bot.cli", "knowledge", "check")


def listed_files(kind: str) -> list[str]:
    """The files that CONTRIBUTING.md lists for one more of *kind*, with ID, NAME, and CODE where a name goes."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = re.search(rf"^### Add {re.escape(kind)}\n(.*?)(?=^#)", text, re.MULTILINE | re.DOTALL)
    assert found, f"CONTRIBUTING.md has no section “Add {kind}”"
    return re.findall(r"^- `([^`]+)`", found[1], re.MULTILINE)


def is_listed(path: str, listed: str) -> bool:
    """Whether *path* is what *listed* stands for."""
    pattern = re.sub(r"ID|NAME|CODE", "[a-z0-9_-]+", listed.replace(".", r"\."))
    return re.fullmatch(pattern, path) is not None
