"""Run `lineman hub`: accept relays until a signal stops it."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from bot.cli.parser import Parser
from bot.errors import UsageError
from bot.logs import write_log
from bot.relays.hub.control_socket import controlled
from bot.relays.hub.endpoint import ListenAddress, listening
from bot.relays.hub.hub import Hub
from bot.relays.hub.settings import HubSettings, read_hub_settings
from bot.settings import read_log_level
from bot.storage.relay_registry import RelayRegistry

log: Final = logging.getLogger(__name__)

PORT: Final = 8443


def run_hub(words: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT. The exit code is 0."""
    options = make_parser().read(words)
    settings = read_hub_settings(os.environ)
    settings = replace(settings, url=options.url or settings.url)
    host, port = _address(options.listen or f"127.0.0.1:{PORT}")
    listen = ListenAddress(host, port, options.socket or "", options.certificate or "", options.key or "")
    write_log(read_log_level(os.environ))
    asyncio.run(serve_hub(settings, listen, lambda line: print(line, flush=True)))  # noqa: T201 - for the user
    return 0


def make_parser() -> Parser:
    """Make the parser of `lineman hub`."""
    parser = Parser(
        prog="lineman hub",
        description="Accept connections from relays; docs/hub.md explains the setup.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--listen", metavar="HOST:PORT", help=f"where to listen (default: 127.0.0.1:{PORT})")
    add("--socket", metavar="PATH", help="listen on this Unix socket instead, for nginx on the same machine")
    add("--certificate", metavar="FILE", help="PEM: the certificate, its chain, and the key unless --key")
    add("--key", metavar="FILE", help="PEM: the key of the certificate")
    add("--url", help="what relays dial, such as wss://hub.example/relay")
    return parser


async def serve_hub(settings: HubSettings, listen: ListenAddress, tell: Callable[[str], None]) -> None:
    """Serve until a signal arrives. *tell* receives the address once relays can connect."""
    names = settings.names
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    registry = RelayRegistry.open(settings.database)
    hub = Hub(registry, names, settings.limits)
    try:
        async with hub.serving(), controlled(hub, settings.socket), listening(hub, listen) as where:
            tell(f"Relays dial {settings.url}; listening on {where}, asked on {settings.socket}.")
            await over.wait()
            hub.close()
            log.info("hub stopped; relays keep their plans and reconnect")
    finally:
        await registry.close()


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise UsageError(f"--listen needs HOST:PORT, such as 0.0.0.0:{PORT}.")
    return host.strip("[]"), int(port)
