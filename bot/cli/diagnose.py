"""Run `lineman diagnose`: one case, from the command line to the answer and its exit code."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Final

from bot.cli.exit_codes import EXIT
from bot.cli.live_run import store_run, talk_through
from bot.cli.parser import NETWORK_FILE, Parser
from bot.cli.text_evidence import add_evidence
from bot.cli.vantage import HELP, find_vantage
from bot.diagnosis.engine import Engine, RecordChange, load_engine
from bot.diagnosis.run_record import RunRecord
from bot.errors import UsageError
from bot.language.command_parser import parse_words
from bot.model.request import Request
from bot.model.vocabulary import person_asks, person_options
from bot.version import version
from knowledge.loading.load import load_knowledge
from knowledge.model.schema import Knowledge

MOST: Final = 1_000_000  # bytes of stdin

EPILOG: Final = (
    "- as the only argument reads a text from standard input. "
    "Exit codes: 0 cause found, 1 no problem found, 2 invalid request, 3 could not tell. "
    "TURN credentials come from the network file, from LINEMAN_ICE_SERVERS, or are created with "
    "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN (or TWILIO_API_KEY and TWILIO_API_SECRET). "
    "With the same keys, Lineman reads the data of a call by its Call SID."
)


def run_diagnose(words: Sequence[str]) -> int:
    """Diagnose what *words* ask for, print the answer, and return the exit code."""
    knowledge = load_knowledge(quick=True)
    answers = person_options(knowledge)
    options = _parser(knowledge).read(words)
    if not options.words:
        raise UsageError(
            "No error code is given. Write it, or describe the problem, such as: lineman diagnose 31009 ios"
        )
    local = not options.relay or "local" in ",".join(options.relay).split(",")
    asks = local and not options.json and sys.stdin.isatty() and sys.stdout.isatty()
    vantage = find_vantage(options.vantage, os.environ, asks=asks)
    engine = load_engine(options.network, vantage, knowledge, remote=True)
    named = _named(options, tuple(answers))
    words = [_stdin()] if options.words == ["-"] else options.words
    add: RecordChange | None = None
    if any("CA" in word for word in words):
        # Most commands name no Call SID. Reading texts takes 0.1 s to import.
        from bot.cli.diagnose_call import UnreadCallError, with_call

        out = sys.stderr if options.json else sys.stdout
        try:
            request, add = with_call(words, engine, named, understand, out)
        except UnreadCallError as unread:
            print(unread, file=out)
            return EXIT["unclear"]
    else:
        request = understand(words, engine, named)
    text = " ".join(words)
    if options.json:
        return _as_json(engine, request, text, add)
    left: list[str] = []  # a message that was typed at a question and is no answer
    records = talk_through(engine, request, _parts(options), text=text, put_back=left.append, add=add)
    if left:
        # The session loads the text model.
        from bot.cli.repl_case import continue_case

        records = continue_case(engine, records, left[0])
    store_run(engine, records)
    return _exit_code(records)


def _stdin() -> str:
    return sys.stdin.buffer.read(MOST).decode("utf-8", "replace").strip()


def understand(words: Sequence[str], engine: Engine, named: Sequence[tuple[str, str]]) -> Request:
    """Make the request from *words* and the *named* options, which take precedence; `UsageError`."""
    try:
        return parse_words(words, engine.vocabulary, named)
    except UsageError as error:
        # A command as documented is parsed without the text model, which saves 0.1 s before the first probe.
        from bot.cli.diagnose_text import request_of_text

        return request_of_text(words, engine, named, error)


def _as_json(engine: Engine, request: Request, text: str, add: RecordChange | None) -> int:
    records = engine.locate(add_evidence(engine, engine.diagnose_all(request, lambda _: None, add), text))
    records = engine.fill_lines(records)
    # Not needed before the first check; keeps rendering out of start-up.
    from bot.rendering.json.diagnosis import render, render_several
    from bot.rendering.view import make_view

    views = [make_view(record, engine.knowledge, engine.network) for record in records]
    if len(records) > 1:
        reply = render_several(records, views, engine.network, version())
    else:
        reply = render(records[0], views[0], engine.network, version())
    json.dump(reply, sys.stdout, indent=2)
    sys.stdout.write("\n")
    return _exit_code(records)


def _exit_code(records: Sequence[RunRecord]) -> int:
    # Comparing relays takes 4 ms to import, for which no check has to wait.
    from bot.diagnosis.comparison import leading

    return EXIT[leading(records).diagnosis.outcome]


def make_parser() -> Parser:
    """Make the parser of `lineman diagnose`, with an option for each question that a person can answer."""
    return _parser(load_knowledge(quick=True))


def _parser(knowledge: Knowledge) -> Parser:
    parser = Parser(
        prog="lineman diagnose",
        description="Test from this machine, or from relays, everything that can cause an error code.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "words",
        nargs="*",
        metavar="CODE [PLATFORM]",
        help="the error code (or a description, or a pasted log), and the platform if you know it",
    )
    add(
        "--platform", action="append", help="javascript, android, ios, or react-native (default: all of them)"
    )
    add("--edge", action="append", help="the edge set in the app (default: roaming)")
    asks = person_asks(knowledge)
    for name, words in person_options(knowledge).items():
        visible = "|".join(dict.fromkeys(words.values())) or "V"
        add(f"--{name}", action="append", metavar=visible, help=asks[name].replace("%", "%%"))
    add(
        "--relay",
        action="append",
        help="the relays that test, such as acme-hq,local (default: local, this machine)",
    )
    add("--vantage", metavar="WHERE", help=HELP)
    add("--network", metavar="FILE", help=NETWORK_FILE)
    add("--json", action="store_true", help="print one JSON object (docs/schemas/diagnosis.schema.json)")
    add(
        "--details",
        action="store_true",
        help="also print all evidence and fixes, and what was ruled out or not checked",
    )
    add("--rules", action="store_true", help="also print the firewall rules for what was found")
    add("--preflight", action="store_true", help="also print how to run the SDK's own test in the app")
    add(
        "--all",
        action="store_true",
        help="print all of these, and every check (--verbose does the same)",
    )
    add("--verbose", action="store_true", help=argparse.SUPPRESS)
    return parser


def _parts(options: argparse.Namespace) -> tuple[str, ...]:
    """Return the parts that follow the short answer."""
    if options.all or options.verbose:
        return ("all",)
    return tuple(name for name in ("details", "rules", "preflight") if getattr(options, name))


def _named(options: argparse.Namespace, texts: Sequence[str]) -> list[tuple[str, str]]:
    """List the options that were given, each as often as it was given."""
    found = []
    for name in ("platform", "edge", "relay", *texts):
        found += [(name, value) for value in getattr(options, name.replace("-", "_")) or ()]
    return found
