"""HTTP routes of the check link: the page, its files, the start of a check, and its result.

A GET starts and counts nothing, because mail scanners and previews open links. No cookie is set or read.
"""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import Any, Final

from aiohttp import web

from bot.check_link.limits import LinkLimits
from bot.check_link.links import PATH
from bot.check_link.page_files import PLAIN_HEADERS, PageFiles, new_nonce, security_headers
from bot.check_link.result_schema import (
    LARGEST,
    InvalidResultError,
    read_call,
    read_call_report,
    read_result,
    read_start,
)
from bot.check_link.sdk_calls import SdkCalls
from bot.check_link.service import CheckService, LinkClosedError
from bot.logs import LogThrottle
from bot.storage.database import StoreError

log = logging.getLogger(__name__)

# A form of another site cannot send it; a script there needs a permission (CORS preflight) that it does not get.
MARK: Final = "X-Lineman-Check"
BODY_SECONDS: Final = 30.0  # for the whole body, over a slow line, too
CLOSED: Final = 404
BUSY: Final = 429
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_ASSET: Final = {"Cache-Control": "public, max-age=3600"}


class RefusedError(Exception):
    """A request that the page does not send."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class CheckPages:
    """The routes of one service."""

    def __init__(self, service: CheckService, files: PageFiles) -> None:
        self._service, self._files = service, files
        self._calls = SdkCalls(service.engine, service.store, service.settings, service.clock)
        self._limits, self._log = LinkLimits(), LogThrottle(log)
        self._assets = f"{service.settings.path}{PATH}/assets"

    def add_to(self, pages: web.Application) -> None:
        """Add the routes to *pages*, beside others."""
        pages.router.add_get(f"{PATH}/assets/{{name}}", self.asset)
        pages.router.add_get(f"{PATH}/{{token}}", self.page)
        pages.router.add_post(f"{PATH}/{{token}}/start", self.start)
        pages.router.add_post(f"{PATH}/{{token}}/result", self.result)
        pages.router.add_post(f"{PATH}/{{token}}/call", self.call)
        pages.router.add_post(f"{PATH}/{{token}}/report", self.report)

    async def page(self, request: web.Request) -> web.Response:
        """Answer with the page of an open link; every other link gets the same friendly page."""
        try:
            token = _token(request)
            if self._limits.wait(token, _address(request), time.monotonic()):
                return self._html({"v": 1, "error": "busy"}, (), BUSY)
            config, targets = await self._service.config(token)
        except LinkClosedError:
            return self._html({"v": 1, "error": "unknown"}, (), CLOSED)
        except StoreError as error:
            self._log.warn(f"check link: {error}")
            return self._html({"v": 1, "error": "busy"}, (), 503)
        origins = (*targets.origins, *self._calls.origins(targets))
        return self._html({**config, **self._calls.config(targets)}, origins, 200)

    async def asset(self, request: web.Request) -> web.Response:
        """Answer with a built file of the page."""
        file = self._files.assets.get(request.match_info["name"])
        if file is None:
            return web.Response(status=404, headers=PLAIN_HEADERS)
        headers = {**PLAIN_HEADERS, **_ASSET, "Content-Type": file.type}
        return web.Response(body=file.content, headers=headers)

    async def start(self, request: web.Request) -> web.Response:
        """Start a check: this counts one run."""

        async def work(token: str, body: bytes) -> dict[str, Any]:
            return await self._service.start(token, read_start(body), _address(request))

        return await self._post(request, work)

    async def result(self, request: web.Request) -> web.Response:
        """Take the result of a check."""

        async def work(token: str, body: bytes) -> dict[str, Any]:
            return await self._service.finish(token, read_result(body), body)

        return await self._post(request, work)

    async def call(self, request: web.Request) -> web.Response:
        """Give a token for a test call with the service's SDK."""

        async def work(token: str, body: bytes) -> dict[str, Any]:
            return await self._calls.token(token, read_call(body))

        return await self._post(request, work)

    async def report(self, request: web.Request) -> web.Response:
        """Take the SDK's report of a test call."""

        async def work(token: str, body: bytes) -> dict[str, Any]:
            return await self._calls.report(token, read_call_report(body))

        return await self._post(request, work)

    async def _post(
        self, request: web.Request, work: Callable[[str, bytes], Awaitable[dict[str, Any]]]
    ) -> web.Response:
        try:
            self._check_sender(request)
            token = _token(request)
            if seconds := self._limits.wait(token, _address(request), time.monotonic()):
                retry = int(seconds) + 1
                return _json({"v": 1, "error": "busy", "retry_s": retry}, BUSY, {"Retry-After": str(retry)})
            return _json(await work(token, await _body(request)), 200)
        except LinkClosedError:
            return _json({"v": 1, "error": "unknown"}, CLOSED)
        except RefusedError as refused:
            return _json({"v": 1, "error": "invalid"}, refused.status)
        except InvalidResultError:
            return _json({"v": 1, "error": "invalid"}, 400)
        except StoreError as error:
            self._log.warn(f"check link: {error}")
            return _json({"v": 1, "error": "busy", "retry_s": 5}, 503)

    def _check_sender(self, request: web.Request) -> None:
        """Refuse what a page of another site can make a browser send."""
        if request.headers.get("Origin", "").lower() != self._service.settings.origin:
            raise RefusedError(403)
        if request.headers.get(MARK) != "1":
            raise RefusedError(403)
        if request.content_type != "application/json" or "Content-Encoding" in request.headers:
            raise RefusedError(415)

    def _html(self, config: Mapping[str, Any], origins: tuple[str, ...], status: int) -> web.Response:
        nonce = new_nonce()
        text = self._files.page(config, self._assets, nonce)
        headers = security_headers(origins, nonce)
        return web.Response(
            text=text, content_type="text/html", charset="utf-8", status=status, headers=headers
        )


def _address(request: web.Request) -> str:
    """Return the customer's address: a proxy on this machine adds it as the last one of X-Forwarded-For."""
    text = request.remote or ""
    try:
        if ip_address(text).is_loopback:
            text = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        return str(ip_address(text))
    except ValueError:
        return ""


def _token(request: web.Request) -> str:
    token = request.match_info["token"]
    if not _TOKEN.fullmatch(token):
        raise LinkClosedError
    return token


async def _body(request: web.Request) -> bytes:
    """Read the body, up to its limits of size and time."""
    body = bytearray()
    if (request.content_length or 0) > LARGEST:
        raise RefusedError(413)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > LARGEST:
                    raise RefusedError(413)
    except TimeoutError:
        raise RefusedError(408) from None
    return bytes(body)


def _json(value: Mapping[str, Any], status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response(value, status=status, headers={**PLAIN_HEADERS, **(headers or {})})
