"""What every way in needs, made once: the desk, the store, the jobs, the workspaces, who may do what."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import aiohttp

from bot.diagnosis.engine import Desk
from bot.language.llm_settings import Endpoint
from bot.model.request import Vocabulary
from bot.rendering.blocks.message import Message
from bot.slack.asker import Asker
from bot.slack.bench import Bench
from bot.slack.delivery import Answer
from bot.slack.door import Door
from bot.slack.installation import Workspace, Workspaces
from bot.slack.jobs import Jobs
from bot.slack.records import Records
from bot.slack.relays import Relays
from bot.slack.rights import Rights
from bot.slack.running import Running
from bot.slack.slots import Slots
from bot.slack.talks import Talks
from bot.slack.web import SlackError
from bot.slack.whisper import whisper
from bot.storage.store import Store


@dataclass(frozen=True, slots=True)
class Office:
    """One process that serves Slack."""

    desk: Desk
    relays: Relays
    store: Store
    jobs: Jobs
    bench: Bench
    workspaces: Workspaces
    session: aiohttp.ClientSession
    rights: Rights
    slots: Slots
    records: Records
    door: Door
    ways: Mapping[str, Answer]  # how what comes in is answered, by the name of its way
    talks: Talks = field(default_factory=Talks)
    model: Endpoint | None = None  # the language model that words answers, where one is set
    running: dict[str, Running] = field(default_factory=dict)  # by run

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that mean something now."""
        return self.relays.vocabulary

    async def words_for(self, asker: Asker) -> Vocabulary:
        """The same, where answers name no relay that *asker* may not use."""
        words = self.vocabulary
        usable = await self.rights.usable(await self.workspace(asker), asker, words.relays)
        return replace(words, offered=usable)

    async def workspace(self, asker: Asker) -> Workspace:
        """Give the workspace of *asker*; `SlackError` where Lineman is not installed any more."""
        found = await self.workspaces.get(asker.team, asker.enterprise)
        if found is None:
            raise SlackError("not_installed")
        return found

    async def whisper(self, asker: Asker, message: Message) -> None:
        """Tell *asker* alone."""
        await whisper(await self.workspace(asker), self.session, asker, message)
