"""Start, serve, drain, and stop one process that serves Slack."""

import asyncio
import gc
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Final

import aiohttp

from bot.background import PeriodicTask
from bot.check_link.settings import URL as CHECK_URL
from bot.check_link.settings import CheckSettings, read_check_settings
from bot.diagnosis.engine import Engine, load_engine
from bot.http_server import HttpServer, open_server
from bot.language.llm_settings import read_endpoint
from bot.rate_limit import RateLimits, RequestLimiter
from bot.relays.access_rules import load_access
from bot.relays.hub.settings import read_hub_settings
from bot.slack.api.ack_priority import AckPriority
from bot.slack.api.client import SlackError, make_client
from bot.slack.api.settings import NO_VANTAGE, PORT, SlackSettings
from bot.slack.api.socket_mode import SocketConnections
from bot.slack.api.startup_errors import cannot_listen, token_refused
from bot.slack.api.workspaces import Workspaces
from bot.slack.conversation import answers
from bot.slack.delivery import inbox
from bot.slack.listeners.routes import HANDLERS
from bot.slack.runs.recovery import declare_running, postpone_waiting, resume
from bot.slack.runs.share import end_sharing, share, tell_of_tokens
from bot.slack.runtime.concurrency import RunSlots
from bot.slack.runtime.tasks import TaskSupervisor
from bot.slack.runtime.worker_thread import WorkerThread
from bot.slack.server.app import make_app
from bot.slack.server.bot_metrics import bot_metrics
from bot.slack.server.housekeeping import HOUSEKEEPING, repeated_tasks
from bot.slack.server.http import AddPages, make_pages
from bot.slack.server.open_store import open_store
from bot.slack.state.context import AppContext
from bot.slack.state.health import Readiness
from bot.slack.state.permissions import Permissions
from bot.slack.state.relay_directory import SlackRelayDirectory
from bot.slack.state.run_history import RunHistory
from probes.protocol.model import UNKNOWN_VANTAGE

log = logging.getLogger(__name__)

DRAIN: Final = 25.0  # seconds: hosting platforms kill a process after 30
SWITCH: Final = 0.001  # seconds until the worker thread yields the interpreter to the event loop
TIMEOUT: Final = 30.0  # seconds per Web API call


