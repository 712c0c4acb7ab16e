"""How what people ask for is taken, whichever way it comes in: kept before it is acknowledged, answered once.

A kept delivery leaves the inbox together with the beginning of its run, or when it has been answered otherwise. What
a killed process leaves there the next one answers; what is of no use any more (a window's trigger) in words.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable
from dataclasses import asdict
from typing import Final

from bot.errors import UsageError
from bot.model.records import InboxRow
from bot.rendering.blocks import notices
from bot.rendering.blocks.message import Message
from bot.rendering.blocks.notices import note
from bot.slack.api.actor import Actor
from bot.slack.api.client import BUSY, UNCERTAIN, SlackError
from bot.slack.api.post_update import OUTSIDE
from bot.slack.runtime.ids import new_reference
from bot.slack.state.context import AppContext
from bot.slack.state.event import CURRENT_EVENT, InboundEvent, NoWindowError
from bot.slack.state.permissions import NotAllowedError
from bot.storage.db_writer import StoreError

log = logging.getLogger(__name__)

# What is of no use after a restart, or must not lie around.
FLEETING: Final = ("response_url", "trigger", "arrived")
TRIES: Final = 10  # restarts that one request is answered after; it may be what brings the process down
AGAIN: Final = 60.0  # seconds between two tries where Slack took no answer
JOB: Final = "delivery"


async def take(
    context: AppContext, event: InboundEvent, *, urgent: bool = False, ours_only: bool = False
) -> None:
    """Keep a delivery, and have it answered if it is the first of its kind: then it may be acknowledged.

    What is *urgent* opens a window before its trigger ends, and stands back for nobody. With *ours_only* words in
    threads that are not ours are not even kept.
    """
    if await _keep(context, event, ours_only=ours_only):
        _begin(context, event, urgent=urgent)


async def answer_left(context: AppContext) -> None:
    """After a restart: answer what a former process had accepted and not begun."""
    for row in await context.store.taken_in():
        log.warning("a request of a former process is answered now (%s)", row.way)
        _begin(context, _again(row, suspect=True))


async def retry(context: AppContext, again: float = AGAIN) -> None:
    """Answer every *again* seconds what could not be answered: Slack was away, or wanted to be left alone for long."""
    while True:
        await asyncio.sleep(again)
        under_way = set(context.tasks.running(JOB))
        for row in await context.store.taken_in():
            event = _again(row, suspect=False)
            if _job(event) not in under_way and time.time() - row.received > again:
                _begin(context, event)


async def _keep(context: AppContext, event: InboundEvent, *, ours_only: bool) -> bool:
    """Keep it; false if it has come before, or is not meant for us.

    Where the store cannot be written it is answered all the same: it is only not safe from a crash.
    """
    actor = event.actor
    who = {name: value for name, value in asdict(actor).items() if name not in FLEETING}
    row = InboxRow(*event.key, event.way, who, event.fields, event.thread, event.stamp)
    try:
        return await context.store.take_in(row, (actor.channel, actor.thread) if ours_only else None)
    except StoreError:
        log.exception("a request could not be kept")
        return True


def _begin(context: AppContext, event: InboundEvent, *, urgent: bool = False) -> None:
    context.tasks.start(_job(event), _answer(context, event, urgent=urgent), event.thread, event.stamp)


def _job(event: InboundEvent) -> str:
    return " ".join((JOB, *event.key))


async def _answer(context: AppContext, event: InboundEvent, *, urgent: bool) -> None:
    """Answer a kept delivery, and forget it; a process that is ended meanwhile leaves it to the next."""
    if not urgent:
        await context.ack_priority.wait_until_idle()
    CURRENT_EVENT.set(event)
    try:
        await _heard(context, event.actor, _work(context, event))
    except SlackError as refused:
        log.error("Slack refuses the answer too: %s", refused.word)
        if refused.word in BUSY | UNCERTAIN:
            return  # kept, and tried again
    await context.store.let_go(*event.key)


async def _work(context: AppContext, event: InboundEvent) -> None:
    if event.suspect and await context.store.try_again(*event.key) > TRIES:
        await _give_up(context, event)
        return
    await context.relay_directory.fresh()
    await context.handlers[event.way](context, event.actor, event.fields)


async def _give_up(context: AppContext, event: InboundEvent) -> None:
    """Tell the person that it cannot be done."""
    reference = new_reference()
    log.error("a request was given up after %d restarts: %s, %s", TRIES, event.way, reference)
    await context.post_ephemeral(
        event.actor, notices.error("Your request could not be carried out.", reference)
    )


async def _heard(context: AppContext, actor: Actor, work: Awaitable[None]) -> None:
    """Await *work*; whatever goes wrong, the person hears of it."""
    try:
        await work
    except NoWindowError as late:
        await context.post_ephemeral(actor, note(str(late)))
    except UsageError as error:
        await context.post_ephemeral(actor, notices.usage(str(error)))
    except NotAllowedError as error:
        await context.post_ephemeral(actor, notices.refusal(str(error), error.instead))
    except SlackError as refused:
        await context.post_ephemeral(actor, await _in_words(context, actor, refused))
    except Exception:
        reference = new_reference()
        log.exception("fault %s", reference)
        await context.post_ephemeral(
            actor, notices.error("Your request could not be carried out.", reference)
        )


async def _in_words(context: AppContext, actor: Actor, refused: SlackError) -> Message:
    """Say why Slack would not take something, to whoever can change it."""
    log.warning("Slack refused: %s", refused.word)
    if refused.word in OUTSIDE:
        return notices.not_in_channel(f"@{(await context.workspace(actor)).name}")
    if refused.word == "missing_scope":
        return notices.missing_scope(refused.needed or ("unknown",))
    return notices.error(f"Slack did not take the answer ({refused.word}).", new_reference())


def _again(row: InboxRow, *, suspect: bool) -> InboundEvent:
    who = row.asker
    actor = Actor(
        row.team,
        who.get("user", ""),
        channel=who.get("channel", ""),
        thread=who.get("thread", ""),
        message=who.get("message", ""),
        enterprise=who.get("enterprise", ""),
        channel_type=who.get("channel_type", ""),
        private=bool(who.get("private")),
    )
    return InboundEvent(row.way, actor, row.event, row.said, row.turn, row.stamp, True, suspect, row.received)
