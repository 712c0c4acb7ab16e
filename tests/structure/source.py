"""What the source files say about themselves: classes, long functions, long files, imports in unusual places."""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeAlias

ROOT: Final = Path(__file__).parents[2]
OURS: Final = ("bot", "knowledge", "probes")
LONG_FUNCTION: Final = 30  # lines, from `def` to the last one
LONG_FILE: Final = 220
LONGEST_FILE: Final = 300

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Import: TypeAlias = ast.Import | ast.ImportFrom

# A comment that only silences a tool gives no reason.
_DIRECTIVE: Final = re.compile(r"#\s*(noqa|type:\s*ignore|pragma)\b[^#]*$")


@dataclass(frozen=True)
class SourceFile:
    """One Python file of ours; *path* is relative to the root of the tree."""

    path: str
    text: str

    @property
    def module(self) -> str:
        return module_of(Path(self.path))

    @property
    def package(self) -> str:
        return module_of(Path(self.path).parent)

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def place(self, node: ast.stmt) -> str:
        return f"{self.path}:{node.lineno}"


def read_source(root: Path = ROOT) -> list[SourceFile]:
    """Read every Python file of `bot`, `knowledge` and `probes` below *root*."""
    paths = [path for package in OURS for path in (root / package).rglob("*.py")]
    return [SourceFile(path.relative_to(root).as_posix(), path.read_text()) for path in sorted(paths)]


def module_of(path: Path) -> str:
    """Give the name of the module at *path*, which is relative to the root of the tree."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def repeated_classes(files: list[SourceFile]) -> dict[str, list[str]]:
    """Give the class names that are defined more than once, each with its places."""
    return _repeated((node.name, file.place(node)) for file in files for node in _walk(file, ast.ClassDef))


def repeated_aliases(files: list[SourceFile]) -> dict[str, list[str]]:
    """Give the public type aliases that are defined more than once, each with its places."""
    return _repeated(
        (node.target.id, file.place(node))
        for file in files
        for node in _walk(file, ast.AnnAssign)
        if isinstance(node.target, ast.Name)
        and ast.unparse(node.annotation).endswith("TypeAlias")
        and not node.target.id.startswith("_")
    )


def long_functions(files: list[SourceFile]) -> list[tuple[int, str, str]]:
    """Give length, place and name of each function over `LONG_FUNCTION` lines, the longest first."""
    functions = [(file, node) for file in files for node in _walk(file, Function)]
    measured = [(_length(node), file.place(node), node.name) for file, node in functions]
    return sorted((row for row in measured if row[0] > LONG_FUNCTION), reverse=True)


def long_files(files: list[SourceFile]) -> dict[str, int]:
    """Give the lines of each file over `LONG_FILE` lines."""
    return {file.path: file.lines for file in files if file.lines > LONG_FILE}


def type_checking_imports(files: list[SourceFile]) -> list[str]:
    """Give the places where one of our modules is imported for the type checker alone."""
    return [
        f"{file.place(found)} {ast.unparse(found)}"
        for file in files
        for block in _walk(file, ast.If)
        if ast.unparse(block.test).endswith("TYPE_CHECKING")
        for found in _our_imports(block)
    ]


def lazy_imports(files: list[SourceFile]) -> dict[str, bool]:
    """Give the imports of our modules inside functions, and whether a comment gives the reason.

    The comment is on the import's own lines, or above the unbroken group of imports it belongs to.
    """
    found: dict[str, bool] = {}
    for file in files:
        reasons = _commented_lines(file.text)
        for function in _walk(file, Function):
            imports = [node for node in ast.walk(function) if isinstance(node, Import)]
            ends = {node.end_lineno: node for node in imports}
            for node in _our_imports(function):
                first = node
                while above := ends.get(first.lineno - 1):
                    first = above
                lines = {first.lineno - 1, *range(node.lineno, (node.end_lineno or node.lineno) + 1)}
                found[f"{file.place(node)} {ast.unparse(node)}"] = bool(lines & reasons)
    return found


def _walk(file: SourceFile, kind: Any) -> Iterator[Any]:
    return (node for node in ast.walk(file.tree) if isinstance(node, kind))


def _repeated(names: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    places: dict[str, list[str]] = defaultdict(list)
    for name, place in names:
        places[name].append(place)
    return {name: found for name, found in sorted(places.items()) if len(found) > 1}


def _length(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _our_imports(block: ast.AST) -> Iterator[Import]:
    for node in ast.walk(block):
        if isinstance(node, ast.Import):
            modules = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = ["bot" if node.level else node.module or ""]  # a relative import is one of our own
        else:
            continue
        if any(module.partition(".")[0] in OURS for module in modules):
            yield node


def _commented_lines(text: str) -> set[int]:
    """Give the numbers of the lines that bear a comment, apart from comments that only silence a tool."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    comments = [token for token in tokens if token.type == tokenize.COMMENT]
    return {token.start[0] for token in comments if not _DIRECTIVE.fullmatch(token.string)}
