"""The App Home: a button to start, your recent diagnoses, the relays and how they are."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.replies.blocks.buttons import Asked
from bot.replies.blocks.forms import home
from bot.replies.blocks.lists import PastRun, RelayRow
from bot.rows import CaseRow, RunRow
from bot.slack import inbox
from bot.slack.asker import Asker, of_event
from bot.slack.delivery import delivered
from bot.slack.health import relay_problem
from bot.slack.office import Office
from bot.slack.web import call

RECENT = 10


def register(app: AsyncApp, office: Office) -> None:
    """Listen to people who open a tab of the app."""

    @app.event("app_home_opened")
    async def opened(body: dict[str, Any]) -> None:  # acknowledged by Bolt when this has ended
        way = "greeting" if body.get("event", {}).get("tab") == "messages" else "home"
        await inbox.take(office, delivered(way, of_event(body), body, {}, ordered=False))


async def publish(office: Office, asker: Asker, _: Mapping[str, str]) -> None:
    """Show the home of *asker* as it is now."""
    workspace = await office.workspace(asker)
    runs, relays = await recent(office, asker), await relay_rows(office, asker)
    await call(workspace.client.views_publish, user_id=asker.user, view=home(runs, relays))


async def recent(office: Office, asker: Asker, most: int = RECENT) -> list[PastRun]:
    """List what *asker* has asked for, newest first."""
    found = await office.store.recent(asker.team, asker.user, most)
    return [_past(office, case, run) for case, run in found if run]


async def relay_rows(office: Office, asker: Asker) -> list[RelayRow]:
    """List the relays, how they are, and whether *asker* may use them."""
    workspace = await office.workspace(asker)
    usable = await office.rights.usable(workspace, asker, office.vocabulary.relays)
    relay = office.desk.relay
    problem = await relay_problem(office)
    state = problem or f"{office.slots.busy(relay.name)} of {office.slots.each} places taken"
    return [RelayRow(relay.name, relay.vantage, not problem, state, relay.name in usable)]


def _past(office: Office, case: CaseRow, run: RunRow) -> PastRun:
    known = office.desk.knowledge.platforms.get(run.request.platform or "")
    return PastRun(
        asked=Asked(case.id, run.id),
        subject=f"{run.request.code} on {known.title if known else 'every platform'}",
        headline=str(run.summary.get("headline") or _ended(run)),
        outcome=run.outcome or run.status,
        started=run.started,
    )


def _ended(run: RunRow) -> str:
    words: Mapping[str, str] = {
        "running": "Still running",
        "stopped": "Stopped",
        "lost": "Cut off by a restart",
        "failed": "Could not be carried out",
    }
    return words.get(run.status, run.status)
