"""The sentences that people read: documents, knowledge texts, docstrings, and string literals, with file and line."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

DOCUMENTS: Final = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/**/*.md")
GENERATED: Final = ("docs/codes.md",)  # tables made from knowledge files, which are read themselves
PACKAGES: Final = ("bot", "knowledge", "probes")
# JSON is YAML, too: what Slack shows of the app, what editors show of a field, the check page, and alerts.
DATA: Final = (
    "manifest*.json",
    "docs/schemas/*.json",
    "knowledge/schemas/*.json",
    "bot/check_link/page/strings/en.json",
    "packaging/prometheus/*.yaml",
)
# Words that users type, not ours: example phrases, and titles of other people's pages.
USERS_WORDS: Final = frozenset({"symptoms", "questions", "references", "aliases", "heard"})
USERS_FILES: Final = ("knowledge/search/",)

FEWEST: Final = 3  # words of a string literal that is a sentence and not a key, a name or an option
_SQL: Final = re.compile(
    r"\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|WITH|PRAGMA|VACUUM|FROM|WHERE)\b"
)
_WORD: Final = re.compile(r"[A-Za-z][a-z']*(?=[\s.,:;!?)]|$)")
_END: Final = re.compile(r"(?<=[.!?])[\"')”*_]*\s+(?=[\"'“(`*_\[{]*[A-Z0-9`{])")
_FENCE: Final = re.compile(r"^[ >]*(?:```|~~~)")
_HEADING: Final = re.compile(r"#+\s+")
_NEW_BLOCK: Final = re.compile(r"^\s*(?:[-*+]|\d+\.|>)\s+")
_RELEASED: Final = re.compile(
    r"^## \d\S* \(\d{4}-", re.MULTILINE
)  # in the changelog: history, which stays as it is
_PARAMETER: Final = re.compile(r"\*[a-z_]\w*\*")  # how docstrings name parameters


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, and the lines of a file that it is in."""

    path: str
    first: int
    last: int
    text: str


def read_sentences(root: Path) -> Iterator[Sentence]:
    """Read every sentence below *root* that the voice check covers."""
    for pattern in DOCUMENTS:
        for path in sorted(set(root.glob(pattern)) - {root / name for name in GENERATED}):
            text = _RELEASED.split(path.read_text("utf-8"))[0]
            yield from document_sentences(path.relative_to(root).as_posix(), text)
    for pattern in DATA:
        for path in sorted(root.glob(pattern)):
            yield from yaml_sentences(path.relative_to(root).as_posix(), path.read_text("utf-8"))
    for path in root.glob("Makefile"):
        yield from makefile_sentences(path.name, path.read_text("utf-8"))
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*")):
            name = path.relative_to(root).as_posix()
            read = _READERS.get(path.suffix)
            if read and not name.startswith(USERS_FILES):
                yield from read(name, path.read_text("utf-8"))


def document_sentences(path: str, text: str) -> Iterator[Sentence]:
    """Read Markdown, with or without front matter; code blocks are left out."""
    lines = text.splitlines()
    start = 0
    if lines[:1] == ["---"]:
        start = lines.index("---", 1) + 1
        yield from yaml_sentences(path, "\n".join(["", *lines[1 : start - 1]]))
    yield from _sentences_of_lines(path, list(enumerate(lines, 1))[start:])


def makefile_sentences(path: str, text: str) -> Iterator[Sentence]:
    """Read what a Makefile says about its targets."""
    for number, line in enumerate(text.splitlines(), 1):
        if help_text := line.partition("  ## ")[2]:
            yield from _split(path, number, number, help_text)


def yaml_sentences(path: str, text: str) -> Iterator[Sentence]:
    """Read the values of a YAML file, without the words of users."""
    node = yaml.compose(text, Loader=yaml.CSafeLoader)
    return _node_sentences(path, node) if node else iter(())


def _node_sentences(path: str, node: yaml.Node) -> Iterator[Sentence]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value not in USERS_WORDS:
                yield from _node_sentences(path, value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _node_sentences(path, value)
    elif isinstance(node, yaml.ScalarNode) and _is_prose(node.value):
        first, last = node.start_mark.line + 1, node.end_mark.line + (node.end_mark.column > 0)
        for text in (
            node.value.splitlines() if node.style == "|" else [node.value]
        ):  # "|" keeps lines: example code
            yield from _split(path, first, max(first, last), text)


def python_sentences(path: str, text: str) -> Iterator[Sentence]:
    """Read docstrings, and the string literals that are sentences."""
    tree = ast.parse(text)
    lines = text.splitlines()
    docstrings = {id(node) for node in _docstrings(tree)}
    for node in _literals(tree):
        first, last = node.lineno, node.end_lineno or node.lineno
        value = _value(node)
        if id(node) in docstrings:
            numbered = list(enumerate(_PARAMETER.sub("it", value).splitlines(), first))
            yield from _sentences_of_lines(path, numbered)
        elif not _is_raw(lines[first - 1].encode()[node.col_offset :]):
            for line in filter(_is_prose, value.splitlines()):
                yield from _split(path, first, last, line)


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            match node.body[:1]:
                case [ast.Expr(value=ast.Constant(value=str()) as docstring)]:
                    yield docstring


def _literals(node: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Find strings from the outside in: the parts of an f-string are one string; `"a b".split()` is no sentence."""
    match node:
        case ast.JoinedStr() | ast.Constant(value=str()):
            yield node
        case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="split")):
            return
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _literals(child)


def _value(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)


def _is_raw(source: bytes) -> bool:
    """Whether a literal is raw: patterns are, sentences are not."""
    return b"r" in source.split(b'"')[0].split(b"'")[0].lower()


def _is_prose(text: str) -> bool:
    return len(_WORD.findall(text)) >= FEWEST and not _SQL.match(text)


def _sentences_of_lines(path: str, lines: Iterable[tuple[int, str]]) -> Iterator[Sentence]:
    """Join the lines of each paragraph and list item, and split them; headings and table cells are their own."""
    block: list[tuple[int, str]] = []
    in_fence = False
    for number, line in [*lines, (0, "")]:
        is_fence = bool(_FENCE.match(line))
        in_fence ^= is_fence
        alone = _alone(line)
        is_code = in_fence or is_fence
        if block and (is_code or alone or not line.strip() or _NEW_BLOCK.match(line)):
            yield from _split(path, block[0][0], block[-1][0], " ".join(text for _, text in block))
            block = []
        if is_code:
            continue
        for text in alone:
            yield from _split(path, number, number, text)
        if line.strip() and not alone:
            block.append((number, _NEW_BLOCK.sub("", line, count=1)))


def _alone(line: str) -> list[str]:
    """List the texts of a line that is no part of a paragraph: a heading, or the cells of a table row."""
    if heading := _HEADING.match(line):
        return [line[heading.end() :]]
    return re.split(r"(?<!\\)\|", line) if line.lstrip().startswith("|") else []


def _split(path: str, first: int, last: int, text: str) -> Iterator[Sentence]:
    for part in _END.split(" ".join(text.split())):
        if part:
            yield Sentence(path, first, last, part)


_READERS: Final = {".md": document_sentences, ".yaml": yaml_sentences, ".py": python_sentences}
