"""Serve the check page by itself: `lineman check serve`."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from bot.check_link.page_files import PageFiles
from bot.check_link.pages import CheckPages
from bot.check_link.service import CheckService
from bot.check_link.settings import CheckSettings
from bot.diagnosis.engine import Engine
from bot.errors import UsageError
from bot.http_server import open_server
from bot.storage.store import Store

log = logging.getLogger(__name__)


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
    try:
        server = await open_server(pages, host, port, log)
    except OSError as error:
        raise UsageError(f"Cannot listen on {host}:{port}: {error.strerror}. Choose another PORT.") from error
    try:
        yield server.port
    finally:
        await server.close()


async def _alive(_: web.Request) -> web.Response:
    return web.json_response({"alive": True})