async def serve(
    settings: SlackSettings,
    environment: Mapping[str, str],
    say: Callable[[str], None],
    add_pages: AddPages | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; *say* gets one line per step. Raises `UsageError` if it cannot start."""
    sys.setswitchinterval(SWITCH)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        context = await stack.enter_async_context(open_context(settings, environment))
        await asyncio.gather(_check(context, settings, say), answers.warm(context))
        _settle()
        await context.store.pick_up()  # what was left becomes this bot's own
        cut_off = await context.store.unfinished()
        background = repeated_tasks(context)
        await stack.enter_async_context(bot_metrics(settings.metrics, context, background))
        for name, work in zip(
            HOUSEKEEPING,
            (resume(context, cut_off), *(task.run() for task in background)),
            strict=True,
        ):
            context.tasks.start(name, work)
        await inbox.answer_left(context)
        if context.other_bots:
            context.workspaces.on_change = partial(tell_of_tokens, context)
            sharing = asyncio.create_task(share(context, context.other_bots))
            stack.push_async_callback(end_sharing, sharing)
        hush = await _listen(settings, context, stack, say, background, add_pages)
        await stop.wait()
        ends = time.monotonic() + DRAIN
        say("Stopping: Lineman accepts nothing new, and finishes or reports what is running.")
        await hush()
        await wind_up(context, ends)
    say("Stopped.")


@asynccontextmanager
async def open_context(
    settings: SlackSettings, environment: Mapping[str, str], engine: Engine | None = None
) -> AsyncIterator[AppContext]:
    """Open everything that serving needs, and close it in reverse order."""
    model = read_endpoint(environment)
    engine = engine or load_engine(settings.network, settings.vantage)
    async with AsyncExitStack() as stack:
        store, others = await stack.enter_async_context(open_store(settings))
        bench = WorkerThread()
        stack.push_async_callback(bench.close)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))
        )
        slots = RunSlots(settings.runs_at_once)
        relays = SlackRelayDirectory(engine, store.enrolment, read_hub_settings(environment), slots)
        await stack.enter_async_context(relays.used())
        await stack.enter_async_context(bench.holding(relays.used_for_plans()))
        await relays.fresh()
        workspaces = Workspaces(settings, session, others.holds) if others else Workspaces(settings, session)
        limits = RequestLimiter(settings.starts)
        calls = RequestLimiter(RateLimits(user=settings.calls), "look up", "call")
        permissions = Permissions(
            load_access(environment), limits, relays, calls=calls, by_name=workspaces.single
        )
        tasks = await stack.enter_async_context(TaskSupervisor())
        yield AppContext(
            engine=engine,
            relay_directory=relays,
            store=store,
            tasks=tasks,
            worker=bench,
            workspaces=workspaces,
            session=session,
            permissions=permissions,
            run_slots=slots,
            run_history=RunHistory(engine, store, bench, shared=others is not None),
            ack_priority=AckPriority(),
            handlers=HANDLERS,
            check_settings=_check_settings(environment),
            other_bots=others,
            llm=replace(model, budget=answers.WORDING) if model else None,
        )


def _check_settings(environment: Mapping[str, str]) -> CheckSettings | None:
    """Read the settings of check links, which exist if their address is set."""
    return read_check_settings(environment) if environment.get(CHECK_URL) else None


async def wind_up(context: AppContext, ends: float) -> None:
    """Let what has begun finish, and leave the rest to the next process, so that all *ends* in time (monotonic).

    What takes longer than most of that is cut off.
    """
    context.stopping.set()
    await asyncio.gather(*(context.tasks.cancel(name) for name in HOUSEKEEPING))
    waiting = await postpone_waiting(context)
    if left := await context.tasks.drain(ends - DRAIN * 0.3 - time.monotonic()):
        log.warning("canceled at shutdown: %s", ", ".join(left[:20]))
    waiting += await postpone_waiting(context)  # those of requests that were being handled
    await declare_running(context, min(ends - time.monotonic(), DRAIN * 0.3) - 1, waiting)


def _settle() -> None:
    """Exclude what is loaded from garbage collection: walking it again takes up to 0.1 s."""
    gc.collect()
    gc.freeze()


async def _check(context: AppContext, settings: SlackSettings, say: Callable[[str], None]) -> None:
    """Check the token and the bot's identity with Slack, before any request arrives."""
    say(settings.because)
    if settings.vantage == UNKNOWN_VANTAGE:
        say(NO_VANTAGE)
    if not context.workspaces.single:
        say(f"Workspaces install Lineman at /slack/install, on port {settings.port or PORT}.")
        return
    try:
        workspace = await context.workspaces.get("")
    except SlackError as refused:
        raise token_refused("SLACK_BOT_TOKEN", refused, settings.api_url) from None
    assert workspace
    say(f"Connected to Slack as @{workspace.name} in {workspace.team}.")


async def _listen(
    settings: SlackSettings,
    context: AppContext,
    stack: AsyncExitStack,
    say: Callable[[str], None],
    background: Sequence[PeriodicTask],
    add_pages: AddPages | None,
) -> Callable[[], Awaitable[None]]:
    """Start to listen; returns the function that stops accepting events."""
    app = make_app(settings, context)
    sockets: SocketConnections | None = None
    if settings.transport == "socket":
        client = make_client("", context.session, settings.api_url)
        sockets = SocketConnections(app, settings.app_token, client, context.ack_priority)
        stack.push_async_callback(sockets.close)
        await sockets.open()
        say("Connected.")
    server: HttpServer | None = None
    if sockets is None or settings.port or context.workspaces.flow:
        health = Readiness(context, sockets.connected if sockets else None, background)
        pages = make_pages(health, None if sockets else app, context, settings.signing_secret, add_pages)
        try:
            server = await open_server(pages, settings.host, settings.port or PORT, log)
        except OSError as error:
            raise cannot_listen(settings.host, settings.port or PORT, error) from None
        stack.push_async_callback(server.close)
        say(f"Listening on {settings.host}:{server.port}.")

    async def hush() -> None:
        if sockets:
            await sockets.stop_reading()
        elif server:
            server.stop_listening()

    return hush
