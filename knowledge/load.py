"""Load the knowledge folder, whole or not at all: every mistake of every file in one KnowledgeError."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from knowledge.build import build_cause, build_error, build_platform, build_question
from knowledge.problems import KnowledgeError, at_line
from knowledge.references import reference_problems
from knowledge.schema import Knowledge
from knowledge.stamp import digest_of, is_stamped, stamp
from knowledge.yaml_lines import Document, parse_yaml

FOLDER: Final = Path(__file__).parent

# folder: its schema, the key that must equal the file's name, and what makes its values
_ROOMS: Final[Mapping[str, tuple[str, str, Callable[[Document], Any]]]] = {
    "errors": ("error", "code", build_error),
    "platforms": ("platform", "id", build_platform),
    "questions": ("question", "id", build_question),
    "causes": ("cause", "id", build_cause),
}


def load_knowledge(folder: Path = FOLDER, *, quick: bool = False) -> Knowledge:
    """Everything in *folder*'s errors, platforms, questions and causes; raises KnowledgeError.

    With *quick* the very files that were good last time are not checked once more.
    """
    files = {room: sorted((folder / room).glob("*.y*ml")) for room in sorted(_ROOMS)}
    sources = {file: file.read_bytes() for room in files.values() for file in room}
    names = [f"{file.parent.name}/{file.name}".encode() for file in sources]
    stamped = digest_of([*names, *sources.values()]) if quick else ""
    checked = bool(stamped) and is_stamped("knowledge", stamped)
    knowledge = _load(folder, files, sources, check=not checked)
    if stamped and not checked:
        stamp("knowledge", stamped)
    return knowledge


def _load(
    folder: Path, files: Mapping[str, list[Path]], sources: Mapping[Path, bytes], *, check: bool
) -> Knowledge:
    problems: list[str] = []
    digest = hashlib.sha256()
    rooms: dict[str, dict[str, Any]] = {}
    broken: set[str] = set()
    shown = _shown(folder)
    for room in files:
        rooms[room] = {}
        for file in files[room]:
            source = sources[file]
            digest.update(f"{room}/{file.name}\0{len(source)}\0".encode() + source)
            try:
                rooms[room][file.stem] = _load_file(f"{shown}/{room}", file, source, check=check)
            except KnowledgeError as error:
                problems += error.problems
                broken.add(file.stem)
    if not rooms["causes"] and not problems:
        problems.append(at_line(str(folder), 1, "holds no causes: is this a knowledge folder?"))
    knowledge = Knowledge(**rooms, digest=digest.hexdigest())
    if check:
        problems += reference_problems(knowledge, broken)
    if problems:
        raise KnowledgeError(problems)
    return knowledge


def _load_file(where: str, file: Path, source: bytes, *, check: bool) -> Any:
    schema, key, build = _ROOMS[where.rpartition("/")[2]]
    name = f"{where}/{file.name}"
    document = parse_yaml(source, name)
    if check:
        from knowledge.structure import structure_problems  # brings a validator that takes long to import

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
