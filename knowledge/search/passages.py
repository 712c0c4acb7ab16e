"""Read passages from `knowledge/answers/`: short answers in Markdown, one subject each."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from knowledge.loading.yaml_lines import parse_yaml
from knowledge.model.platforms import Reference
from knowledge.model.problems import Document, KnowledgeError, at_line

FOLDER: Final = Path(__file__).parents[1] / "answers"

_FENCE: Final = "---\n"
_LISTS: Final = ("platforms", "causes", "codes")
_KEYS: Final = frozenset({"id", "title", "questions", "kind", "references", "checked", *_LISTS})
GLOSSARY: Final = "glossary"  # the kind of a passage that explains a term
PROGRAM: Final = "program"  # the kind of a passage about Lineman itself, which needs no page
_KINDS: Final = ("", GLOSSARY, PROGRAM)
_LONGEST: Final = 700  # characters: a passage answers one question
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[\"`(]?[A-Z0-9`])")


@dataclass(frozen=True, slots=True)
class Passage:
    """An answer to some questions, with the pages that it is based on."""

    id: str
    title: str
    text: str
    questions: tuple[str, ...]
    references: tuple[Reference, ...]
    file: str
    platforms: tuple[str, ...] = ()  # platforms it applies to; empty: all
    causes: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    kind: str = ""
    checked: str = ""  # YYYY-MM-DD, when it was last checked against its sources


def load_passages(folder: Path = FOLDER) -> tuple[Passage, ...]:
    """Load every passage in *folder*, by name; raises KnowledgeError with the mistakes of all files."""
    passages: list[Passage] = []
    problems: list[str] = []
    for file in sorted(folder.glob("*.md")):
        try:
            passages.append(read_passage(file)[0])
        except KnowledgeError as error:
            problems += error.problems
    if problems:
        raise KnowledgeError(problems)
    return tuple(passages)


def sentences_of(text: str) -> tuple[str, ...]:
    """Split *text* into sentences; empty if it is blank."""
    return tuple(item for item in _SENTENCE.split(" ".join(text.split())) if item)


def read_passage(file: Path) -> tuple[Passage, Document]:
    """Read the passage in *file*, and its front matter with line numbers; raises KnowledgeError."""
    name = f"knowledge/answers/{file.name}"
    source = file.read_text("utf-8")
    if not source.startswith(_FENCE) or (end := source.find(f"\n{_FENCE}", 3)) < 0:
        raise KnowledgeError([at_line(name, 1, "must begin with its data between two lines of ---")])
    # The delimiter becomes an empty line, so that line numbers match the file.
    document = parse_yaml(("\n" + source[len(_FENCE) : end + 1]).encode(), name)
    head = document.value
    text = " ".join(source[end + 1 + len(_FENCE) :].split())
    if wrong := list(_problems(file.stem, head, text)):
        raise KnowledgeError([at_line(name, 1, item) for item in wrong])
    lists: dict[str, Any] = {key: tuple(str(item) for item in head.get(key, ())) for key in _LISTS}
    passage = Passage(
        id=head["id"],
        title=head["title"],
        text=text,
        questions=tuple(head["questions"]),
        references=tuple(Reference(**item) for item in head.get("references", ())),
        file=name,
        kind=head.get("kind", ""),
        checked=str(head.get("checked", "")),
        **lists,
    )
    return passage, document


def _problems(stem: str, head: Any, text: str) -> list[str]:
    """The mistakes in a passage's front matter and text, each as one sentence."""
    if not isinstance(head, dict):
        return ["its data must be keys and values"]
    found = [f"{key} is no key of a passage" for key in sorted(set(head) - _KEYS)]
    needed = ("id", "title", "questions", *(() if head.get("kind") == PROGRAM else ("references",)))
    found += [f"{key} is missing" for key in needed if not head.get(key)]
    if found:
        return found
    if head["id"] != stem:
        found.append(f"the file is called {stem}.md and must be {head['id']}.md")
    if head.get("kind", "") not in _KINDS:
        found.append("kind can only be glossary or program")
    for key in ("questions", "references", *_LISTS):
        if not isinstance(head.get(key, []), list):
            found.append(f"{key} must be a list")
    if not found and not all(
        isinstance(item, dict) and set(item) == {"title", "url"} for item in head.get("references", ())
    ):
        found.append("each reference has a title and a url")
    if not text or len(text) > _LONGEST:
        found.append(f"the text must have 1 to {_LONGEST} letters; one subject each")
    return found
