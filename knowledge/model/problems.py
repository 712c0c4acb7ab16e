"""Mistakes in knowledge files: each a sentence with its file and line, all of them in one exception."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, TypeAlias

from probes.protocol.frozen import frozen


class KnowledgeError(Exception):
    """Knowledge or network files that cannot be used; `problems` holds every `file:line: sentence`."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


def at_line(file: str, line: int, sentence: str) -> str:
    """Write `file:line: sentence`, the format of editors and compilers."""
    return f"{file}:{line}: {sentence}"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean x?)` when a *known* word is similar to *word*, else an empty string."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""


Path: TypeAlias = tuple[str | int, ...]  # the keys and indexes from the root of a document to a value


@frozen
class Document:
    """One file: its value, and the line of each key or list entry, if lines were recorded."""

    file: str
    value: Any
    lines: dict[Path, int] = field(default_factory=dict, repr=False)

    def line(self, path: Path) -> int:
        """Return the line of the value at *path*, or of the nearest enclosing value."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)


@frozen
class Origin:
    """The file of a value, and its line numbers."""

    file: str = ""
    lines: Mapping[Path, int] = field(default_factory=dict, repr=False)

    def at(self, *path: str | int) -> str:
        """Return `file:line` of the value at *path*, or of the nearest enclosing value."""
        while path not in self.lines and path:
            path = path[:-1]
        return f"{self.file}:{self.lines.get(path, 1)}"


@frozen
class Complaint:
    """A mistake, and the path to it inside the file."""

    path: tuple[str | int, ...]
    sentence: str
