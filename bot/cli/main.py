"""The `lineman` command: which words it takes, and with which number it ends.

0 found, 1 nothing wrong seen from here, 2 usage, 3 could not tell, 130 interrupted.
"""

import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

from bot.cli.parser import Parser
from bot.errors import UsageError, printable, unknown_word
from bot.version import version
from knowledge.model.problems import KnowledgeError

USAGE: Final = 2
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells count
PIPE_CLOSED: Final = 141  # 128 + SIGPIPE

# Where each command lives; loaded when it is asked for, so that the others do not slow it down.
COMMANDS: Final = {
    "allowlist": ("bot.cli.allowlist", "run_allowlist"),
    "ask": ("bot.cli.ask", "run_ask"),
    "diagnose": ("bot.cli.diagnose", "run_diagnose"),
    "hub": ("bot.cli.hub", "run_hub"),
    "knowledge": ("bot.cli.knowledge", "run_knowledge"),
    "labels": ("bot.cli.labels", "run_labels"),
    "preflight": ("bot.cli.read", "run_preflight"),
    "preview": ("bot.cli.preview", "run_preview"),
    "relay": ("probes.__main__", "main"),
    "relays": ("bot.cli.relays", "run_relays"),
    "serve": ("bot.cli.serve", "run_serve"),
    "understand": ("bot.cli.read", "run_understand"),
    "version": ("bot.cli.version", "run_version"),
}

HELP: Final = """\
Finds out why a Twilio Voice client cannot get its transport up (error 31009 and its relatives).

  lineman                              talk: type /diagnose 31009, help or quit
  lineman diagnose CODE [platform]     look from this host, and say what is wrong and what to do
  lineman diagnose "no audio on VPN"   the same from what people say, without a code
  lineman understand TEXT              say which codes, platform and causes a text tells of
  lineman ask QUESTION                 answer from what is written, with its sources
  lineman preflight FILE               read the report of the SDK's own test, a log or a tool's output
  lineman allowlist PLATFORM           what a firewall has to let out, in its own form
  lineman serve                        the Slack bot: see docs/slack.md
  lineman hub                          where relays on other hosts dial in: see docs/hub.md
  lineman relay join INVITATION        make this host a relay: see docs/relays.md
  lineman relays invite NAME | list | show NAME | revoke NAME | rename NAME NEW
  lineman knowledge check              run the cases that stand in the knowledge files
  lineman knowledge tree CODE          show how the causes of a code are told apart
  lineman knowledge new cause ID       write the file of a new cause to fill in
  lineman knowledge list | show ID     what is known: codes, causes, questions, platforms
  lineman labels                       what people meant by stories without a code: see docs/asking.md
  lineman preview DIR                  write every Slack reply as a page to look at
  lineman version                      print the version

`lineman diagnose --help` tells its options. Exit codes: 0 something found, 1 nothing wrong seen
from here, 2 usage, 3 could not tell.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give the exit code; no exception of ours passes."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _run(words)
        sys.stdout.flush()
    except UsageError as error:
        return _refuse([str(error)], "--json" in words)
    except KnowledgeError as error:
        return _refuse(error.problems, "--json" in words)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us is gone; the interpreter would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return code


def _run(words: list[str]) -> int:
    if not words or words[0].startswith("-"):
        return _talk(words)
    if words[0] not in COMMANDS:
        raise unknown_word("a command", words[0], tuple(COMMANDS))
    module, name = COMMANDS[words[0]]
    run: Callable[[list[str]], int] = getattr(import_module(module), name)
    return run(words[1:])


def _talk(words: list[str]) -> int:
    """Hold the conversation, unless only a word about the program itself is wanted."""
    parser = Parser(prog="lineman", add_help=False, allow_abbrev=False)
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("--version", action="store_true")
    parser.add_argument("--network")
    parser.add_argument("--vantage")
    options = parser.read(words)
    if options.help:
        sys.stdout.write(HELP)
    elif options.version:
        sys.stdout.write(f"lineman {version()}\n")
    else:
        from bot.cli.repl import run_repl

        return run_repl(options.network, options.vantage)
    return 0


def _refuse(sentences: Sequence[str], as_json: bool) -> int:
    """Say what is wrong on stderr; where JSON was wanted, there too."""
    for sentence in sentences:
        sys.stderr.write(f"lineman: {printable(sentence)}\n")
    if as_json:
        json.dump({"error": "\n".join(sentences)}, sys.stdout, ensure_ascii=True)
        sys.stdout.write("\n")
    return USAGE


if __name__ == "__main__":
    sys.exit(main())
