"""The `diagnose` command: one case from the command line to the answer and its exit code."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from bot.arguments import Parser, version
from bot.desk import Desk, open_desk
from bot.errors import unknown
from bot.request import Request, parse_words
from bot.vocabulary import person_options
from knowledge.load import load_knowledge

EXIT: Final[Mapping[str, int]] = {"found": 0, "clear": 1, "unclear": 3}

EPILOG: Final = (
    "Exit codes: 0 something found, 1 nothing wrong seen from here, 2 usage, 3 could not tell. "
    "TURN credentials come from the network file, from LINEMAN_ICE_SERVERS, or are minted with "
    "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN (or TWILIO_API_KEY and TWILIO_API_SECRET)."
)


def run_diagnose(words: Sequence[str]) -> int:
    """Diagnose what *words* ask for, print the answer, and give the exit code."""
    knowledge = load_knowledge()
    told = person_options(knowledge)
    parser = _parser(told)
    options, rest = parser.parse_known_intermixed_args(list(words))
    if rest:
        raise unknown("an option of diagnose", rest[0], parser.known)
    desk = open_desk(options.network, options.vantage, knowledge, remote=True)
    request = parse_words(options.words, desk.vocabulary, _named(options, tuple(told)))
    if options.json:
        return _as_json(desk, request)
    from bot.terminal import answer

    return EXIT[answer(desk, request, verbose=options.verbose)]


def _as_json(desk: Desk, request: Request) -> int:
    from bot.compare import leading
    from bot.replies.json_reply import render, render_several

    records = desk.diagnose_all(request, lambda _: None)
    views = [desk.view(record) for record in records]
    if len(records) > 1:
        reply = render_several(records, views, desk.network, version())
    else:
        reply = render(records[0], views[0], desk.network, version())
    json.dump(reply, sys.stdout, indent=2)
    sys.stdout.write("\n")
    return EXIT[leading(records).diagnosis.outcome]


def _parser(told: Mapping[str, Mapping[str, str]]) -> Parser:
    parser = Parser(
        prog="lineman diagnose",
        description="Look from here, or from relays, at everything that an error code may come from.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("words", nargs="*", metavar="CODE [PLATFORM]", help="the error code, and the SDK's platform if known")
    add("--platform", action="append", help="the SDK's platform; without it, all of them are looked into")
    add("--edge", action="append", help="the edge that the client is set to (default: roaming)")
    for name, words in told.items():
        shown = "|".join(dict.fromkeys(words.values())) or "V"
        add(f"--{name}", action="append", metavar=shown, help=f"what you know about {name}")
    add(
        "--relay",
        action="append",
        help="the relays that look, such as acme-hq,local (default: local, this host)",
    )
    add("--vantage", help="where this host stands: user-network (default) or reference")
    add("--network", metavar="FILE", help="another network than Twilio's: see docs/network-files.md")
    add("--json", action="store_true", help="print one JSON object: see docs/schemas/diagnosis.schema.json")
    add("--verbose", action="store_true", help="also print every observation")
    return parser


def _named(options: argparse.Namespace, told: Sequence[str]) -> list[tuple[str, str]]:
    """List the options that were given, as often as they were."""
    found = []
    for name in ("platform", "edge", "relay", *told):
        found += [(name, value) for value in getattr(options, name.replace("-", "_")) or ()]
    return found
