"""In front of the emulator: it takes arguments as forms only, Slack's SDK also sends them in the query.

It also writes down what the emulator does not know, so that tests can tell what was looked at and what was not.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

HOST: Final = "127.0.0.1"
KEPT: Final = ("authorization", "content-type")
FORM: Final = "application/x-www-form-urlencoded"


@dataclass
class Shim:
    """Where it listens, and what passed through it."""

    base: str = ""
    calls: list[tuple[str, int, str]] = field(default_factory=list)  # method, status, error

    @property
    def errors(self) -> list[str]:
        """Every call the emulator refused, as `method: error`."""
        return [
            f"{method}: {error or status}" for method, status, error in self.calls if error or status >= 400
        ]


@asynccontextmanager
async def shim(upstream: str) -> AsyncIterator[Shim]:
    """Listen on loopback and pass everything on to *upstream* until the block is left."""
    seen = Shim()
    async with aiohttp.ClientSession() as session:

        async def pass_on(request: web.Request) -> web.Response:
            return await _pass_on(request, session, upstream, seen)

        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/{path:.*}", pass_on)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, 0).start()
            seen.base = f"http://{HOST}:{runner.addresses[0][1]}"
            yield seen
        finally:
            await runner.cleanup()


async def _pass_on(
    request: web.Request, session: aiohttp.ClientSession, upstream: str, seen: Shim
) -> web.Response:
    body = await request.read()
    headers = {name: value for name, value in request.headers.items() if name.lower() in KEPT}
    method, url = request.method, f"{upstream}{request.path_qs}"
    if request.path.startswith("/api/") and not body:
        body, method, url = (
            urlencode(list(request.query.items())).encode(),
            "POST",
            f"{upstream}{request.path}",
        )
        headers["Content-Type"] = FORM
    async with session.request(method, url, data=body, headers=headers) as response:
        content = await response.read()
        is_json = response.content_type == "application/json"
        error = (
            (await response.json()).get("error", "") if is_json and request.path.startswith("/api/") else ""
        )
        seen.calls.append((request.path.removeprefix("/api/"), response.status, str(error)))
        return web.Response(status=response.status, body=content, content_type=response.content_type)
