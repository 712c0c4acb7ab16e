"""Several bots on one database: take what another bot handed over, and what a bot that is gone has left."""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from bot.slack.delivery import inbox
from bot.slack.runs.recovery import RESUME, resume
from bot.slack.state.context import AppContext
from bot.storage.claims import Note, OtherBots
from bot.storage.database import StoreError

log = logging.getLogger(__name__)

LOOK: Final = 1.0  # seconds between two looks, if no other bot says anything


async def share(context: AppContext, others: OtherBots) -> None:
    """Take over work until the task is cancelled."""
    while True:
        notes = await others.news(LOOK)
        try:
            await take_over(context, notes)
        except StoreError as error:  # the next look succeeds when the database is back
            log.warning("cannot look for work of other bots: %s", error)
        except Exception:
            log.exception("could not take over work of another bot")


async def take_over(context: AppContext, notes: list[Note]) -> None:
    """Start what this bot claims now; *notes* have what must not be stored, such as a trigger."""
    if any(note.get("tokens") for note in notes):
        context.workspaces.forget_all()
    passing = {(note.get("team"), note.get("event")): note for note in notes}
    requests, runs, posts = await context.store.pick_up()
    if runs or posts:
        running = [run for run in runs if run.status == "running"]
        context.tasks.start(RESUME, resume(context, running, frozenset(posts)))
    for row, fresh in requests:
        if fresh:
            inbox.handle(context, row, passing.get((row.team, row.event), {}))
        else:
            inbox.handle_left(context, row)


def tell_of_tokens(context: AppContext) -> None:
    """Let the other bots look up their workspaces again, because somebody installed Lineman or removed it."""
    context.tasks.start("tell other bots", context.store.tell_other_bots({"tokens": "changed"}))


async def end_sharing(task: asyncio.Task[None]) -> None:
    """Cancel *task*, and wait until it has ended."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
