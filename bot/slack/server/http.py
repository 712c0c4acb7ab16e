"""HTTP routes: Slack's requests, the install pages, liveness, and readiness."""

import logging
from typing import Final

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.request.async_request import AsyncBoltRequest
from yarl import query_to_pairs

from bot.slack.api.log_throttle import LogThrottle
from bot.slack.state.context import AppContext
from bot.slack.state.health import Readiness

log = logging.getLogger(__name__)

FORGED: Final = 401
UNSIGNED: Final = (
    "a request was refused: its signature does not fit SLACK_SIGNING_SECRET, or its time is over five minutes off. "
    "If Slack says dispatch_failed, copy the Signing Secret again (Basic Information), and look at this host's clock."
)
EVENTS: Final = "/slack/events"
FORM: Final = "payload="  # prefix of interactions: actions, modals, and shortcuts
LARGEST: Final = 4 * 2**20  # bytes; Slack's requests are far smaller
SHUTDOWN: Final = 5.0  # seconds for requests in progress


def make_pages(health: Readiness, app: AsyncApp | None, context: AppContext) -> web.Application:
    """Make the routes; without *app*, Slack's requests arrive over Socket Mode."""
    pages = web.Application(client_max_size=LARGEST)

    async def alive(_: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def ready(_: web.Request) -> web.Response:
        problems = await health.problems()
        return web.json_response(
            {"ready": not problems, "problems": problems}, status=503 if problems else 200
        )

    pages.router.add_get("/healthz", alive)
    pages.router.add_get("/readyz", ready)
    if app is not None:
        _add_slack(pages, app, context)
    if context.workspaces.flow is not None:
        _add_installation(pages, context.workspaces.flow)
    return pages


def _add_slack(pages: web.Application, app: AsyncApp, context: AppContext) -> None:
    throttle = LogThrottle(log)

    async def events(request: web.Request) -> web.Response:
        with context.ack_priority.acknowledging():
            answer = await app.async_dispatch(await _read(request))
        if answer.status == FORGED:
            throttle.warn(UNSIGNED)
        return await to_aiohttp_response(answer)

    pages.router.add_post(EVENTS, events)


async def _read(request: web.Request) -> AsyncBoltRequest:
    """Convert Slack's HTTP request to a Bolt request.

    An action carries the whole message as one form value. Bolt decodes it in Python, which takes longer than everything
    else before the acknowledgment; here it is decoded in C.
    """
    text = await request.text()
    form = dict(query_to_pairs(text)) if text.startswith(FORM) else {}
    made = AsyncBoltRequest(
        body=form.get("payload", text),
        query=request.query_string,
        headers=request.headers,  # type: ignore[arg-type]  # as in Bolt's own adapter
    )
    made.raw_body = text  # the text that Slack signed
    return made


def _add_installation(pages: web.Application, flow: AsyncOAuthFlow) -> None:
    async def install(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await flow.handle_installation(await to_bolt_request(request)))

    async def installed(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await flow.handle_callback(await to_bolt_request(request)))

    pages.router.add_get(flow.install_path, install)
    pages.router.add_get(flow.redirect_uri_path, installed)


async def open_pages(pages: web.Application, host: str, port: int) -> web.AppRunner:
    """Start to listen; call the runner's `cleanup` to stop."""
    runner = web.AppRunner(pages, access_log=None, shutdown_timeout=SHUTDOWN)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner
