"""Installations that end: tokens revoked, the app uninstalled."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.slack import inbox
from bot.slack.asker import Asker, of_event
from bot.slack.delivery import delivered
from bot.slack.office import Office


def register(app: AsyncApp, office: Office) -> None:
    """Listen to both."""

    @app.event("app_uninstalled")
    async def gone(body: dict[str, Any]) -> None:
        await inbox.take(office, delivered("uninstalled", of_event(body), body, {}, ordered=False))

    @app.event("tokens_revoked")
    async def without(body: dict[str, Any]) -> None:
        await inbox.take(office, delivered("revoked", of_event(body), body, {}, ordered=False))


async def uninstalled(office: Office, asker: Asker, _: Mapping[str, str]) -> None:
    """Forget the workspace for good."""
    await office.workspaces.forget(asker.team, uninstalled=True)


async def revoked(office: Office, asker: Asker, _: Mapping[str, str]) -> None:
    """Forget the token; the workspace may have another one."""
    await office.workspaces.forget(asker.team, uninstalled=False)
