"""Send an allow-list as a table in a message, with the file for the firewall below it."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Final

from bot.allowlist.formats import BY_ADDRESS
from bot.allowlist.model import make_list
from bot.allowlist.request import OPTIONS, ListRequest, make_list_request
from bot.allowlist.resolve import write_list
from bot.errors import UsageError
from bot.rendering.blocks import allowlists, notices
from bot.slack.api.actor import Actor
from bot.slack.api.client import SlackError, call
from bot.slack.api.post_update import OUTSIDE
from bot.slack.conversation import answers
from bot.slack.delivery.post_once import post_once
from bot.slack.state.context import AppContext

log = logging.getLogger(__name__)

PATIENCE: Final = 15.0  # seconds for the DNS lookups of a list


async def send_allowlist(context: AppContext, actor: Actor, wanted: ListRequest) -> None:
    """Post the list and its file where *actor* is, or as a direct message if Lineman cannot post there."""
    content = await _content(context, wanted)
    place = actor.channel or actor.user
    try:
        await _give(
            context, actor, wanted, content, place, actor.thread or ("" if actor.private else actor.message)
        )
    except SlackError as error:
        if error.word not in OUTSIDE or place == actor.user:
            raise
        name, direct = f"@{(await context.workspace(actor)).name}", actor.in_direct_messages
        await context.post_ephemeral(actor, notices.cannot_post(name, error.word, sent=True, direct=direct))
        await _give(context, actor, wanted, content, actor.user, "")


async def _content(context: AppContext, wanted: ListRequest) -> str:
    """Render the file. If names must be resolved, do it in a separate thread, because DNS lookups block."""
    if wanted.form not in BY_ADDRESS:
        return await context.worker.call(write_list, wanted, context.engine.network)
    try:
        async with asyncio.timeout(PATIENCE):
            return await _apart(partial(write_list, wanted, context.engine.network))
    except TimeoutError:
        raise UsageError(
            f"The names could not be resolved within {PATIENCE:.0f} s. Try again, choose a format "
            "that keeps names, such as csv, or add any-address=yes."
        ) from None


async def _apart(work: Callable[[], str]) -> str:
    """Run *work* in a daemon thread. A DNS lookup cannot be cancelled, so it must not delay the process exit."""
    done: Future[str] = Future()
    done.set_running_or_notify_cancel()

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001 - passed on to the caller
            done.set_exception(error)

    threading.Thread(target=run, name="look-up", daemon=True).start()
    return await asyncio.wrap_future(done)


async def _give(
    context: AppContext, actor: Actor, wanted: ListRequest, content: str, place: str, thread: str
) -> None:
    workspace, engine = await context.workspace(actor), context.engine
    found = make_list(engine.network, wanted.platform, wanted.edge, turn=wanted.turn, legacy=wanted.legacy)
    title = engine.knowledge.platforms[wanted.platform].title
    message = await context.worker.call(allowlists.the_list, found, wanted, title)
    channel, ts = await post_once(workspace, place, message, thread)
    try:
        await call(
            workspace.client.files_upload_v2,
            channel=channel,
            thread_ts=thread or ts,
            content=content.encode(),
            filename=allowlists.file_name(wanted),
            title=f"Allow-list for {title}, edge {wanted.edge}, as {wanted.form}",
            initial_comment=allowlists.note_of(wanted) or None,
        )
    except SlackError as error:
        log.warning("could not upload the allow-list file: %s", error.word)
        await post_once(workspace, channel, allowlists.as_text(wanted, content), thread or ts)


async def another(context: AppContext, actor: Actor, fields: Mapping[str, str]) -> None:
    """Post the list that a button describes."""
    stored = {name: fields[name] for name in OPTIONS if fields.get(name)}
    await send_allowlist(
        context, actor, make_list_request(stored, context.engine.knowledge, context.engine.network)
    )


async def ask_platform(context: AppContext, actor: Actor, fields: Mapping[str, str]) -> None:
    """Ask for the platform of the list. The buttons carry the other options in *fields*."""
    platforms = [(platform.id, platform.title) for platform in context.engine.knowledge.platforms.values()]
    await answers.say(context, actor, allowlists.which_platform(platforms, fields))
