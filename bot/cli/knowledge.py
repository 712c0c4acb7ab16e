"""Run the `lineman knowledge` commands: check the files, draw the decision tree, list or show entries."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, TypeAlias

from bot.cli.parser import Parser
from bot.errors import UsageError, unknown_word
from bot.model.vocabulary import platform_names
from bot.rendering.terminal.console import Line, write
from knowledge.loading.load import FOLDER, load_knowledge
from knowledge.model.platforms import ErrorCode, Platform
from knowledge.model.schema import Cause, Knowledge, Question

OK: Final = 0
PROBLEMS: Final = 1
MARK: Final = "\N{BULLET}"
Piece: TypeAlias = Cause | ErrorCode | Platform | Question
FORMS: Final = ("text", "mermaid", "dot")


def run_knowledge(words: Sequence[str]) -> int:
    """Run one of the commands. The exit code is 0, or 1 if `check` found problems."""
    parser = make_parser()
    options, rest = parser.parse_known_args(list(words))
    if rest and rest[0].startswith("-"):
        raise unknown_word("an option of knowledge", rest[0], parser.known)
    command = options.command or ""
    if command not in COMMANDS:
        raise unknown_word("a knowledge command", command, COMMANDS)
    return COMMANDS[command](load_knowledge(), [*options.words, *rest], options)


def make_parser() -> Parser:
    """Make the parser of `lineman knowledge`."""
    parser = Parser(
        prog="lineman knowledge",
        description="Run the examples in the knowledge files (check). Draw the questions that separate the causes "
        "(tree CODE). List everything (list). Print one code, platform, cause, or question (show ID). "
        "Print the table of codes, platforms, and causes (codes). Create the file of a cause (new cause ID).",
        allow_abbrev=False,
    )
    parser.add_argument("command", nargs="?", metavar="check|tree|list|show|codes|new")
    parser.add_argument("words", nargs="*", metavar="CODE or ID")
    parser.add_argument("--platform", help="tree: for this platform only")
    parser.add_argument("--edge", help="tree: for clients at this edge")
    parser.add_argument("--format", default="text", metavar="|".join(FORMS), help="tree: how to draw it")
    return parser


def _check(knowledge: Knowledge, words: Sequence[str], _: argparse.Namespace) -> int:
    # Keeps the checks out of the other commands.
    from knowledge.checking.check import report
    from knowledge.loading.load_network import load_network
    from knowledge.search.passages import FOLDER as ANSWERS

    _take(words, 0, "check")
    network = load_network()
    days = {f"network {network.id}": network.checked}
    found = report(knowledge, datetime.now(UTC).date(), days, ANSWERS, network)
    sys.stdout.write(f"{found}\n")
    return OK if found.ok else PROBLEMS


def _tree(knowledge: Knowledge, words: Sequence[str], options: argparse.Namespace) -> int:
    # Keeps the decision tree out of the other commands.
    from bot.cli.tree_text import draw_for_output
    from knowledge.loading.load_network import load_network
    from knowledge.reasoning.selection import select_causes
    from knowledge.reasoning.tree import compile_tree

    (code,) = _take(words, 1, "tree CODE")
    _known("a known error code", code, knowledge.errors)
    _known("a format", options.format, FORMS)
    platforms: Iterable[str] = knowledge.platforms
    if options.platform:
        names = platform_names(knowledge)
        platforms = [names[_known("a platform", options.platform.casefold(), names)]]
    network = load_network()
    edge = _known("an edge", options.edge or network.roaming, network.edge_names)
    trees = [compile_tree(select_causes(knowledge, network, code, platform, edge)) for platform in platforms]
    sys.stdout.write(f"{draw_for_output(trees, options.format)}\n")
    return OK


def _codes(knowledge: Knowledge, words: Sequence[str], _: argparse.Namespace) -> int:
    # Keeps authoring tools out of the other commands.
    from knowledge.authoring.codes_table import codes_table

    _take(words, 0, "codes")
    sys.stdout.write(codes_table(knowledge))
    return OK


def _new(knowledge: Knowledge, words: Sequence[str], _: argparse.Namespace) -> int:
    # Keeps authoring tools out of the other commands.
    from knowledge.authoring.skeleton import write_skeleton

    what, id_ = _take(words, 2, "new cause ID")
    _known("a kind of file that `new` creates", what, ("cause",))
    file = write_skeleton(knowledge, FOLDER, id_, datetime.now(UTC).date().isoformat())
    sys.stdout.write(
        f"{file} was created. Fill in every TODO, then run `lineman knowledge check`.\n"
        "docs/knowledge-guide.md explains each part.\n"
    )
    return OK


def _list(knowledge: Knowledge, words: Sequence[str], _: argparse.Namespace) -> int:
    _take(words, 0, "list")
    rooms = {
        "Error codes": {code.code: code.name for code in knowledge.errors.values()},
        "Platforms": {platform.id: platform.title for platform in knowledge.platforms.values()},
        "Causes": {cause.id: cause.title for cause in knowledge.causes.values()},
        "Questions": {question.id: question.asks for question in knowledge.questions.values()},
    }
    for title, entries in rooms.items():
        width = max(map(len, entries), default=0)
        lines = (Line(f"{id_:<{width}}  {text}", indent=2) for id_, text in sorted(entries.items()))
        write([Line(title, "bold"), *lines, Line()], sys.stdout)
    return OK


def _show(knowledge: Knowledge, words: Sequence[str], _: argparse.Namespace) -> int:
    (id_,) = _take(words, 1, "show ID")
    write(lines_of(knowledge, id_), sys.stdout)
    return OK


def lines_of(knowledge: Knowledge, id_: str) -> Iterator[Line]:
    """Render the code, platform, cause, or question *id_*; `UsageError` if it does not exist."""
    everything: dict[str, Piece] = {
        **knowledge.questions,
        **knowledge.platforms,
        **knowledge.errors,
        **knowledge.causes,
    }
    return _lines(everything[_known("known here", id_, everything)])


def _lines(piece: Piece) -> Iterator[Line]:
    match piece:
        case Cause():
            yield Line(piece.title, "bold")
            yield Line(piece.generic_customer)
            yield Line(f"Impact: {piece.impact}")
            impacts = (f"{item.impact}: {_condition(item.when)}" for item in piece.impact_when)
            yield from _texts("Impact instead, if", impacts)
            yield from _texts("Shown by", (_condition(condition) for condition in piece.when))
            clears = {"Ruled out only if": piece.clears_only_if, "Ruled out if": piece.clears_if}
            for title, condition in clears.items():
                yield from _texts(title, [_condition(condition)] if condition else [])
            yield from _texts("Explains", (effect.id for effect in piece.explains))
            for platform, fixes in piece.fixes.items():
                yield from _texts(f"Fixes, {platform}", (f"{fix.who}: {fix.do}" for fix in fixes))
        case ErrorCode():
            yield Line(f"{piece.code} {piece.name}", "bold")
            yield from _texts("Means", (f"{platform}: {text}" for platform, text in piece.means.items()))
            yield from _texts("Where to continue", [piece.elsewhere.strip()] if piece.elsewhere else [])
            yield from _texts("Related", piece.related)
            yield from _texts("Not to be confused with", _pairs(piece.confused_with))
        case Platform():
            yield Line(f"{piece.title}, {piece.sdk.name} {piece.sdk.current}", "bold")
            yield Line(f"{piece.preflight.call}, since {piece.preflight.since}")
            yield from _texts("Needs", piece.preflight.needs)
            yield from _texts("Steps", piece.preflight.steps)
        case Question():
            yield Line(piece.asks, "bold")
            yield Line(piece.means)
            yield from _texts("Needs", [_condition(piece.needs)] if piece.needs else [])
            yield from _texts("Answers", (_answer(piece, name) for name in piece.names))
            texts = (f"{name.name}: {name.says}" if name.says else name.name for name in piece.device)
            yield from _texts("What a report of the user's device may show", texts)
    where = piece.origin.file
    yield Line(where, "dim")


def _texts(title: str, texts: Iterable[str]) -> Iterator[Line]:
    lines = [Line(text, indent=2, mark=MARK) for text in texts]
    if lines:
        yield Line(title, "bold")
        yield from lines


def _condition(condition: Mapping[str, tuple[str, ...]]) -> str:
    return " and ".join(f"{question}: {' or '.join(answers)}" for question, answers in condition.items())


def _pairs(texts: Mapping[str, str]) -> Iterator[str]:
    return (f"{key}: {text}" if text else key for key, text in texts.items())


def _answer(question: Question, name: str) -> str:
    says = question.says(name)
    return name if says == name else f"{name}: {says}"


def _take(words: Sequence[str], count: int, usage: str) -> Sequence[str]:
    if len(words) != count:
        raise UsageError(f"Write `lineman knowledge {usage}`.")
    return words


def _known(kind: str, word: str, known: Iterable[str]) -> str:
    words = tuple(known)
    if word not in words:
        raise unknown_word(kind, word, words, "lineman knowledge list")
    return word


COMMANDS: Final[Mapping[str, Callable[[Knowledge, Sequence[str], argparse.Namespace], int]]] = {
    "check": _check,
    "tree": _tree,
    "list": _list,
    "codes": _codes,
    "new": _new,
    "show": _show,
}
