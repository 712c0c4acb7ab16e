"""Run `lineman hub`: accept relays until a signal stops it."""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Final

from msgspec import to_builtins

from bot.cli.parser import Parser
from bot.errors import UsageError
from bot.logs import write_log
from bot.relays.hub.control_socket import FOREIGN, ControlSocket, ForeignHubError, controlled
from bot.relays.hub.endpoint import ListenAddress, listening
from bot.relays.hub.hub import Hub
from bot.relays.hub.hub_lock import only_hub
from bot.relays.hub.paths import socket_of
from bot.relays.hub.remote_hub import HubTroubleError
from bot.relays.hub.settings import METRICS, HubSettings, read_hub_settings
from bot.settings import read_log_format, read_log_level
from bot.storage.relay_registry import RelayRegistry
from probes.protocol.json_codec import dump
from probes.protocol.log_format import TEXT
from probes.protocol.metrics import HUB, MetricsError, metrics_served

log: Final = logging.getLogger(__name__)

PORT: Final = 8443

# How often Python looks for unused objects. It follows the number of objects, of which thousands of relays have many:
# with Python's own values (700, 10, 10), that took a seventh of the time in which 1,600 of them connected.
_GARBAGE: Final = (50_000, 20, 20)


def run_hub(words: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT, or print the status of the hub that runs. The exit code is 0, or 1 for trouble."""
    options = make_parser().read(words)
    if options.command == "status":
        return asyncio.run(_status(socket_of(os.environ), as_json=options.json))
    settings = read_hub_settings(os.environ)
    settings = replace(settings, url=options.url or settings.url)
    host, port = _address(options.listen or f"127.0.0.1:{PORT}")
    listen = ListenAddress(host, port, options.socket or "", options.certificate or "", options.key or "")
    form = read_log_format(os.environ)
    write_log(read_log_level(os.environ), form)
    try:
        asyncio.run(serve_hub(settings, listen, _print if form == TEXT else _log))
    except MetricsError as error:
        raise UsageError(str(error)) from None
    return 0


def make_parser() -> Parser:
    """Make the parser of `lineman hub`."""
    parser = Parser(
        prog="lineman hub",
        description="Run the hub that relays connect to. docs/hub.md explains the setup.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("command", nargs="?", choices=["status"], help="show the state of the hub on this machine")
    add("--json", action="store_true", help="with status: print one JSON object")
    add("--listen", metavar="HOST:PORT", help=f"where to listen (default: 127.0.0.1:{PORT})")
    add("--socket", metavar="PATH", help="listen on this Unix socket instead, for nginx on the same machine")
    add(
        "--certificate",
        metavar="FILE",
        help="PEM file with the certificate, its chain, and the key (or give --key)",
    )
    add("--key", metavar="FILE", help="PEM file with the key of the certificate")
    add("--url", help="the URL that relays connect to, such as wss://hub.example/relay")
    return parser


async def _status(path: Path, *, as_json: bool) -> int:
    """Print the status of the hub behind the socket *path*; `UsageError` if none answers."""
    try:
        status = await ControlSocket(path).hub()
    except ForeignHubError:
        raise UsageError(FOREIGN.format(path)) from None
    except HubTroubleError as error:
        raise UsageError(f"The hub cannot answer now: {error}. Try again soon.") from None
    except OSError as error:
        raise UsageError(
            f"No hub answers on {path}. Start one with lineman hub, or set LINEMAN_HUB_SOCKET."
        ) from error
    except ValueError as error:
        raise UsageError("The hub that runs here is older than this command. Restart it.") from error
    if as_json:
        sys.stdout.write(dump(to_builtins(status)) + "\n")
    else:
        sys.stdout.write(
            f"Relays connected: {status.connected}. Plans running: {status.running}. "
            f"Connections not authenticated yet: {status.waiting}.\n"
        )
        if status.nats:
            others = ", ".join(status.others) or "none"
            sys.stdout.write(f"NATS: {status.nats}. Other hubs: {others}.\n")
        sys.stdout.writelines(f"Failing: {problem}.\n" for problem in status.failing)
    return int(bool(status.failing))


async def serve_hub(settings: HubSettings, listen: ListenAddress, tell: Callable[[str], None]) -> None:
    """Serve until a signal arrives. *tell* receives the address once relays can connect."""
    names = settings.names
    over = asyncio.Event()
    gc.freeze()  # what is loaded now stays
    gc.set_threshold(*_GARBAGE)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    registry = RelayRegistry.open(settings.database)
    hub = Hub(registry, names, settings.limits)
    try:
        with only_hub(settings):
            async with (
                metrics_served(METRICS, settings.metrics, HUB, hub.gauges),
                hub.serving(),
                controlled(hub, settings.socket),
                _shared(hub, settings),
                listening(hub, listen) as where,
            ):
                socket = settings.socket
                tell(f"Relays connect to {settings.url}. Listening on {where}, control socket {socket}.")
                await over.wait()
                hub.close()
                log.info("hub stopped; relays keep their plans and reconnect")
    finally:
        await registry.close()


def _shared(hub: Hub, settings: HubSettings) -> AbstractAsyncContextManager[object]:
    if settings.nats is None:
        return nullcontext()
    # The driver is an optional package.
    from bot.relays.nats.serve import shared

    return shared(hub, settings.nats)


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - for the user


def _log(line: str) -> None:
    log.info("%s", line)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise UsageError(f"--listen needs HOST:PORT, such as 0.0.0.0:{PORT}.")
    return host.strip("[]"), int(port)
