"""Make the argument parsers of `lineman relays` and its commands."""

from collections.abc import Mapping
from typing import Final

from bot.cli.parser import NETWORK_FILE, Parser
from bot.storage.relay_registry import TOKEN_LIVES
from probes.protocol.model import USER_NETWORK

COMMANDS: Final[Mapping[str, str]] = {
    "invite": "create an invitation for a new relay",
    "list": "list the relays and their state",
    "show": "show one relay and its last plans",
    "revoke": "revoke a relay's access",
    "rename": "rename a relay",
    "policy": "print a policy file for a relay's host",
}


def make_parser() -> Parser:
    """Make the parser of `lineman relays`, for its help and for shell completion."""
    parser = Parser(prog="lineman relays", description="Manage the relays of a hub.", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, effect in COMMANDS.items():
        commands.add_parser(name, parents=[make_command_parser(name)], add_help=False, help=effect)
    return parser


def make_command_parser(command: str) -> Parser:
    """Make the parser of one of `COMMANDS`."""
    parser = Parser(prog=f"lineman relays {command}", description=COMMANDS[command], allow_abbrev=False)
    add = parser.add_argument
    match command:
        case "policy":
            add(
                "--network",
                metavar="FILE",
                help=NETWORK_FILE,
            )
        case "list":
            add("--json", action="store_true", help="print one JSON object: relays[]")
        case "invite":
            add("name", help="the name of the relay, such as acme-hq")
            add(
                "--label",
                action="append",
                default=[],
                metavar="KEY=VALUE",
                help="a label, such as site=hq; may be repeated",
            )
            add(
                "--for",
                dest="channels",
                action="append",
                default=[],
                metavar="#CHANNEL",
                help="a channel whose members may use the relay; may be repeated",
            )
            add("--vantage", default=USER_NETWORK, help="the relay's network: user-network or reference")
            add("--url", default="", help="the URL that relays connect to, such as wss://hub.example/relay")
            add("--pin", default="", metavar="FILE", help="trust only this certificate (PEM) of the hub")
            add("--hours", type=float, default=TOKEN_LIVES / 3600, help="hours that the invitation is valid")
        case _:
            add("name", nargs="*" if command == "rename" else None, help="the name of the relay")
    return parser
