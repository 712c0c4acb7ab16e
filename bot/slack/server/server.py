"""One process that serves Slack, from its first check to its last word."""

import asyncio
import gc
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Final

import aiohttp

from bot.diagnosis.engine import Desk, open_desk
from bot.language.llm_settings import read_endpoint
from bot.rate_limit import Rate, load_limits
from bot.relays.access_rules import load_access
from bot.relays.hub.settings import read_hub_settings
from bot.slack.api.ack_priority import Door
from bot.slack.api.client import SlackError, make_client
from bot.slack.api.settings import PORT, SlackSettings
from bot.slack.api.socket_mode import Sockets
from bot.slack.api.startup_errors import cannot_listen, token_refused
from bot.slack.api.workspaces import Workspaces
from bot.slack.conversation import answers
from bot.slack.delivery import inbox
from bot.slack.listeners.routes import WAYS
from bot.slack.runs.recovery import declare_running, resend, resume
from bot.slack.runtime.concurrency import Slots
from bot.slack.runtime.process_lock import alone
from bot.slack.runtime.tasks import Jobs
from bot.slack.runtime.worker_thread import Bench
from bot.slack.server.app import make_app
from bot.slack.server.http import make_pages, open_pages
from bot.slack.state.context import Office
from bot.slack.state.health import Health
from bot.slack.state.permissions import Rights
from bot.slack.state.relay_directory import Relays
from bot.slack.state.run_history import Records
from bot.storage.store import Store

log = logging.getLogger(__name__)

DRAIN: Final = 25.0  # seconds: platforms kill after 30
HOUSEKEEPING: Final = ("resume", "resend", "retry", "sweep")  # jobs that nobody waits for
SWEEP: Final = 3600.0  # seconds between two sweeps of what is too old to keep
SWITCH: Final = 0.001  # seconds until the bench hands the interpreter over to whoever answers Slack
TIMEOUT: Final = 30.0  # seconds for one call of the Web API


async def serve(settings: SlackSettings, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; *say* hears of every step in one line. `UsageError` if it cannot begin."""
    sys.setswitchinterval(SWITCH)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        office = await stack.enter_async_context(open_office(settings, environment))
        await asyncio.gather(_check(office, settings, say), answers.warm(office))
        _settle()
        cut_off = await office.store.unfinished()
        for name, work in zip(
            HOUSEKEEPING,
            (resume(office, cut_off), resend(office), inbox.retry(office), _sweep(office)),
            strict=True,
        ):
            office.jobs.start(name, work)
        await inbox.answer_left(office)
        hush = await _listen(settings, office, stack, say)
        await stop.wait()
        say("Stopping: nothing new is taken, what runs is finished or declared.")
        await hush()
        await wind_up(office)
    say("Stopped.")


@asynccontextmanager
async def open_office(
    settings: SlackSettings, environment: Mapping[str, str], desk: Desk | None = None
) -> AsyncIterator[Office]:
    """Load and open everything that serving needs; closes it in the opposite order."""
    model = read_endpoint(environment)
    desk = desk or open_desk(settings.network, settings.vantage)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(alone(settings.database))
        store = Store.open(settings.database, settings.retention_days, settings.audit_days)
        stack.push_async_callback(store.close)
        bench = Bench()
        stack.push_async_callback(bench.close)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))
        )
        slots = Slots(settings.runs_at_once)
        relays = Relays(desk, store.enrolment, read_hub_settings(environment), slots)
        await relays.fresh()
        workspaces = Workspaces(settings, session)
        limits = Rate(load_limits(environment))
        rights = Rights(load_access(environment), limits, relays, by_name=workspaces.single)
        jobs = await stack.enter_async_context(Jobs())
        yield Office(
            desk=desk,
            relays=relays,
            store=store,
            jobs=jobs,
            bench=bench,
            workspaces=workspaces,
            session=session,
            rights=rights,
            slots=slots,
            records=Records(desk, store, bench),
            door=Door(),
            ways=WAYS,
            model=replace(model, budget=answers.WORDING) if model else None,
        )


async def wind_up(office: Office) -> None:
    """Let jobs end; declare the runs that cannot in the time there is."""
    for name in HOUSEKEEPING:
        await office.jobs.cancel(name)
    ends = time.monotonic() + DRAIN
    if left := await office.jobs.drain(DRAIN * 0.7):
        log.warning("cut off: %s", ", ".join(left[:20]))
        await declare_running(office, ends - time.monotonic() - 1)


def _settle() -> None:
    """Keep what was loaded for good out of the garbage collector's sight: to walk it again takes up to 0.1 s."""
    gc.collect()
    gc.freeze()


async def _check(office: Office, settings: SlackSettings, say: Callable[[str], None]) -> None:
    """Ask Slack who we are, once, before anybody waits for an answer."""
    say(settings.because)
    if not office.workspaces.single:
        say(f"Workspaces install Lineman at /slack/install, on port {settings.port or PORT}.")
        return
    try:
        workspace = await office.workspaces.get("")
    except SlackError as refused:
        raise token_refused("SLACK_BOT_TOKEN", refused, settings.api_url) from None
    assert workspace
    say(f"Known to Slack as @{workspace.name} in {workspace.team}.")


async def _listen(
    settings: SlackSettings, office: Office, stack: AsyncExitStack, say: Callable[[str], None]
) -> Callable[[], Awaitable[None]]:
    """Begin to listen; gives what ends it."""
    app = make_app(settings, office)
    sockets: Sockets | None = None
    if settings.transport == "socket":
        client = make_client("", office.session, settings.api_url)
        sockets = Sockets(app, settings.app_token, client, office.door)
        stack.push_async_callback(sockets.close)
        await sockets.open()
        say("Connected.")
    runner = None
    if sockets is None or settings.port or office.workspaces.flow:
        health = Health(office, sockets.connected if sockets else None)
        pages = make_pages(health, None if sockets else app, office)
        try:
            runner = await open_pages(pages, settings.host, settings.port or PORT)
        except OSError as error:
            raise cannot_listen(settings.host, settings.port or PORT, error) from None
        stack.push_async_callback(runner.cleanup)
        say(f"Listening on {settings.host}:{runner.addresses[0][1]}.")

    async def hush() -> None:
        if sockets:
            await sockets.hush()
        elif runner:
            for site in tuple(runner.sites):
                await site.stop()

    return hush


async def _sweep(office: Office) -> None:
    """Forget what is older than the retention, now and then."""
    while True:
        await office.store.sweep(time.time())
        await asyncio.sleep(SWEEP)


def tell(sentence: str) -> None:
    """Say something to whoever started the process."""
    sys.stderr.write(f"lineman: {sentence}\n")
    sys.stderr.flush()
