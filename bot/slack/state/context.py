"""What every way in needs, made once: the desk, the store, the jobs, the workspaces, who may do what."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import aiohttp

from bot.diagnosis.engine import Desk
from bot.language.llm_settings import Endpoint
from bot.model.request import Vocabulary
from bot.rendering.blocks.message import Message
from bot.slack.api.ack_priority import Door
from bot.slack.api.actor import Asker
from bot.slack.api.client import SlackError
from bot.slack.api.ephemeral import whisper
from bot.slack.api.workspaces import Workspace, Workspaces
from bot.slack.runtime.concurrency import Slots
from bot.slack.runtime.tasks import Jobs
from bot.slack.runtime.worker_thread import Bench
from bot.slack.state.active_run import Running
from bot.slack.state.permissions import Rights
from bot.slack.state.relay_directory import Relays
from bot.slack.state.run_history import Records
from bot.slack.state.thread_memory import Talks
from bot.storage.store import Store

# How one kind of event is answered; called by another process than the one that was asked, after a restart.
Answer: TypeAlias = "Callable[[Office, Asker, Mapping[str, str]], Awaitable[None]]"


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
