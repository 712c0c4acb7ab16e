"""Installations that end: tokens revoked, the app uninstalled, from one workspace or a whole organisation."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.slack.asker import of_event
from bot.slack.office import Office


def register(app: AsyncApp, office: Office) -> None:
    """Listen to both."""

    @app.event("app_uninstalled")
    async def uninstalled(body: dict[str, Any]) -> None:
        _forget(office, body)

    @app.event("tokens_revoked")
    async def revoked(body: dict[str, Any]) -> None:
        tokens = body.get("event", {}).get("tokens")
        if isinstance(tokens, dict) and tokens.get("bot"):  # those of people are none of ours
            _forget(office, body)


def _forget(office: Office, body: Mapping[str, Any]) -> None:
    asker = of_event(body)
    team, enterprise = asker.team, asker.enterprise
    if _of_organisation(body) or team == enterprise:
        team = ""
    elif team.startswith("E"):  # some events name the organisation there
        team, enterprise = "", team
    office.take(asker, body, partial(office.workspaces.forget, team, enterprise))


def _of_organisation(body: Mapping[str, Any]) -> bool:
    """Tell whether the event is about the installation of a whole organisation."""
    about = body.get("authorizations") or [body]
    return any(isinstance(one, Mapping) and one.get("is_enterprise_install") is True for one in about)
