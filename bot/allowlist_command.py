"""The `allowlist` command: what to let through a firewall, in the form that the firewall reads."""

import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from bot.allowlist import AllowList, make_list
from bot.allowlist_request import TEXT, ListRequest, make_request
from bot.arguments import Parser
from bot.errors import UsageError
from bot.replies.allowlist import BY_ADDRESS, FORMS
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.model.network import Network

ANYWHERE: Final = ("0.0.0.0/0",)
LookUp: TypeAlias = Callable[[str], tuple[str, ...]]


def run_allowlist(words: Sequence[str]) -> int:
    """Print the list that *words* ask for; the exit code is 0."""
    options = _parser().read(words)
    if len(options.words) != 1:
        raise UsageError(
            "Write `lineman allowlist PLATFORM`, such as `lineman allowlist ios --edge frankfurt`."
        )
    network = load_network(options.network)
    said = {
        "platform": options.words[0],
        "edge": options.edge or "",
        "turn": options.turn,
        "format": options.format,
        "any-address": "yes" if options.any_address else "no",
        "sdk-version": options.sdk_version or "",
    }
    sys.stdout.write(write_list(make_request(said, load_knowledge(), network), network))
    return 0


def write_list(wanted: ListRequest, network: Network) -> str:
    """Write the list that is *wanted*; forms that know addresses only ask the system's resolver, which may wait."""
    found = make_list(network, wanted.platform, wanted.edge, turn=wanted.turn, legacy=wanted.legacy)
    if wanted.form in BY_ADDRESS:
        found = found.with_addresses(addresses(found, network, anywhere=wanted.any_address))
    return FORMS[wanted.form](found)


def addresses(
    found: AllowList, network: Network, *, anywhere: bool = False, look_up: LookUp | None = None
) -> Mapping[str, tuple[str, ...]]:
    """Give each name's IPv4 addresses as /32: pinned, looked up, or any; `UsageError` for a name without."""
    given: dict[str, tuple[str, ...]] = {}
    for host in found.names:
        pinned = tuple(f"{one}/32" for one in network.addresses.get(host, ()) if ":" not in one)
        given[host] = pinned or (ANYWHERE if anywhere else (look_up or look_up_here)(host))
        if not given[host]:
            raise UsageError(
                f"{host} cannot be looked up from here, and this format knows addresses only: use --format text, "
                "csv, json, pan-os or cisco-asa, which keep names, or --any-address to allow the port anywhere."
            )
    return given


def look_up_here(host: str) -> tuple[str, ...]:
    """Ask the system's resolver for the IPv4 addresses of *host*, each as a /32; empty where it knows none."""
    try:
        found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return ()
    return tuple(sorted({f"{one[4][0]}/32" for one in found}))


def _parser() -> Parser:
    parser = Parser(
        prog="lineman allowlist",
        description="The hosts, ports and ranges that a platform needs at an edge, with sources and date. Formats "
        "that know addresses only (nft, iptables, terraform-sg) look names up now: make the list anew when they move.",
        allow_abbrev=False,
    )
    parser.add_argument("words", nargs="*", metavar="PLATFORM")
    parser.add_argument(
        "--edge", help="the edge that the client is set to (default: roaming, which needs all)"
    )
    parser.add_argument("--turn", default="no", metavar="yes|no", help="whether the app passes TURN servers")
    parser.add_argument(
        "--sdk-version", metavar="V", help="of a mobile SDK: those before 3.0 signal on a port of their own"
    )
    parser.add_argument("--format", default=TEXT, metavar="|".join(FORMS))
    parser.add_argument(
        "--any-address", action="store_true", help="allow ports to any address in place of names"
    )
    parser.add_argument("--network", metavar="FILE", help="another network than Twilio's")
    return parser
