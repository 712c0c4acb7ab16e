"""Allow-lists: a table in a message, and the file that a firewall reads below it."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Final

from bot.allowlist.formats import BY_ADDRESS
from bot.allowlist.model import make_list
from bot.allowlist.request import OPTIONS, ListRequest, make_request
from bot.allowlist.resolve import write_list
from bot.errors import UsageError
from bot.rendering.blocks import allowlists, notices
from bot.slack.api.actor import Asker
from bot.slack.api.client import SlackError, call
from bot.slack.api.post_update import OUTSIDE
from bot.slack.conversation import answers
from bot.slack.delivery.outbox import post_once
from bot.slack.state.context import Office

log = logging.getLogger(__name__)

PATIENCE: Final = 15.0  # seconds for looking up the names of a list


async def give(office: Office, asker: Asker, wanted: ListRequest) -> None:
    """Post the list and its file where *asker* is; in a direct message where Lineman may not write there."""
    content = await _content(office, wanted)
    place = asker.channel or asker.user
    try:
        await _give(
            office, asker, wanted, content, place, asker.thread or ("" if asker.private else asker.message)
        )
    except SlackError as error:
        if error.word not in OUTSIDE or place == asker.user:
            raise
        await office.whisper(asker, notices.not_in_channel(f"@{(await office.workspace(asker)).name}"))
        await _give(office, asker, wanted, content, asker.user, "")


async def _content(office: Office, wanted: ListRequest) -> str:
    """Write the file; where names have to be looked up, in a thread of its own, because that waits."""
    if wanted.form not in BY_ADDRESS:
        return await office.bench.call(write_list, wanted, office.desk.network)
    try:
        async with asyncio.timeout(PATIENCE):
            return await _apart(partial(write_list, wanted, office.desk.network))
    except TimeoutError:
        raise UsageError(
            f"The names could not be looked up within {PATIENCE:.0f} s. Try again, choose a form that keeps names, "
            "such as csv, or add any-address=yes."
        ) from None


async def _apart(work: Callable[[], str]) -> str:
    """Do *work* in a thread that holds up nobody, not even the end of the process: a look-up cannot be cancelled."""
    done: Future[str] = Future()
    done.set_running_or_notify_cancel()

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            done.set_exception(error)

    threading.Thread(target=run, name="look-up", daemon=True).start()
    return await asyncio.wrap_future(done)


async def _give(
    office: Office, asker: Asker, wanted: ListRequest, content: str, place: str, thread: str
) -> None:
    workspace, desk = await office.workspace(asker), office.desk
    found = make_list(desk.network, wanted.platform, wanted.edge, turn=wanted.turn, legacy=wanted.legacy)
    title = desk.knowledge.platforms[wanted.platform].title
    shown = await office.bench.call(allowlists.the_list, found, wanted, title)
    channel, ts = await post_once(workspace, place, shown, thread)
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
        log.warning("no file: %s", error.word)
        await post_once(workspace, channel, allowlists.as_text(wanted, content), thread or ts)


async def another(office: Office, asker: Asker, said: Mapping[str, str]) -> None:
    """Give the list that a button stands for."""
    kept = {name: said[name] for name in OPTIONS if said.get(name)}
    await give(office, asker, make_request(kept, office.desk.knowledge, office.desk.network))


async def ask_platform(office: Office, asker: Asker, said: Mapping[str, str]) -> None:
    """Ask for which platform the list is; the rest of what was *said* is kept in the buttons."""
    platforms = [(one.id, one.title) for one in office.desk.knowledge.platforms.values()]
    await answers.say(office, asker, allowlists.which_platform(platforms, said))
