"""Write requirements/run.txt and dev.txt anew: every version pinned, every file by hash, no address."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
COMMON = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate",
          "--no-emit-index-url", "--no-emit-find-links", "--quiet", "--upgrade"]  # fmt: skip


def main() -> None:
    """Resolve both locks; dev is held to what run chose."""
    compile_to("run.txt", "pyproject.toml", "requirements/build.in")
    compile_to("dev.txt", "pyproject.toml", "--group", "dev", "--constraint", "requirements/run.txt")


def compile_to(name: str, *sources: str) -> None:
    """Let uv resolve *sources* into requirements/*name*."""
    command = [sys.executable, "-m", "uv", "pip", "compile", *sources, *COMMON, "-o", str(HERE / name)]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - our own words, no shell
    if "://" in (HERE / name).read_text():
        raise SystemExit(f"{name} names an address; take it out")


if __name__ == "__main__":
    main()
