"""A file as plain values that remember their lines. Pure data, and quick to import: no parser comes with it."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str | int, ...]  # how to get from the root of a document to a value


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its value, and the line on which each key or list entry stands; no lines where nobody counted."""

    file: str
    value: Any
    lines: dict[Path, int] = field(default_factory=dict, repr=False)

    def line(self, path: Path) -> int:
        """The line of what stands at *path*, or of the nearest thing around it."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)
