"""Uninstallation and token revocation, for one workspace or a whole organization."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.slack.api.actor import Actor, of_event
from bot.slack.delivery import inbox
from bot.slack.state.context import AppContext
from bot.slack.state.event import InboundEvent, make_event


def register(app: AsyncApp, context: AppContext) -> None:
    """Register the listeners for both events."""

    @app.event("app_uninstalled")
    async def gone(body: dict[str, Any]) -> None:
        await inbox.take(context, _of(body, "uninstalled"))

    @app.event("tokens_revoked")
    async def without(body: dict[str, Any]) -> None:
        tokens = body.get("event", {}).get("tokens")
        if isinstance(tokens, dict) and tokens.get("bot"):  # user tokens do not concern us
            await inbox.take(context, _of(body, "revoked"))


async def forget(context: AppContext, _: Actor, fields: Mapping[str, str]) -> None:
    """Delete the installation; the next event of the workspace looks for a newer one."""
    await context.workspaces.forget(fields.get("team", ""), fields.get("enterprise", ""))


def _of(body: Mapping[str, Any], way: str) -> InboundEvent:
    """Make the event for the workspace's installation or, with an empty team, the organization's."""
    actor = of_event(body)
    team, enterprise = actor.team, actor.enterprise
    if _of_organisation(body) or team == enterprise:
        team = ""
    elif team.startswith("E"):  # some events name the organization there
        team, enterprise = "", team
    return make_event(way, actor, body, {"team": team, "enterprise": enterprise}, ordered=False)


def _of_organisation(body: Mapping[str, Any]) -> bool:
    """Whether the event concerns the installation of a whole organization."""
    about = body.get("authorizations") or [body]
    return any(isinstance(item, Mapping) and item.get("is_enterprise_install") is True for item in about)
