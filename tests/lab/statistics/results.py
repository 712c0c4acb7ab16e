"""The file of results: one line of JSON per diagnosis, appended as it ends, so that a stopped job can go on."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from tests.lab.servers import REPOSITORY

# The code that decides. Results of another state of it are not counted.
DECIDING: Final = ("probes", "knowledge", "bot/diagnosis")


@dataclass(frozen=True, slots=True)
class Run:
    """One diagnosis: what came out, and how busy the machine was."""

    series: str
    found: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    measurements: Mapping[str, Any] = field(default_factory=dict)
    place: Mapping[str, Any] | None = None  # `blocked_at` of what was found
    failed: str = ""  # why there is no diagnosis
    seconds: float = 0.0  # the whole command
    checks_ms: float = 0.0
    load: float = 0.0  # of one minute, per processor, when the diagnosis began
    waited: float = 0.0  # the share of its time in which some process waited for a processor, 0 to 1
    busy: bool = False  # the load was above the limit
    jobs: int = 1  # diagnoses side by side
    code: str = ""  # `fingerprint` of the code that decides


def append(path: Path, run: Run) -> None:
    """Add one line. A line that a crash cut off before is ended first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        if file.tell():
            file.seek(-1, 2)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(json.dumps(asdict(run)).encode() + b"\n")


def read(path: Path) -> list[Run]:
    """All diagnoses in the file; a line that was cut off is left out."""
    if not path.exists():
        return []
    return [run for line in path.read_text().splitlines() if (run := _parse(line))]


def counted(runs: Iterable[Run], code: str, *, with_busy: bool = True) -> Iterator[Run]:
    """Those made by *code* (any, if it is empty), and on request only those on a machine with time."""
    for run in runs:
        if code in {"", run.code} and (with_busy or not run.busy):
            yield run


def fingerprint(root: Path = REPOSITORY) -> str:
    """Eight digits that change with every file that decides."""
    digest = sha256()
    for folder in DECIDING:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in {".py", ".yaml", ".json"} and "compiled" not in path.parts:
                digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:8]


def _parse(line: str) -> Run | None:
    try:
        values = json.loads(line)
        values |= {key: tuple(values[key]) for key in ("found", "risks")}
        return Run(**values)
    except (ValueError, TypeError, KeyError):
        return None
