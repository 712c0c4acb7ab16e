"""Check answer passages: their data, the names and links in them, and that their own questions find them.

Pure, except that it reads the files.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from knowledge.loading.structure import structure_problems
from knowledge.model.problems import Document, KnowledgeError, nearest
from knowledge.model.schema import Knowledge
from knowledge.search.labeled_lines import ELSEWHERE, extra_lines
from knowledge.search.library import Context, Library
from knowledge.search.passages import Passage, read_passage, sentences_of
from knowledge.search.plain_subjects import plain_rules
from knowledge.search.tokens import telling, words_of

_MOST: Final = 5  # sentences; a longer passage has more than one subject
_ALIKE: Final = 0.7  # share of the distinctive words of two passages that both have: they are duplicates
_CODE: Final = re.compile(r"(?<![\d.:-])(?:(?:31|53)\d{3}|20[14]\d\d)(?![\d:-])")
_LINK: Final = re.compile(r"\]\(([^)\s]*)\)")


@dataclass(frozen=True, slots=True)
class Checked:
    """The numbers of passages and questions, the problems, and the day each file was checked against its sources."""

    passages: int
    questions: int
    problems: tuple[str, ...]
    days: Mapping[str, str]


def check_passages(knowledge: Knowledge, folder: Path) -> Checked:
    """Check every passage in *folder*, alone and against the others."""
    problems: list[str] = []
    read: dict[str, tuple[Passage, Document]] = {}
    for file in sorted(folder.glob("*.md")):
        try:
            passage, document = read_passage(file)
        except KnowledgeError as error:
            problems += error.problems
            continue
        read[passage.id] = passage, document
        problems += structure_problems(document, "passage")
        problems += _alone(passage, document, knowledge, folder)
    passages = [passage for passage, _ in read.values()]
    problems += _twice(read)
    problems += _not_found(read, knowledge)
    problems += _unknown_labels(knowledge, read)
    days = {passage.file: passage.checked for passage in passages}
    return Checked(len(passages), sum(len(item.questions) for item in passages), tuple(problems), days)


def _alone(passage: Passage, document: Document, knowledge: Knowledge, folder: Path) -> Iterator[str]:
    """Yield the problems of one passage by itself."""
    rooms: tuple[tuple[str, Collection[str], Collection[str]], ...] = (
        ("platforms", passage.platforms, knowledge.platforms),
        ("causes", passage.causes, knowledge.causes),
        ("codes", passage.codes, knowledge.errors),
    )
    for key, named, known in rooms:
        for number, item in enumerate(named):
            if item not in known:
                yield f"{_at(document, key, number)}: there is no {key[:-1]} {item}{nearest(item, known)}"
    for number, reference in enumerate(passage.references):
        if "." not in (urlsplit(reference.url).hostname or ""):
            yield f"{_at(document, 'references', number)}: {reference.url!r} leads nowhere"
    for code in sorted(set(_CODE.findall(passage.text)) - knowledge.errors.keys()):
        yield f"{_end(document)}: there is no error code {code}{nearest(code, knowledge.errors)}"
    for link in _LINK.findall(passage.text):
        if not link.startswith("https://") and not (folder / link.partition("#")[0]).is_file():
            yield f"{_end(document)}: the link {link!r} leads nowhere"
    if len(sentences_of(passage.text)) > _MOST:
        yield f"{_end(document)}: more than {_MOST} sentences: one passage has one subject"


def _twice(read: Mapping[str, tuple[Passage, Document]]) -> Iterator[str]:
    """Yield passages with the same subject as another: the same title, the same question, or nearly the same words."""
    titles: dict[str, str] = {}
    asked: dict[str, Passage] = {}
    for passage, document in read.values():
        other = titles.setdefault(" ".join(words_of(passage.title)), passage.id)
        if other != passage.id:
            yield f"{_at(document, 'title')}: {other} has this title too"
        for number, question in enumerate(passage.questions):
            first = asked.setdefault(" ".join(words_of(question)), passage)
            if first.id != passage.id and not _apart(first, passage):
                yield f"{_at(document, 'questions', number)}: {first.id} has the question {question!r} too"
    words = {id_: set(telling(words_of(passage.text))) for id_, (passage, _) in read.items()}
    for combination, other in combinations(words, 2):
        together = words[combination] | words[other]
        if together and len(words[combination] & words[other]) >= _ALIKE * len(together):
            yield f"{_end(read[other][1])}: says the same as {combination}"


def _not_found(read: Mapping[str, tuple[Passage, Document]], knowledge: Knowledge) -> Iterator[str]:
    """Yield questions that lead to a passage other than their own, or to none."""
    library = Library(knowledge, [passage for passage, _ in read.values()])
    for passage, document in read.values():
        for number, question in enumerate(passage.questions):
            for platform in passage.platforms or ("",):
                best = library.answers(question, Context(platform=platform))[0]
                where = _at(document, "questions", number)
                if best.label != passage.id:
                    to = "nowhere" if best.label == ELSEWHERE else f"to {best.label}"
                    yield f"{where}: {question!r} leads {to}"
                elif library.fit(question, best) != "sure":
                    yield f"{where}: {question!r} is declined: it says too little, or too much of something else"


def _unknown_labels(knowledge: Knowledge, passages: Collection[str]) -> Iterator[str]:
    """Yield training lines whose label is not a cause or passage."""
    made = {f"cause-{cause}" for cause in knowledge.causes}
    for label, *_ in plain_rules():
        if label not in passages:
            yield f"knowledge/search/plain_subjects.yaml: {label} is nobody's name{nearest(label, passages)}"
    for name, known in (
        ("phrases.yaml", {*knowledge.causes, ELSEWHERE}),
        ("asked.yaml", {*passages, *made}),
    ):
        for label in extra_lines(name):
            if label not in known:
                yield f"knowledge/search/{name}: {label} is nobody's name{nearest(label, known)}"


def _apart(passage: Passage, other: Passage) -> bool:
    """Whether the two passages are for different platforms."""
    return bool(passage.platforms and other.platforms) and not set(passage.platforms) & set(other.platforms)


def _at(document: Document, *path: str | int) -> str:
    return f"{document.file}:{document.line(path)}"


def _end(document: Document) -> str:
    """Return `file:line` of the start of the text, after the front matter and its closing line."""
    return f"{document.file}:{max(document.lines.values(), default=1) + 2}"
