"""App Home: a start button, the user's recent diagnoses, and the state of the relays."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.rendering.blocks.modals import home
from bot.slack.api.actor import Actor, of_event
from bot.slack.api.client import call
from bot.slack.conversation.inventories import recent, relay_rows
from bot.slack.delivery import inbox
from bot.slack.state.context import AppContext
from bot.slack.state.event import make_event


def register(app: AsyncApp, context: AppContext) -> None:
    """Register the listener for opened tabs of the app."""

    @app.event("app_home_opened")
    async def opened(body: dict[str, Any]) -> None:  # Bolt acknowledges when this returns
        way = "greeting" if body.get("event", {}).get("tab") == "messages" else "home"
        await inbox.take(context, make_event(way, of_event(body), body, {}, ordered=False))


async def publish(context: AppContext, actor: Actor, _: Mapping[str, str]) -> None:
    """Publish the current App Home of *actor*."""
    workspace = await context.workspace(actor)
    runs, (relays, others) = await recent(context, actor), await relay_rows(context, actor)
    view = home(runs, relays, others=others)
    await call(workspace.client.views_publish, user_id=actor.user, view=view)
