"""Commands that Slack was told are accepted: kept before the acknowledgement, so that a crash loses none.

A kept command leaves the inbox together with the beginning of its run, or when it has been answered otherwise.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import asdict
from functools import partial
from typing import Final

from bot.rows import InboxRow
from bot.slack.asker import Asker
from bot.slack.office import Office
from bot.writer import StoreError

log = logging.getLogger(__name__)

Answer = Callable[[Office, Asker, str], Awaitable[None]]

LONGEST: Final = (
    4_000  # characters of a command that are kept; a command that can be understood is far shorter
)
# What is of no use after a restart, or must not lie around.
FLEETING: Final = ("response_url", "trigger", "arrived")
# The command that the work at hand answers: its team and delivery.
ASKED: Final[ContextVar[tuple[str, str] | None]] = ContextVar("asked", default=None)


async def keep(office: Office, asker: Asker, key: str, text: str) -> bool:
    """Keep a command before it is acknowledged; false when the same delivery was kept before.

    Where the store cannot be written the command is answered all the same: it is only not safe from a crash.
    """
    who = {name: value for name, value in asdict(asker).items() if name not in FLEETING}
    try:
        return await office.store.take_in(asker.team, key, who, text[:LONGEST])
    except StoreError:
        log.exception("a command could not be kept")
        return True


async def answer_kept(office: Office, asker: Asker, key: str, text: str, answer: Answer) -> None:
    """Answer a kept command, and forget it."""
    ASKED.set((asker.team, key))
    stopped = False
    try:
        await answer(office, asker, text)
    except asyncio.CancelledError:
        stopped = True  # before it began: the next start answers it
        raise
    finally:
        if not stopped:
            await office.store.let_go(asker.team, key)


async def answer_left(office: Office, answer: Answer) -> None:
    """After a restart: answer what a former process had accepted and not begun."""
    for row in await office.store.taken_in():
        if not row.text:  # it asked for the form, which opens within seconds or not at all
            await office.store.let_go(row.team, row.event)
            continue
        log.warning("a command of a former process is answered now")
        asker = _again(row)
        office.begin(asker, row.event, partial(answer_kept, office, asker, row.event, row.text, answer))


def _again(row: InboxRow) -> Asker:
    who = row.asker
    return Asker(
        row.team,
        who.get("user", ""),
        who.get("channel", ""),
        enterprise=who.get("enterprise", ""),
        channel_type=who.get("channel_type", ""),
    )
