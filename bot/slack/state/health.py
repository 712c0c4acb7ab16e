"""Readiness checks: the store is writable, Slack accepts the token, the relay works."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bot.background import PeriodicTask
from bot.slack.api.client import SlackError, call
from bot.slack.state.context import AppContext
from bot.storage.database import StoreError
from probes.protocol.model import Plan

FRESH: Final = 20.0  # seconds for which Slack's answer is reused, to limit calls of auth.test
PATIENCE: Final = 5.0  # seconds for all checks


class Readiness:
    """Readiness of this process, for /readyz and the App Home."""

    def __init__(
        self,
        context: AppContext,
        connections: Callable[[], Awaitable[int]] | None = None,
        background: Sequence[PeriodicTask] = (),
    ) -> None:
        self._context, self._connections, self._background = context, connections, background
        self._asked, self._slack = -FRESH, ""

    def failing(self) -> list[str]:
        """List the background tasks that keep failing, one sentence each."""
        return [task.problem for task in self._background if task.problem]

    async def problems(self) -> list[str]:
        """List the problems, one sentence each; empty if there are none."""
        try:
            async with asyncio.timeout(PATIENCE):
                found = [
                    await self._store(),
                    await self._slack_knows_us(),
                    await relay_problem(self._context),
                    await self._sockets(),
                ]
        except TimeoutError:
            return ["the checks took too long"]
        return [item for item in found if item] + self.failing()

    async def _store(self) -> str:
        try:
            await self._context.store.drop_post("")  # a write that changes nothing
        except StoreError as error:
            return f"the database cannot be written: {error}"
        return ""

    async def _slack_knows_us(self) -> str:
        workspaces = self._context.workspaces
        if workspaces.single and time.monotonic() - self._asked >= FRESH:
            self._asked = time.monotonic()
            try:
                workspace = await workspaces.get("")
                self._slack = "" if workspace and await call(workspace.client.auth_test) else "no workspace"
            except SlackError as refused:
                self._slack = f"Slack does not accept the bot token: {refused.word}"
        return self._slack

    async def _sockets(self) -> str:
        if self._connections is None or await self._connections():
            return ""
        return "not connected to Slack"


async def relay_problem(context: AppContext) -> str:
    """Run an empty plan on the local relay; returns the problem, or an empty string."""
    try:
        await context.worker.run(_nothing(context))
    except OSError as error:
        return f"the relay cannot run checks: {type(error).__name__}"
    return ""


async def _nothing(context: AppContext) -> None:
    async with context.engine.relay.run(Plan((), 1.0)) as coming:
        async for _ in coming:
            pass
