"""Send the messages about check links: what waits for a customer, and each result with what relays found.

A result may come to another process than this one. Its message is then in the outbox, where a task of its own finds it.
"""

import logging
from dataclasses import replace
from typing import Final

from bot.check_link.link_posts import ARRIVED, CANCELED, LINK, RESULT, STATE, TOP, WAITING, is_of_link
from bot.diagnosis.engine import Engine
from bot.model.records import CaseRow, PostRow
from bot.rendering.blocks.check_link import LinkHeader, LinkState, opened, waiting
from bot.rendering.blocks.message import Message
from bot.slack.api.client import SlackError
from bot.slack.delivery import outbox
from bot.slack.state import verdict_messages
from bot.slack.state.context import AppContext
from bot.storage.links_table import CheckLink

log = logging.getLogger(__name__)

EVERY: Final = (
    2.0  # seconds between two looks into the outbox: a person who waits for a result hardly notices
)
_STATES: Final[dict[str, LinkState]] = {WAITING: "waiting", ARRIVED: "arrived", CANCELED: "canceled"}


async def show_due(context: AppContext) -> None:
    """Send every message about links that is due, also where links are made by others on the same database."""
    for owed in await context.store.due():
        if is_of_link(owed):
            await send(context, owed.key)


async def send(context: AppContext, key: str) -> None:
    """Send the message *key*, if it is due; what Slack does not accept now is sent later."""
    async with context.check_posts:
        owed = await context.store.post(key)
        case = await _case_of(context, owed) if owed else None
        if owed is None or not owed.due or not _has_place(owed, case):
            return
        try:
            if case and owed.run:
                await _show_at_the_top(context, case, owed.run)
            await outbox.deliver(context, _placed(owed, case), _make)
        except SlackError as error:
            log.warning("cannot send a message about a check link, will retry: %s", error.word)


def header_of(engine: Engine, case: CaseRow, link: CheckLink, user: str) -> LinkHeader:
    """Return *link* in the words of messages."""
    platform = engine.knowledge.platforms.get(case.request.platform or "")
    subject = f"{case.request.code} on {platform.title if platform else 'every platform'}"
    return LinkHeader(case.id, link.name, subject, link.expires, max(0, link.runs - link.used), user)


async def _case_of(context: AppContext, owed: PostRow) -> CaseRow | None:
    if owed.run:
        run = await context.store.run(owed.run)
        return await context.store.case(run.case) if run else None
    link = await context.store.link_named(str(owed.payload[LINK]))
    return await context.store.case(link.case_id) if link else None


def _has_place(owed: PostRow, case: CaseRow | None) -> bool:
    """Whether the message can be sent: a thread begins with the message of its case."""
    return case is None or bool(case.message_ts or owed.payload.get(TOP))


def _placed(owed: PostRow, case: CaseRow | None) -> PostRow:
    """Return *owed* in the thread of its case, which may have begun after the message was stored."""
    if case is None or owed.message_ts or owed.payload.get(TOP):
        return owed
    return replace(owed, channel=case.channel, thread_ts=case.thread_ts or case.message_ts)


async def _show_at_the_top(context: AppContext, case: CaseRow, run: str) -> None:
    """Show a result in the message of its case, too, unless that shows a run in progress."""
    finished = await context.run_history.get(run)
    busy = any(running.case.id == case.id for running in context.active_runs.values())
    if finished is None or busy:
        return
    try:
        await outbox.refresh_case(context, case, finished, {})
    except SlackError as error:  # the outbox sends it later
        log.warning("cannot show a result at the top of its case, will retry: %s", error.word)


async def _make(context: AppContext, owed: PostRow) -> tuple[Message, CaseRow] | None:
    """Render the message in its current state, with its case; None if the link is gone."""
    case = await _case_of(context, owed)
    if case and owed.run:
        message = await _result(context, case, str(owed.payload[RESULT]))
        return (message, case) if message else None
    link = await context.store.link_named(str(owed.payload[LINK]))
    if link is None or case is None:
        return None
    header = header_of(context.engine, case, link, str(owed.payload.get("user", case.user)))
    if owed.payload.get(TOP):
        return opened(header), case
    return waiting(header, _STATES[str(owed.payload[STATE])]), case


async def _result(context: AppContext, case: CaseRow, run: str) -> Message | None:
    """Render the verdict that a customer's browser and the relays give together."""
    finished = await context.run_history.get(run)
    if finished is None or finished.case != case.id:
        return None
    return await context.worker.call(
        verdict_messages.verdict_message,
        context.engine,
        finished,
        others=await outbox.others(context, case),
        earlier=await context.run_history.before(finished) is not None,
        link=context.check_settings is not None,
    )
