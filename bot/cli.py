"""The `lineman` command: which words it takes, and with which number it ends.

0 found, 1 nothing wrong seen from here, 2 usage, 3 could not tell, 130 interrupted.
"""

import json
import os
import sys
from collections.abc import Sequence
from typing import Final

from bot.arguments import Parser, version
from bot.errors import UsageError, printable, unknown
from knowledge.problems import KnowledgeError

USAGE: Final = 2
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells count
PIPE_CLOSED: Final = 141  # 128 + SIGPIPE

COMMANDS: Final = ("diagnose", "hub", "knowledge", "preview", "relay", "relays", "serve")

HELP: Final = """\
Finds out why a Twilio Voice client cannot get its transport up (error 31009 and its relatives).

  lineman                              talk: type /diagnose 31009, help or quit
  lineman diagnose CODE [platform]     look from this host, and say what is wrong and what to do
  lineman serve                        the Slack bot: see docs/slack.md
  lineman hub                          where relays on other hosts dial in: see docs/hub.md
  lineman relay join INVITATION        make this host a relay: see docs/relays.md
  lineman relays invite NAME | list | show NAME | revoke NAME | rename NAME NEW
  lineman knowledge check              run the cases that stand in the knowledge files
  lineman knowledge tree CODE          show how the causes of a code are told apart
  lineman knowledge list | show ID     what is known: codes, causes, questions, platforms
  lineman preview DIR                  write every Slack reply as a page to look at

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
    match words[:1]:
        case ["diagnose"]:
            from bot.diagnose import run_diagnose

            return run_diagnose(words[1:])
        case ["knowledge"]:
            from bot.knowledge_commands import run_knowledge

            return run_knowledge(words[1:])
        case ["preview"]:
            from bot.preview import run_preview

            return run_preview(words[1:])
        case ["hub"]:
            from bot.hub.serve import run_hub

            return run_hub(words[1:])
        case ["relay"]:
            from probes.__main__ import main as run_relay

            return run_relay(words[1:])
        case ["relays"]:
            from bot.relay_commands import run_relays

            return run_relays(words[1:])
        case ["serve"]:
            from bot.serve import run_serve

            return run_serve(words[1:])
        case [word] if not word.startswith("-"):
            raise unknown("a command", word, COMMANDS)
    return _talk(words)


def _talk(words: list[str]) -> int:
    """Hold the conversation, unless only a word about the program itself is wanted."""
    parser = Parser(prog="lineman", add_help=False, allow_abbrev=False)
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("--version", action="store_true")
    parser.add_argument("--network")
    parser.add_argument("--vantage")
    options, rest = parser.parse_known_args(words)
    if rest:
        raise unknown("an option of lineman", rest[0], parser.known)
    if options.help:
        sys.stdout.write(HELP)
    elif options.version:
        sys.stdout.write(f"lineman {version()}\n")
    else:
        from bot.conversation import converse

        return converse(options.network, options.vantage)
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
