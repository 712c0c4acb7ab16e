"""Run the `lineman` command: find the subcommand, run it, and return the exit code.

0 cause found, 1 no problem found from here, 2 usage error, 3 could not tell, 74 output not written, 130 interrupted.
"""

import gc
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Final

from bot.cli.moving_note import write_moving_note
from bot.cli.parser import Parser
from bot.errors import UsageError, printable, unknown_word
from bot.version import version
from knowledge.model.problems import KnowledgeError

USAGE: Final = 2
OUTPUT_FAILED: Final = 74  # EX_IOERR of sysexits.h
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells count
PIPE_CLOSED: Final = 141  # 128 + SIGPIPE

# The module of each command, the function that runs it, and the one that makes its parser. A module is
# imported only when its command runs, which keeps the other commands fast.
COMMANDS: Final = {
    "again": ("bot.cli.history", "run_again", "make_again_parser"),
    "allowlist": ("bot.cli.allowlist", "run_allowlist", "make_parser"),
    "ask": ("bot.cli.ask", "run_ask", "make_parser"),
    "backup": ("bot.cli.backup", "run_backup", "make_backup_parser"),
    "check": ("bot.cli.check", "run_check", "make_parser"),
    "check-link": ("bot.cli.check_link", "run_check_link", "make_parser"),
    "compare": ("bot.cli.history", "run_compare", "make_compare_parser"),
    "completion": ("bot.cli.completion", "run_completion", "make_parser"),
    "database": ("bot.cli.database", "run_database", "make_parser"),
    "diagnose": ("bot.cli.diagnose", "run_diagnose", "make_parser"),
    "doctor": ("bot.cli.doctor", "run_doctor", "make_parser"),
    "history": ("bot.cli.history", "run_history", "make_history_parser"),
    "hub": ("bot.cli.hub", "run_hub", "make_parser"),
    "knowledge": ("bot.cli.knowledge", "run_knowledge", "make_parser"),
    "labels": ("bot.cli.labels", "run_labels", "make_parser"),
    "preflight": ("bot.cli.preflight", "run_preflight", "make_preflight_parser"),
    "preview": ("bot.cli.preview", "run_preview", "make_parser"),
    "read": ("bot.cli.read", "run_read", "make_parser"),
    "relay": ("probes.__main__", "main", "make_parser"),
    "relays": ("bot.cli.relays", "run_relays", "make_parser"),
    "restore": ("bot.cli.backup", "run_restore", "make_restore_parser"),
    "serve": ("bot.cli.serve", "run_serve", "make_parser"),
    "understand": ("bot.cli.read", "run_understand", "make_understand_parser"),
    "version": ("bot.cli.version", "run_version", "make_parser"),
}
SERVERS: Final = frozenset({"check", "hub", "relay", "serve"})  # they run without a standard output

# New objects until Python looks for unused ones. A start makes 75,000 and drops none of them: with Python's own
# threshold of 700, it would search them 110 times, a tenth of its time.
_OBJECTS: Final = 100_000

