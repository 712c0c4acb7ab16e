"""What every way in needs, made once: the desk, the store, the jobs, the workspaces, who may do what.

It also takes deliveries: each once, however often Slack brings it, and never without an answer when it fails.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.desk import Desk
from bot.errors import UsageError
from bot.replies.blocks import notices
from bot.replies.blocks.message import Message
from bot.request import Vocabulary
from bot.slack.asker import Asker, delivery
from bot.slack.bench import Bench
from bot.slack.deliver import OUTSIDE
from bot.slack.door import Door
from bot.slack.ids import new_reference
from bot.slack.installation import Workspace, Workspaces
from bot.slack.jobs import Jobs
from bot.slack.records import Records
from bot.slack.rights import NotAllowedError, Rights
from bot.slack.running import Running
from bot.slack.slots import Slots
from bot.slack.talks import Talks
from bot.slack.web import SlackError
from bot.slack.whisper import whisper
from bot.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Office:
    """One process that serves Slack."""

    desk: Desk
    vocabulary: Vocabulary
    store: Store
    jobs: Jobs
    bench: Bench
    workspaces: Workspaces
    session: aiohttp.ClientSession
    rights: Rights
    slots: Slots
    records: Records
    door: Door
    talks: Talks = field(default_factory=Talks)
    running: dict[str, Running] = field(default_factory=dict)  # by run

    def take(
        self,
        asker: Asker,
        body: Mapping[str, Any],
        work: Callable[[], Awaitable[object]],
        turn: str = "",
        *,
        urgent: bool = False,
    ) -> None:
        """Do *work* for a delivery that has been acknowledged, if it is the first of its kind.

        What is *urgent* opens a window before its trigger ends, and stands back for nobody.
        """
        key = delivery(body)
        self.jobs.start(_job(asker, key), self._once(asker, key, work, urgent=urgent), turn)

    def begin(
        self, asker: Asker, key: str, work: Callable[[], Awaitable[object]], *, urgent: bool = False
    ) -> None:
        """Do *work* for a delivery that is known to be the first of its kind."""
        self.jobs.start(_job(asker, key), self._at_the_door(asker, work, urgent=urgent))

    async def workspace(self, asker: Asker) -> Workspace:
        """Give the workspace of *asker*; `SlackError` where Lineman is not installed any more."""
        found = await self.workspaces.get(asker.team, asker.enterprise)
        if found is None:
            raise SlackError("not_installed")
        return found

    async def whisper(self, asker: Asker, message: Message) -> None:
        """Tell *asker* alone."""
        await whisper(await self.workspace(asker), self.session, asker, message)

    async def _once(
        self, asker: Asker, key: str, work: Callable[[], Awaitable[object]], *, urgent: bool
    ) -> None:
        if not urgent:
            await self.door.quiet()
        if key and not await self.store.first_time(asker.team, key):
            log.info("a delivery came again and is left out")
            return
        await self._at_the_door(asker, work, urgent=True)

    async def _at_the_door(
        self, asker: Asker, work: Callable[[], Awaitable[object]], *, urgent: bool
    ) -> None:
        if not urgent:
            await self.door.quiet()
        try:
            await self._answered(asker, work)
        except SlackError as refused:
            log.error("Slack refuses the answer too: %s", refused.word)

    async def _answered(self, asker: Asker, work: Callable[[], Awaitable[object]]) -> None:
        """Do *work*; whatever goes wrong, the person hears of it."""
        try:
            await work()
        except UsageError as error:
            await self.whisper(asker, notices.usage(str(error)))
        except NotAllowedError as error:
            await self.whisper(asker, notices.refusal(str(error), error.instead))
        except SlackError as refused:
            await self.whisper(asker, await self._in_words(asker, refused))
        except Exception:
            reference = new_reference()
            log.exception("fault %s", reference)
            await self.whisper(asker, notices.error("Your request could not be carried out.", reference))

    async def _in_words(self, asker: Asker, refused: SlackError) -> Message:
        """Say why Slack would not take something, to whoever can change it."""
        log.warning("Slack refused: %s", refused.word)
        if refused.word in OUTSIDE:
            return notices.not_in_channel(f"@{(await self.workspace(asker)).name}")
        if refused.word == "missing_scope":
            return notices.missing_scope(refused.needed or ("unknown",))
        return notices.error(f"Slack did not take the answer ({refused.word}).", new_reference())


def _job(asker: Asker, key: str) -> str:
    return f"delivery {asker.team} {key}"
