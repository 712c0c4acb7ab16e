"""AppContext: what every listener needs, made once per process. Handler: the type of an event handler."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import aiohttp

from bot.check_link.settings import CheckSettings
from bot.diagnosis.engine import Engine
from bot.language.llm_settings import LlmEndpoint
from bot.model.request import Vocabulary
from bot.rendering.blocks import notices
from bot.rendering.blocks.message import Message
from bot.slack.api.ack_priority import AckPriority
from bot.slack.api.actor import Actor
from bot.slack.api.client import SlackError
from bot.slack.api.ephemeral import post_ephemeral
from bot.slack.api.workspaces import Workspace, Workspaces
from bot.slack.runtime.concurrency import RunSlots
from bot.slack.runtime.tasks import TaskSupervisor
from bot.slack.runtime.worker_thread import WorkerThread
from bot.slack.state.active_run import ActiveRun
from bot.slack.state.event import CURRENT_EVENT
from bot.slack.state.permissions import Permissions
from bot.slack.state.relay_directory import SlackRelayDirectory
from bot.slack.state.run_history import RunHistory
from bot.slack.state.thread_memory import ThreadMemory
from bot.storage.claims import OtherBots
from bot.storage.store import Store

LATELY: Final = 30 * 86_400.0  # seconds: how long what was asked here serves as an example
EDGE: Final = "frankfurt"  # in examples, if the network has it

# Handles one kind of event; after a restart, in another process than the one that received it.
Handler: TypeAlias = "Callable[[AppContext, Actor, Mapping[str, str]], Awaitable[None]]"


@dataclass(frozen=True, slots=True)
class AppContext:
    """The shared objects of one process that serves Slack."""

    engine: Engine
    relay_directory: SlackRelayDirectory
    store: Store
    tasks: TaskSupervisor
    worker: WorkerThread
    workspaces: Workspaces
    session: aiohttp.ClientSession
    permissions: Permissions
    run_slots: RunSlots
    run_history: RunHistory
    ack_priority: AckPriority
    handlers: Mapping[str, Handler]  # by the stored name of the event kind
    check_settings: CheckSettings | None = None  # of check links; None: they are not set up
    check_posts: asyncio.Lock = field(default_factory=asyncio.Lock)  # messages about them are sent one by one
    thread_memory: ThreadMemory = field(default_factory=ThreadMemory)
    other_bots: OtherBots | None = None  # if the database may have several
    llm: LlmEndpoint | None = None  # the language model that rewords answers, if one is set
    channels_asked: dict[str, float] = field(default_factory=dict)  # Unix time, by channel: see `membership`
    # Held, by thread, while a message waits for the database: what follows in there waits for it.
    unstored: dict[str, asyncio.Lock] = field(default_factory=dict)
    active_runs: dict[str, ActiveRun] = field(default_factory=dict)  # by run id
    stopping: asyncio.Event = field(default_factory=asyncio.Event)  # what has not begun is not started

    @property
    def vocabulary(self) -> Vocabulary:
        """The valid words of requests at this moment."""
        return self.relay_directory.vocabulary

    def holds(self) -> bool:
        """Whether no other bot can have taken over the runs of this one."""
        return self.other_bots is None or self.other_bots.holds()

    async def words_for(self, actor: Actor) -> Vocabulary:
        """The vocabulary for *actor*: replies name only relays that *actor* may use."""
        words = self.vocabulary
        names = (*words.relays, *words.unusable)
        usable = await self.permissions.usable(await self.workspace(actor), actor, names)
        return replace(
            words,
            offered=tuple(name for name in usable if name in words.relays),
            unusable={name: because for name, because in words.unusable.items() if name in usable},
        )

    async def examples(self, actor: Actor) -> tuple[str, ...]:
        """Return commands that work for *actor* here: what was asked here most often, from a relay of the hub."""
        words = await self.words_for(actor)
        relays = [name for name in words.offered or () if name != self.engine.relay.name]
        edges = [edge for edge in words.edges if edge != words.roaming]
        edge = EDGE if EDGE in edges else next(iter(edges), "")
        since = time.time() - LATELY
        recent = await self.store.recent(actor.team, actor.user, channel=actor.channel, since=since)
        asked = Counter(
            (case.request.code, case.request.platform)
            for case, _ in recent
            if case.request.code in self.engine.knowledge.errors and not case.request.assumed
        )
        if not asked:
            return notices.examples(next(iter(relays), ""), edge=edge)
        ((code, platform), _), *_ = asked.most_common(1)
        raised = self.engine.knowledge.errors[code].platforms or tuple(self.engine.knowledge.platforms)
        platforms = dict.fromkeys((*([platform] if platform else []), *raised))
        return notices.examples(next(iter(relays), ""), code, tuple(platforms), edge)

    async def workspace(self, actor: Actor) -> Workspace:
        """Return the workspace of *actor*; `SlackError` if Lineman is no longer installed there."""
        found = await self.workspaces.get(actor.team, actor.enterprise)
        if found is None:
            raise SlackError("not_installed")
        return found

    async def post_ephemeral(self, actor: Actor, message: Message) -> None:
        """Reply to *actor* alone; not again if the event is handled again after the database has failed."""
        event = CURRENT_EVENT.get()
        if event and event.again and message.text in event.attempts.said:
            return
        await post_ephemeral(await self.workspace(actor), self.session, actor, message)
        if event:
            event.attempts.said.add(message.text)