HELP: Final = """\
Lineman finds out why a Twilio Voice client cannot connect or has no audio (error 31009 and related codes).

Find the cause
  lineman                              start a conversation: type /diagnose 31009, help, or quit
  lineman diagnose CODE [PLATFORM]     test from this machine, then say what is wrong and who must act
  lineman diagnose "no audio on VPN"   the same from a description, without a code
  lineman preflight FILE               read a preflight report: what the user's device measured
  lineman read FILE | - | TEXT         read any text: words, a log, a report, or a tool's output
  lineman ask QUESTION                 answer a question, with sources
  lineman allowlist PLATFORM           list what a firewall must allow, in its own format

Earlier runs
  lineman history                      list the diagnoses of this machine
  lineman again [RUN]                  run one again, and say what changed
  lineman compare RUN RUN              say what changed between two

The customer's browser
  lineman check-link CODE [PLATFORM]   make a link that lets the customer's browser test the network
  lineman check-link list | show NAME | cancel NAME
  lineman check serve                  serve the page of these links (docs/check-link.md)

Slack and relays
  lineman serve                        run the Slack bot (docs/slack.md)
  lineman hub                          run the hub that relays connect to (docs/hub.md)
  lineman hub status                   show the state of the hub on this machine
  lineman relay join INVITATION        make this machine a relay (docs/relays.md)
  lineman relays invite NAME | list | show NAME | revoke NAME | rename NAME NEW
  lineman doctor                       check this installation, and say what to do next
  lineman backup FILE | restore FILE   save the database and the signing key, or put them back
  lineman database copy FROM TO        move the database from a file to PostgreSQL (docs/scale.md)

Knowledge and development
  lineman knowledge list | show ID     list codes, causes, questions, and platforms, or show one
  lineman knowledge tree CODE          show the questions that separate the causes of a code
  lineman knowledge new cause ID       create the file of a new cause
  lineman knowledge check              run the examples in the knowledge files
  lineman understand TEXT              find codes, the platform, and likely causes in a text
  lineman labels                       list descriptions from Slack and the causes that users chose
  lineman preview DIR                  write every Slack message as an HTML page
  lineman completion SHELL             print the completion script for bash, zsh, fish, or tcsh
  lineman version                      print the version

Each command has --help. Exit codes of a diagnosis: 0 cause found, 1 no problem found, 2 invalid request,
3 could not tell, 74 the answer could not be written, 130 stopped by Ctrl-C.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code. Catch every exception of our own."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if sys.stdout is None:  # closed by the caller, such as with >&-
        if not SERVERS.intersection(words[:1]):
            return _not_written("it is closed")
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - open until the process ends
    try:
        with _few_searches(words):
            code = _run(words)
        sys.stdout.flush()
    except UsageError as error:
        return _refuse([str(error)], "--json" in words)
    except KnowledgeError as error:
        return _refuse(error.problems, "--json" in words)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of the pipe has exited. Without this, the interpreter prints another error when it closes
        # stdout.
        _discard_output()
        return PIPE_CLOSED
    except OSError as error:
        if not _output_fails():
            raise
        _discard_output()
        return _not_written(error.strerror or str(error))
    return code


@contextmanager
def _few_searches(words: Sequence[str]) -> Iterator[None]:
    """Let Python search for unused objects rarely, except in servers, which run long."""
    before = gc.get_threshold()
    if not SERVERS.intersection(words[:1]):
        gc.set_threshold(_OBJECTS)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _output_fails() -> bool:
    """Tell whether standard output is what fails: one more character fails too."""
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError:
        return True
    return False


def _discard_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _not_written(why: str) -> int:
    """Say on stderr, where there is one, that the answer could not be written."""
    if sys.stderr is not None:
        sys.stderr.write(
            f"lineman: Could not write to standard output: {why}. Send it to a terminal or a file with space left.\n"
        )
    return OUTPUT_FAILED


def _run(words: list[str]) -> int:
    if not words or words[0].startswith("-"):
        return _talk(words)
    if words[0] not in COMMANDS:
        raise unknown_word("a command", words[0], tuple(COMMANDS), "lineman --help")
    write_moving_note(words[0])
    module, name, _ = COMMANDS[words[0]]
    run: Callable[[list[str]], int] = getattr(import_module(module), name)
    return run(words[1:])


def _talk(words: list[str]) -> int:
    """Start the interactive session, unless the options only ask about the program itself."""
    options = make_parser().read(words)
    if options.help:
        sys.stdout.write(HELP)
    elif options.version:
        sys.stdout.write(f"lineman {version()}\n")
    else:
        # Keeps the session out of the start of every command.
        from bot.cli.repl import run_repl

        return run_repl(options.network, options.vantage)
    return 0


def make_parser() -> Parser:
    """Make the parser of `lineman` without a command."""
    parser = Parser(prog="lineman", add_help=False, allow_abbrev=False)
    parser.add_argument("--help", "-h", action="store_true", help="list the commands")
    parser.add_argument("--version", action="store_true", help="print the version")
    parser.add_argument("--network", metavar="FILE", help="use this network file instead of Twilio's")
    parser.add_argument(
        "--vantage",
        metavar="WHERE",
        help="where this machine is: user-network, reference (elsewhere), or unknown",
    )
    return parser


def _refuse(sentences: Sequence[str], as_json: bool) -> int:
    """Print the error on stderr. If JSON was requested, print it as JSON there, too."""
    for sentence in sentences:
        sys.stderr.write(f"lineman: {printable(sentence)}\n")
    if as_json:
        json.dump({"error": "\n".join(sentences)}, sys.stdout, ensure_ascii=True)
        sys.stdout.write("\n")
    return USAGE


if __name__ == "__main__":
    sys.exit(main())
