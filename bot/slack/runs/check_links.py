"""Make, cancel, and renew check links from Slack, and give their texts to the agent alone."""

import hashlib
import time
from dataclasses import replace
from typing import Final

from bot.check_link.link_posts import top_post, waiting_post
from bot.check_link.links import NAME, cancel_link, make_link, new_address, renew_link
from bot.check_link.settings import URL, CheckSettings
from bot.errors import UsageError
from bot.model.records import CaseRow
from bot.model.request import Request
from bot.rendering.blocks.check_link import for_customer
from bot.rendering.blocks.notices import note
from bot.rendering.check_link_text import invitation, reminder, test_again
from bot.slack.api.actor import Actor
from bot.slack.delivery import check_posts
from bot.slack.runs.lifecycle import new_case_row
from bot.slack.state.context import AppContext
from bot.slack.state.event import CURRENT_EVENT
from bot.storage.links_table import CheckLink

NOT_SET_UP: Final = (
    f"Check links are not set up here. An administrator of Lineman can turn them on with {URL}."
)
NO_CODE: Final = "A check link needs the error code, such as `/diagnose 31009 link`."
GONE: Final = "This check link has been deleted."
CLOSED: Final = "This check link was canceled, so it cannot be used again. Make a new one."
OVER: Final = "This check link has ended or is used up. Press Test again to make it work once more."
USED: Final = (
    "The customer has already used the link that was made for you. Its result will appear in the thread."
)


async def make(
    context: AppContext, actor: Actor, request: Request | None = None, case: CaseRow | None = None
) -> None:
    """Make a link for *case*, for the case of the thread, or for a new one, and show its address to *actor* alone.

    Only people who may diagnose with the relays of *request* may do so, and it counts as a diagnosis.
    """
    settings = _settings(context)
    event = CURRENT_EVENT.get()
    if event and event.again and (link := await context.store.link_named(_name(event.key))):
        await _show_again(context, actor, settings, link)
        return
    if case is None and actor.thread:
        case = await context.store.case_of_thread(actor.team, actor.channel, actor.thread)
    wanted = _wanted(request, case)
    context.relay_directory.check(wanted.relays)
    await context.permissions.check_start(await context.workspace(actor), actor, wanted.relays)
    case = await _open(context, actor, wanted, case)
    name = _name(event.key) if event else ""
    link, url = await make_link(context.store, settings, case.id, time.time(), name)
    await _wait_in_thread(context, case, link, actor.user)
    await context.post_ephemeral(
        actor, for_customer(invitation(url, link.expires), link.expires, secret=True)
    )


async def cancel(context: AppContext, actor: Actor, case: CaseRow, name: str) -> None:
    """Revoke a link of *case*, and say so in the thread."""
    link = await _link_of(context, case, name)
    await cancel_link(context.store, link.name, time.time())
    await check_posts.show_due(context)


async def remind(context: AppContext, actor: Actor, case: CaseRow, name: str) -> None:
    """Show a reminder for the customer, for *actor* alone."""
    link = await _link_of(context, case, name)
    if link.revoked is not None or not link.is_open(time.time()):
        await context.post_ephemeral(actor, note(CLOSED if link.revoked is not None else OVER))
        return
    await context.post_ephemeral(actor, for_customer(reminder(link.expires), link.expires))


async def renew(context: AppContext, actor: Actor, case: CaseRow, name: str) -> None:
    """Make a link of *case* good for one more check, and show *actor* what to send to the customer."""
    settings = _settings(context)
    link = await _link_of(context, case, name)
    await context.permissions.check_start(await context.workspace(actor), actor, case.request.relays)
    renewed = await renew_link(context.store, settings, link.name, time.time())
    if renewed is None:
        await context.post_ephemeral(actor, note(CLOSED))
        return
    await check_posts.show_due(context)
    await context.post_ephemeral(actor, for_customer(test_again(renewed.expires), renewed.expires))


def _settings(context: AppContext) -> CheckSettings:
    if context.check_settings is None:
        raise UsageError(NOT_SET_UP)
    return context.check_settings


def _wanted(request: Request | None, case: CaseRow | None) -> Request:
    """Return what the link is about: *request* if it names a code, else the open case."""
    if request is None:
        if case is None:
            raise UsageError(NO_CODE)
        return case.request
    if case is None:
        return request
    answers = case.request.answers if request.code == case.request.code else {}
    return replace(request, relays=case.request.relays, answers={**answers, **request.answers})


async def _open(context: AppContext, actor: Actor, wanted: Request, case: CaseRow | None) -> CaseRow:
    """Return the case of the link: the open one, with the request of now, or a new one."""
    if case:
        if wanted != case.request:
            await context.store.change_case(case.id, wanted)
        return replace(case, request=wanted)
    return await context.store.open_case(new_case_row(actor, wanted))


async def _wait_in_thread(context: AppContext, case: CaseRow, link: CheckLink, user: str) -> None:
    """Show in the thread of *case* that it waits for the customer; a new case gets its own message first."""
    if not case.message_ts:
        top = await context.store.owe(top_post(case, link))
        await check_posts.send(context, top.key)
        case = await context.store.case(case.id) or case
    post = await context.store.owe(waiting_post(case, link, user))
    await check_posts.send(context, post.key)


async def _show_again(context: AppContext, actor: Actor, settings: CheckSettings, link: CheckLink) -> None:
    """Show the link that this event made before a restart, with a new address: the former may not have arrived."""
    case = await context.store.case(link.case_id)
    url = await new_address(context.store, settings, link)
    if case is None or not url:
        await context.post_ephemeral(actor, note(USED if link.used else CLOSED))
        return
    await _wait_in_thread(context, case, link, actor.user)
    text = invitation(url, link.expires)
    await context.post_ephemeral(actor, for_customer(text, link.expires, secret=True, replaced=True))


async def _link_of(context: AppContext, case: CaseRow, name: str) -> CheckLink:
    """Return the link *name* of *case*; `UsageError` if it is gone, or another case's."""
    link = await context.store.link_named(name)
    if link is None or link.case_id != case.id:
        raise UsageError(GONE)
    return link


def _name(event: tuple[str, str]) -> str:
    """Return the name of the link that an event makes, so that the same event makes one only."""
    return hashlib.sha256(" ".join(("link", *event)).encode()).hexdigest()[:NAME]
