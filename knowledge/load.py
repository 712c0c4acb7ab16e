"""Load the knowledge folder, whole or not at all: every mistake of every file in one KnowledgeError."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from knowledge.build import build_cause, build_error, build_platform, build_question
from knowledge.problems import KnowledgeError, at_line
from knowledge.references import reference_problems
from knowledge.schema import Knowledge
from knowledge.structure import structure_problems
from knowledge.yaml_lines import Document, parse_yaml

FOLDER: Final = Path(__file__).parent

# folder: its schema, the key that must equal the file's name, and what makes its values
_ROOMS: Final[Mapping[str, tuple[str, str, Callable[[Document], Any]]]] = {
    "errors": ("error", "code", build_error),
    "platforms": ("platform", "id", build_platform),
    "questions": ("question", "id", build_question),
    "causes": ("cause", "id", build_cause),
}


def load_knowledge(folder: Path = FOLDER) -> Knowledge:
    """Everything in *folder*'s errors, platforms, questions and causes; raises KnowledgeError."""
    problems: list[str] = []
    digest = hashlib.sha256()
    rooms: dict[str, dict[str, Any]] = {}
    broken: set[str] = set()
    for room in sorted(_ROOMS):
        rooms[room] = {}
        for file in sorted((folder / room).glob("*.y*ml")):
            source = file.read_bytes()
            digest.update(f"{room}/{file.name}\0{len(source)}\0".encode() + source)
            try:
                rooms[room][file.stem] = _load_file(file, source, room)
            except KnowledgeError as error:
                problems += error.problems
                broken.add(file.stem)
    if not rooms["causes"] and not problems:
        problems.append(at_line(str(folder), 1, "holds no causes: is this a knowledge folder?"))
    knowledge = Knowledge(**rooms, digest=digest.hexdigest())
    problems += reference_problems(knowledge, broken)
    if problems:
        raise KnowledgeError(problems)
    return knowledge


def _load_file(file: Path, source: bytes, room: str) -> Any:
    schema, key, build = _ROOMS[room]
    name = _shown(file)
    document = parse_yaml(source, name)
    if problems := structure_problems(document, schema):
        raise KnowledgeError(problems)
    if file.name != f"{document.value[key]}.yaml":
        line = document.line((key,))
        wanted = f"{document.value[key]}.yaml"
        raise KnowledgeError([at_line(name, line, f"the file is called {file.name} and must be {wanted}")])
    return build(document)


def _shown(file: Path) -> str:
    """The path as a person would type it: from here, when it lies below."""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)
