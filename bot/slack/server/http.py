"""HTTP routes: Slack's requests, the install pages, liveness, and readiness."""

import logging
import time
from collections.abc import Callable
from typing import Final, TypeAlias

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.diagnosis.engine import Engine
from bot.logs import LogThrottle
from bot.slack.server.signed_request import LARGEST, RequestRefused, read_signature, read_signed
from bot.slack.state.context import AppContext
from bot.slack.state.health import Readiness
from bot.storage.store import Store

log = logging.getLogger(__name__)

AddPages: TypeAlias = Callable[[web.Application, Engine, Store], None]

EVENTS: Final = "/slack/events"


def make_pages(
    health: Readiness,
    app: AsyncApp | None,
    context: AppContext,
    signing_secret: str = "",
    add_pages: AddPages | None = None,
) -> web.Application:
    """Make the routes; without *app*, Slack's requests arrive over Socket Mode. With it, they are signed.

    *add_pages* adds those of other packages.
    """
    pages = web.Application(client_max_size=LARGEST)
    if add_pages:
        add_pages(pages, context.engine, context.store)

    async def alive(_: web.Request) -> web.Response:
        return web.json_response({"alive": True, "failing": health.failing()})

    async def ready(_: web.Request) -> web.Response:
        problems = await health.problems()
        return web.json_response(
            {"ready": not problems, "problems": problems}, status=503 if problems else 200
        )

    pages.router.add_get("/healthz", alive)
    pages.router.add_get("/readyz", ready)
    if app is not None:
        _add_slack(pages, app, context, signing_secret)
    if context.workspaces.flow is not None:
        _add_installation(pages, context.workspaces.flow)
    return pages


def _add_slack(pages: web.Application, app: AsyncApp, context: AppContext, secret: str) -> None:
    throttle = LogThrottle(log)

    def refuse(refused: RequestRefused) -> web.Response:
        throttle.warn(refused.reason)
        return web.json_response({"error": "invalid request"}, status=refused.status)

    async def events(request: web.Request) -> web.Response:
        arrived = time.monotonic()
        try:
            signed = await read_signed(request, secret, time.time())
        except RequestRefused as refused:
            return refuse(refused)
        with context.ack_priority.acknowledging(arrived):
            answer = await app.async_dispatch(signed)
        return await to_aiohttp_response(answer)

    async def expect(request: web.Request) -> web.StreamResponse | None:
        """Ask for the body of an `Expect` request only if its headers can be Slack's."""
        try:
            read_signature(request, time.time())
        except RequestRefused as refused:
            return refuse(refused)
        if request.headers["Expect"].lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0  # as in aiohttp's own: the answer has not begun
        return None

    # Every method: what is not signed is refused the same way.
    pages.router.add_route("*", EVENTS, events, expect_handler=expect)


def _add_installation(pages: web.Application, flow: AsyncOAuthFlow) -> None:
    async def install(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await flow.handle_installation(_without_body(request)))

    async def installed(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await flow.handle_callback(_without_body(request)))

    pages.router.add_get(flow.install_path, install)
    pages.router.add_get(flow.redirect_uri_path, installed)


def _without_body(request: web.Request) -> AsyncBoltRequest:
    """Make a Bolt request for a page that a browser opens; its body, if any, is not read."""
    return AsyncBoltRequest(
        body="",
        query=request.query_string,
        headers=request.headers,  # type: ignore[arg-type]  # as in Bolt's own adapter
    )
