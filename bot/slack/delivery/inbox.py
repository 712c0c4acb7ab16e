"""Store events before they are acknowledged, then handle each at least once.

An event leaves the inbox in the transaction that starts its run, or after its reply. Entries left by a crashed process
are handled at the next start; expired modal triggers get a text reply.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Final

from bot.model.records import InboxRow
from bot.rendering.blocks import notices
from bot.slack.api.actor import TRIGGER_LIVES, Actor
from bot.slack.api.client import BUSY, UNCERTAIN, SlackError
from bot.slack.delivery.failures import explain, report
from bot.slack.runtime.ids import new_reference
from bot.slack.state.context import AppContext
from bot.slack.state.event import CURRENT_EVENT, InboundEvent
from bot.storage.database import StoreError
from bot.storage.until_stored import until_stored

log = logging.getLogger(__name__)

# Fields that are useless after a restart, or too sensitive to store.
FLEETING: Final = ("response_url", "trigger", "arrived")
_PASSED: Final = ("response_url", "trigger")  # another bot needs them to answer; they are not stored
TRIES: Final = 10  # restarts after which one event is handled again; it may be what crashes the process
AGAIN: Final = 60.0  # seconds between two attempts while Slack accepts no reply
PATIENCE: Final = 60.0  # seconds for which a failing database causes no reply, if there may be several bots
PAUSE: Final = 1.0  # seconds until such an event is handled again
JOB: Final = "delivery"


async def take(
    context: AppContext, event: InboundEvent, *, urgent: bool = False, ours_only: bool = False
) -> None:
    """Store an event and, if it is new, start to handle it; after that it may be acknowledged.

    *urgent* events open a modal before their trigger expires, so they do not wait for other acknowledgments. With
    *ours_only*, messages in threads without a case are not stored.
    """
    if before := context.unstored.get(event.thread):
        async with before:  # it may start the case to which this one belongs
            pass
    take_in = partial(_take_in, context, event, ours_only=ours_only)
    try:
        is_new = await take_in()
    except StoreError:
        log.exception("cannot store an event")
        # It would only be lost in a crash. With other bots, one of them may have stored it; or they take over what
        # is stored, this process ends, and what was acknowledged and is not stored would be lost.
        event.stored = False
        is_new = await _late(context, event, take_in) if context.other_bots else True
    if is_new:
        _begin(context, event, urgent=urgent)


async def answer_left(context: AppContext) -> None:
    """After a restart, handle the events that the previous process accepted and did not start."""
    for row in await context.store.taken_in():
        handle_left(context, row)


def handle_left(context: AppContext, row: InboxRow) -> None:
    """Handle an event that another process may have begun."""
    log.warning("handling an event left by the previous process (%s)", row.way)
    _begin(context, _again(row, suspect=True))


def handle(context: AppContext, row: InboxRow, passing: Mapping[str, Any]) -> None:
    """Handle an event that another bot accepted and handed over, with what is *passing*."""
    event = replace(_again(row, suspect=False), again=False)
    arrived = time.monotonic() - float(passing.get("age", TRIGGER_LIVES))
    url, trigger = (str(passing.get(name, "")) for name in _PASSED)
    event.actor = replace(event.actor, response_url=url, trigger=trigger, arrived=arrived)
    _begin(context, event, urgent=bool(event.actor.trigger))


async def retry(context: AppContext, again: float = AGAIN) -> None:
    """Handle events again whose reply failed over *again* seconds ago: Slack was down, or rate limited us."""
    under_way = set(context.tasks.running(JOB))
    rows = await context.store.taken_in()
    under_way.update(context.tasks.running(JOB))  # what has begun since
    for row in rows:
        event = _again(row, suspect=False)
        if _job(event) not in under_way and time.time() - row.received > again:
            _begin(context, event)


async def _take_in(context: AppContext, event: InboundEvent, *, ours_only: bool) -> bool:
    """Store an event; false if it is a duplicate or not for the bot."""
    actor = event.actor
    who = {name: value for name, value in asdict(actor).items() if name not in FLEETING}
    row = InboxRow(*event.key, event.way, who, event.fields, event.thread, event.stamp)
    return await context.store.take_in(
        row,
        (actor.channel, actor.thread) if ours_only else None,
        {name: getattr(actor, name) for name in _PASSED} | {"age": time.monotonic() - actor.arrived},
    )


async def _late(context: AppContext, event: InboundEvent, take_in: Callable[[], Awaitable[bool]]) -> bool:
    """Try again until an event is stored. True if it is to be handled: also if the database fails too long."""
    lock = context.unstored.get(event.thread) or asyncio.Lock()
    async with lock:
        if event.thread:
            context.unstored[event.thread] = lock
        try:
            event.stored = is_new = await until_stored(take_in, PATIENCE)
            return is_new or await _is_waiting(context, event)
        except StoreError:
            return True
        finally:
            context.unstored.pop(event.thread, None)


async def _is_waiting(context: AppContext, event: InboundEvent) -> bool:
    """Whether an event was stored by an attempt that seemed to fail, and nobody handles it yet."""
    ours = {(row.team, row.event) for row in await context.store.taken_in()}
    event.stored = event.key in ours
    return event.stored and _job(event) not in context.tasks.running(JOB)


def _begin(context: AppContext, event: InboundEvent, *, urgent: bool = False) -> None:
    context.tasks.start(_job(event), _answer(context, event, urgent=urgent), event.thread, event.stamp)


def _job(event: InboundEvent) -> str:
    return " ".join((JOB, *event.key))


async def _answer(context: AppContext, event: InboundEvent, *, urgent: bool) -> None:
    """Handle a stored event and delete it; if the process ends before that, the next one handles it.

    While the database fails, this task waits to delete it, so that the event is not answered twice.
    """
    if not urgent:
        await context.ack_priority.wait_until_idle()
        if context.stopping.is_set():
            return  # stays in the inbox, and the next process handles it
    try:
        while await _heard(context, event):  # each attempt has waited for the database
            event = event.repeated()
    except SlackError as refused:
        log.error("Slack rejected the error reply, too: %s", refused.word)
        if refused.word in BUSY | UNCERTAIN:
            return  # stays in the inbox and is retried
    await until_stored(partial(context.store.let_go, *event.key))


async def _work(context: AppContext, event: InboundEvent) -> None:
    if event.again and event.stored and not await context.store.is_taken_in(*event.key):
        event.attempts.undo.clear()
        return  # an earlier attempt has stored its run after all, and `recovery.take_up` begins it
    if event.suspect and await context.store.try_again(*event.key) > TRIES:
        await _give_up(context, event)
        return
    await context.relay_directory.fresh()
    await context.handlers[event.way](context, event.actor, event.fields)


async def _give_up(context: AppContext, event: InboundEvent) -> None:
    """Reply that the request failed."""
    reference = new_reference()
    log.error("gave up on an event after %d restarts: %s, %s", TRIES, event.way, reference)
    await report(context, event, notices.error("Your request could not be carried out.", reference))


async def _heard(context: AppContext, event: InboundEvent) -> bool:
    """Handle an event; every failure is reported to the actor.

    True if it is to be handled again: the database fails, and after a report another bot might answer, too.
    """
    CURRENT_EVENT.set(event)
    try:
        await _work(context, event)
    except Exception as error:  # noqa: BLE001 - `explain` logs it
        if isinstance(error, StoreError) and event.attempts.started:
            log.warning("the store failed after the run of an event was stored: %s", error)
            return False
        if isinstance(error, StoreError) and context.other_bots and time.time() - event.received < PATIENCE:
            await asyncio.sleep(PAUSE)
            return True
        await report(context, event, await explain(context, event, error))
    for name, undo in event.attempts.undo.items():
        context.tasks.start(name, undo())
    return False


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
        home=who.get("home", ""),
        private=bool(who.get("private")),
    )
    return InboundEvent(row.way, actor, row.event, row.said, row.turn, row.stamp, True, suspect, row.received)
