"""Read YAML as plain values with line numbers, without YAML's surprises.

Only `true`, `false`, `null`, plain integers and plain decimals are typed; everything else is text, including
`yes` and `2026-11-22`. Keys are always text. Rejects duplicate keys, anchors, tags, and a second document.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from knowledge.model.problems import Document, KnowledgeError, Path, at_line

_WORDS: Final = {"true": True, "false": False, "null": None, "": None}
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\Z")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,17}\.[0-9]{1,17}\Z")
_DEEPEST: Final = 40  # levels; the deepest valid file has eight


def parse_yaml(source: bytes, file: str) -> Document:
    """Parse the document in *source*; raises KnowledgeError with every duplicate key, or the first syntax error."""
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = source[: error.start].count(b"\n") + 1
        raise KnowledgeError([at_line(file, line, "is not UTF-8 text")]) from None
    reader = _Reader(file)
    try:
        value = reader.document(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise KnowledgeError(
            [at_line(file, line, f"is not YAML: {error.problem or error.context}")]
        ) from None
    except yaml.YAMLError as error:  # the reader's own error: a character that YAML forbids
        raise KnowledgeError([at_line(file, 1, f"is not YAML: {' '.join(str(error).split())}")]) from None
    if reader.problems:
        raise KnowledgeError(reader.problems)
    return Document(file, value, reader.lines)


class _Reader:
    """Builds values from YAML events, so that nothing is expanded, resolved or called."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {(): 1}
        self.problems: list[str] = []

    def document(self, events: Iterator[Any]) -> Any:
        value: Any = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.refuse(event, "a second document: one file holds one")
                    break
                value = self.value(next(events), events, ())
        return value

    def value(self, event: Any, events: Iterator[Any], path: Path) -> Any:
        if isinstance(event, yaml.AliasEvent):
            return self.refuse(event, "an alias: write the value out")
        if event.anchor or (event.tag and not _is_default_tag(event)):
            self.refuse(event, "an anchor or a tag: plain values only")
        if isinstance(event, yaml.ScalarEvent):
            return _plain(event.value) if event.implicit[0] else event.value
        if len(path) >= _DEEPEST:
            raise KnowledgeError(
                [at_line(self.file, _line(event), f"is nested more than {_DEEPEST} levels deep")]
            )
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(events, path)
        return self.mapping(events, path)

    def sequence(self, events: Iterator[Any], path: Path) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            here = (*path, len(found))
            self.lines[here] = _line(event)
            found.append(self.value(event, events, here))
        return found

    def mapping(self, events: Iterator[Any], path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self.key(event, events, path)
            here = (*path, key)
            if key in found:
                self.refuse(event, f"the key {key!r} again: it is already on line {self.lines[here]}")
            self.lines[here] = _line(event)
            found[key] = self.value(next(events), events, here)
        return found

    def key(self, event: Any, events: Iterator[Any], path: Path) -> str:
        if isinstance(event, yaml.ScalarEvent):
            return str(event.value)
        self.refuse(event, "a key that is not a word")
        self.value(event, events, (*path, "?"))
        return "?"

    def refuse(self, event: Any, what: str) -> None:
        self.problems.append(at_line(self.file, _line(event), what))


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _is_default_tag(event: Any) -> bool:
    """Whether the tag is YAML's own for a quoted or plain scalar, a list or a mapping."""
    implicit = event.implicit
    return bool(any(implicit) if isinstance(implicit, tuple) else implicit)


def _plain(text: str) -> Any:
    """The value of an unquoted scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    if _DECIMAL.match(text):
        return float(text)
    return text
