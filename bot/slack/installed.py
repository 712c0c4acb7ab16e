"""Installations that end: tokens revoked, the app uninstalled."""

from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.slack.asker import of_event
from bot.slack.office import Office


def register(app: AsyncApp, office: Office) -> None:
    """Listen to both."""

    @app.event("app_uninstalled")
    async def uninstalled(body: dict[str, Any]) -> None:
        asker = of_event(body)
        office.take(asker, body, partial(office.workspaces.forget, asker.team, uninstalled=True))

    @app.event("tokens_revoked")
    async def revoked(body: dict[str, Any]) -> None:
        asker = of_event(body)
        office.take(asker, body, partial(office.workspaces.forget, asker.team, uninstalled=False))
