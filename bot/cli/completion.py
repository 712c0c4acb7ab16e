"""Run `lineman completion SHELL`: print a script that completes commands, options, and values.

The script is generated once and contains every word, so that pressing Tab does not start Lineman.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Final

from bot.cli.main import COMMANDS
from bot.cli.main import make_parser as make_main_parser
from bot.cli.parser import Parser
from bot.errors import UsageError

SHELLS: Final = ("bash", "zsh", "fish", "tcsh")

# Metavars, or destinations of arguments without one, whose values are paths.
FILES: Final = frozenset({"DATABASE", "FILE", "PATH"})
FOLDERS: Final = frozenset({"DIR", "HOME"})

EPILOG: Final = (
    'For bash, add `eval "$(lineman completion bash)"` to ~/.bashrc. For zsh, save it as _lineman in $fpath. '
    "For fish, save it as ~/.config/fish/completions/lineman.fish. For tcsh, source it from ~/.tcshrc. "
    "Make the script again after an update."
)


def run_completion(words: Sequence[str]) -> int:
    """Print the script for a shell. The exit code is 0."""
    import shtab

    options = make_parser().read(words)
    if options.shell not in SHELLS:
        raise UsageError(f"Name a shell: {', '.join(SHELLS)}.")
    sys.stdout.write(shtab.complete(make_command_tree(), options.shell) + "\n")
    return 0


def make_parser() -> Parser:
    """Make the parser of `lineman completion`."""
    parser = Parser(
        prog="lineman completion",
        description="Print a script that completes Lineman's commands and options in a shell.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("shell", nargs="?", metavar="|".join(SHELLS))
    return parser


def make_command_tree() -> argparse.ArgumentParser:
    """Make one parser of all commands, with the possible values of each argument as its choices."""
    values = _known_values()
    tree = argparse.ArgumentParser(prog="lineman", add_help=False, parents=[make_main_parser()])
    _add_choices(tree, values)
    commands = tree.add_subparsers(dest="command")
    for name, (module, _, make) in COMMANDS.items():
        parser: argparse.ArgumentParser = getattr(import_module(module), make)()
        _add_choices(parser, values)
        commands.add_parser(name, parents=[parser], add_help=False, help=parser.description)
    return tree


def _add_choices(parser: argparse.ArgumentParser, values: Mapping[str, Iterable[str]]) -> None:
    """Set the choices of each argument by its metavar: `yes|no` lists them, FILE or PLATFORM name a kind."""
    import shtab

    for action in parser._actions:  # noqa: SLF001 - argparse has no public list of arguments; shtab reads this one, too
        if isinstance(action.choices, Mapping):  # sub-commands
            for command in action.choices.values():
                _add_choices(command, values)
            continue
        kind = str(action.metavar or action.dest.upper())
        if "|" in kind:
            action.choices = kind.split("|")
        elif kind in values:
            action.choices = values[kind]
        elif kind in FILES | FOLDERS:
            path = shtab.FILE if kind in FILES else shtab.DIRECTORY
            action.complete = path  # type: ignore[attr-defined]  # shtab's own attribute


def _known_values() -> dict[str, Iterable[str]]:
    # Keeps the knowledge out of --help.
    from knowledge.loading.load import load_knowledge
    from knowledge.loading.load_network import load_network
    from probes.protocol.model import VANTAGES

    knowledge = load_knowledge(quick=True)
    codes, platforms, causes = list(knowledge.errors), list(knowledge.platforms), list(knowledge.causes)
    return {
        "CAUSE": causes,
        "CODE": codes,
        "CODE [PLATFORM]": codes + platforms,
        "CODE or ID": [*codes, *platforms, *causes, *knowledge.questions],
        "EDGE": load_network().edge_names,
        "PLATFORM": platforms,
        "VANTAGE": VANTAGES,
    }
