"""Build the wheel of the relay alone, in build/relay: `python packaging/relay/build.py`."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent.parent


def build(folder: Path) -> Path:
    """Lay `probes` beside its own pyproject.toml below *folder*, and give the wheel made of them."""
    source = folder / "source"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "probes", source / "probes", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE / "pyproject.toml", source)
    shutil.copy(ROOT / "LICENSE", source)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
    ]
    subprocess.run([*command, str(source)], check=True)  # noqa: S603 - our own words
    return max(folder.glob("lineman_relay-*.whl"), key=lambda wheel: wheel.stat().st_mtime)


if __name__ == "__main__":
    sys.stdout.write(f"{build(ROOT / 'build' / 'relay')}\n")
