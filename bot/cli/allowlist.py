"""Run `lineman allowlist`: print the hosts and ports to allow, in a firewall's format."""

import sys
from collections.abc import Sequence

from bot.allowlist.formats import FORMS
from bot.allowlist.request import TEXT, make_list_request
from bot.allowlist.resolve import write_list
from bot.cli.parser import NETWORK_FILE, Parser
from bot.errors import UsageError
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network


def run_allowlist(words: Sequence[str]) -> int:
    """Print the list that *words* ask for. The exit code is 0."""
    options = make_parser().read(words)
    if len(options.words) != 1:
        raise UsageError(
            "Write `lineman allowlist PLATFORM`, such as `lineman allowlist ios --edge frankfurt`."
        )
    network = load_network(options.network)
    fields = {
        "platform": options.words[0],
        "edge": options.edge or "",
        "turn": options.turn,
        "format": options.format,
        "any-address": "yes" if options.any_address else "no",
        "sdk-version": options.sdk_version or "",
    }
    sys.stdout.write(write_list(make_list_request(fields, load_knowledge(), network), network))
    return 0


def make_parser() -> Parser:
    """Make the parser of `lineman allowlist`."""
    parser = Parser(
        prog="lineman allowlist",
        description="List the hosts, ports, and ranges that a platform needs at an edge, with sources and date. For "
        "formats that take only addresses (nft, iptables, terraform-sg), names are resolved now. Make the list again "
        "from time to time, because addresses change.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "words", nargs="*", metavar="PLATFORM", help="javascript, android, ios, or react-native"
    )
    parser.add_argument("--edge", help="the edge set in the app (default: roaming, which needs every edge)")
    parser.add_argument("--turn", default="no", metavar="yes|no", help="whether the app passes TURN servers")
    parser.add_argument(
        "--sdk-version",
        metavar="V",
        help="version of a mobile SDK; versions before 3.0 use another signaling port",
    )
    parser.add_argument(
        "--format", default=TEXT, metavar="|".join(FORMS), help="how to write the list (default: text)"
    )
    parser.add_argument(
        "--any-address", action="store_true", help="allow the ports to any address instead of resolving names"
    )
    parser.add_argument("--network", metavar="FILE", help=NETWORK_FILE)
    return parser
