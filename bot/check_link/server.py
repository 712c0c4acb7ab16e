"""Serve the check page by itself: `lineman check serve`."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from bot.check_link.page_files import PageFiles
from bot.check_link.pages import CheckPages
from bot.check_link.service import CheckService
from bot.check_link.settings import CheckSettings
from bot.diagnosis.engine import Engine
from bot.errors import UsageError
from bot.http_log import HttpServerLog
from bot.storage.store import Store

log = logging.getLogger(__name__)

SHUTDOWN: Final = 5.0  # seconds for requests in progress
IDLE: Final = 75.0  # seconds that a connection may be idle. Proxies in front keep theirs for 60 seconds.
LINGER: Final = 2.0  # seconds in which the rest of a refused body is read, so that its sender gets the answer


async def serve_checks(
    settings: CheckSettings, engine: Engine, new_run: Callable[[], str], say: Callable[[str], None]
) -> None:
    """Serve until SIGTERM or SIGINT; *say* gets one line per step. `UsageError` if it cannot start."""
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    store = Store.open(settings.database)
    try:
        service = CheckService(engine, store, settings, new_run)
        async with serving(service, settings.host, settings.port) as port:
            say(f"Serving check links of {settings.url} on {settings.host}:{port}.")
            await over.wait()
    finally:
        await store.close()
    say("Stopped.")


@asynccontextmanager
async def serving(
    service: CheckService, host: str, port: int, files: PageFiles | None = None
) -> AsyncIterator[int]:
    """Listen while the context is open, and yield the port. *files* are those of the page, by default as built."""
    pages = web.Application()
    CheckPages(service, files or PageFiles.load()).add_to(pages)
    pages.router.add_get("/healthz", _alive)
    runner = web.AppRunner(
        pages,
        access_log=None,  # it would write the links
        logger=HttpServerLog(log),
        shutdown_timeout=SHUTDOWN,
        keepalive_timeout=IDLE,
        lingering_time=LINGER,
        auto_decompress=False,
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise UsageError(
                f"Cannot listen on {host}:{port}: {error.strerror}. Choose another PORT."
            ) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _alive(_: web.Request) -> web.Response:
    return web.json_response({"alive": True})
