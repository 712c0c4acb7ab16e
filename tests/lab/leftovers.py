"""Remembers which labs are up and whose they are, and removes those whose process is gone."""

import itertools
import json
import os
import shutil
from pathlib import Path
from typing import Final

from tests.lab import namespaces

RECORDS: Final = Path("/run/lineman-lab")
_COUNT = itertools.count()
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def new_tag() -> str:
    """A tag that no other living process uses: the pid in base 36, and a letter for each lab of it."""
    pid, digits = os.getpid(), ""
    while pid:
        pid, digit = divmod(pid, 36)
        digits = _DIGITS[digit] + digits
    return f"{digits}{chr(ord('a') + next(_COUNT) % 26)}"


def record(tag: str, folder: Path) -> None:
    """Write down that this process runs a lab."""
    RECORDS.mkdir(exist_ok=True)
    entry = {"pid": os.getpid(), "born": _born(os.getpid()), "folder": str(folder)}
    (RECORDS / f"{tag}.json").write_text(json.dumps(entry))


def remove(tag: str, folder: Path) -> None:
    """Remove all that a lab left: processes in its namespaces, the namespaces, files, the record."""
    for path in (*Path("/run/netns").glob(f"lm_{tag}_*"), *Path("/etc/netns").glob(f"lm_{tag}_*")):
        namespaces.remove(path.name)
        shutil.rmtree(Path("/etc/netns", path.name), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    (RECORDS / f"{tag}.json").unlink(missing_ok=True)


def clean() -> list[str]:
    """Remove the labs of dead processes, and only those; the tags removed."""
    removed = []
    for path in sorted(RECORDS.glob("*.json")):
        entry = json.loads(path.read_text())
        if _born(entry["pid"]) != entry["born"]:
            remove(path.stem, Path(entry["folder"]))
            removed.append(path.stem)
    return removed


def _born(pid: int) -> str:
    """When the process started, in ticks since boot (proc(5), stat field 22); empty if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return ""
    return stat.rpartition(")")[2].split()[19]
