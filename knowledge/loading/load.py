"""Load the knowledge folder, all or nothing: one KnowledgeError has the mistakes of all files."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from knowledge.loading.build import build_cause, build_error, build_platform, build_question
from knowledge.loading.cache import digest_of, load, store
from knowledge.loading.platform_likes import add_likes, likes_of
from knowledge.model.problems import Document, KnowledgeError, at_line
from knowledge.model.schema import Knowledge

FOLDER: Final = Path(__file__).parents[1]
NAME: Final = "knowledge"  # its name in the cache

Sources: TypeAlias = Mapping[Path, bytes]
Rooms: TypeAlias = dict[str, dict[str, Document]]  # by folder, then by file name: the document

# folder: its schema, the key that must equal the file's name, and the function that builds its values
_ROOMS: Final[Mapping[str, tuple[str, str, Callable[[Document], Any]]]] = {
    "errors": ("error", "code", build_error),
    "platforms": ("platform", "id", build_platform),
    "questions": ("question", "id", build_question),
    "causes": ("cause", "id", build_cause),
}


def load_knowledge(folder: Path = FOLDER, *, quick: bool = False) -> Knowledge:
    """Load the errors, platforms, questions and causes in *folder*; raises KnowledgeError.

    With *quick*, files that have not changed since they were last found valid are neither parsed nor checked.
    Their values are the same, but have no examples and no line numbers.
    """
    sources = _read(folder)
    if not quick:
        return _build(_checked(folder, sources), sources)
    digest = _digest(sources)
    stored = load(NAME, digest)
    if stored is not None:
        return _build(_documents(stored, _shown(folder)), sources)
    documents = _checked(folder, sources)
    values = _values(documents)
    store(NAME, digest, values)
    return _build(_documents(values, _shown(folder)), sources)


def compile_knowledge(folder: Path = FOLDER) -> tuple[str, Any]:
    """The digest of *folder*'s files, and their values for the cache; raises KnowledgeError."""
    sources = _read(folder)
    return _digest(sources), _values(_checked(folder, sources))


def _read(folder: Path) -> Sources:
    files = (file for room in sorted(_ROOMS) for file in sorted((folder / room).glob("*.y*ml")))
    return {file: file.read_bytes() for file in files}


def _digest(sources: Sources) -> str:
    return digest_of([*(_name(file).encode() for file in sources), *sources.values()])


def _name(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def _values(documents: Rooms) -> dict[str, dict[str, Any]]:
    return {
        room: {name: _used(document) for name, document in some.items()} for room, some in documents.items()
    }


def _used(document: Document) -> dict[str, Any]:
    """The value without its examples, a quarter of the text: only the checks of the knowledge try them."""
    return {key: value for key, value in document.value.items() if key != "cases"}


def _documents(stored: Any, visible: str) -> Rooms:
    return {
        room: {name: Document(f"{visible}/{room}/{name}.yaml", value) for name, value in some.items()}
        for room, some in stored.items()
    }


def _build(documents: Rooms, sources: Sources) -> Knowledge:
    likes = likes_of(documents["platforms"].values())
    rooms: dict[str, dict[str, Any]] = {
        room: {
            name: build(document if room == "platforms" else add_likes(document, likes))
            for name, document in documents[room].items()
        }
        for room, (_, _, build) in _ROOMS.items()
    }
    digest = hashlib.sha256()
    for file, source in sources.items():
        digest.update(f"{_name(file)}\0{len(source)}\0".encode() + source)
    return Knowledge(**rooms, digest=digest.hexdigest())


def _checked(folder: Path, sources: Sources) -> Rooms:
    """Parse all *sources* and check them against the schemas and each other."""
    # Keeps the checks out of a start from the cache.
    from knowledge.loading.references import reference_problems

    problems: list[str] = []
    documents: Rooms = {room: {} for room in _ROOMS}
    broken: set[str] = set()
    visible = _shown(folder)
    for file, source in sources.items():
        try:
            documents[file.parent.name][file.stem] = _checked_file(f"{visible}/{_name(file)}", file, source)
        except KnowledgeError as error:
            problems += error.problems
            broken.add(file.stem)
    if not documents["causes"] and not problems:
        problems.append(at_line(str(folder), 1, "holds no causes: is this a knowledge folder?"))
    problems += reference_problems(_build(documents, sources), broken)
    if problems:
        raise KnowledgeError(problems)
    return documents


def _checked_file(name: str, file: Path, source: bytes) -> Document:
    # Keeps the YAML parser and the validator out of a start from the cache: both take long to import.
    from knowledge.loading.structure import structure_problems
    from knowledge.loading.yaml_lines import parse_yaml

    schema, key, _ = _ROOMS[file.parent.name]
    document = parse_yaml(source, name)
    if problems := structure_problems(document, schema):
        raise KnowledgeError(problems)
    wanted = f"{document.value[key]}.yaml"
    if file.name != wanted:
        sentence = f"the file is called {file.name} and must be {wanted}"
        raise KnowledgeError([at_line(name, document.line((key,)), sentence)])
    return document


def _shown(file: Path) -> str:
    """The path as a person would type it: relative to the current folder if it is below it."""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)
