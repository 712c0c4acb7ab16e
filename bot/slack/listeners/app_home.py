"""The App Home: a button to start, your recent diagnoses, the relays and how they are."""

import time
from collections.abc import Mapping
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.model.records import CaseRow, RunRow
from bot.relays.hub.dispatcher import spoken_ago
from bot.relays.hub.messages import Health
from bot.rendering.blocks.elements import Asked
from bot.rendering.blocks.lists import PastRun, RelayRow
from bot.rendering.blocks.modals import home
from bot.slack.api.actor import Asker, of_event
from bot.slack.api.client import call
from bot.slack.delivery import inbox
from bot.slack.state.context import Office
from bot.slack.state.event import delivered
from bot.slack.state.health import relay_problem

RECENT = 10
OFF: Final = 1.0  # seconds by which a relay's clock may be wrong without a word


def register(app: AsyncApp, office: Office) -> None:
    """Listen to people who open a tab of the app."""

    @app.event("app_home_opened")
    async def opened(body: dict[str, Any]) -> None:  # acknowledged by Bolt when this has ended
        way = "greeting" if body.get("event", {}).get("tab") == "messages" else "home"
        await inbox.take(office, delivered(way, of_event(body), body, {}, ordered=False))


async def publish(office: Office, asker: Asker, _: Mapping[str, str]) -> None:
    """Show the home of *asker* as it is now."""
    workspace = await office.workspace(asker)
    runs, (relays, others) = await recent(office, asker), await relay_rows(office, asker)
    view = home(runs, relays, others=others)
    await call(workspace.client.views_publish, user_id=asker.user, view=view)


async def recent(office: Office, asker: Asker, most: int = RECENT) -> list[PastRun]:
    """List what *asker* has asked for, newest first."""
    found = await office.store.recent(asker.team, asker.user, most)
    return [_past(office, case, run) for case, run in found if run]


async def relay_rows(office: Office, asker: Asker) -> tuple[list[RelayRow], int]:
    """List the relays that *asker* may use and how they are, and count the others."""
    workspace = await office.workspace(asker)
    names = office.relays.names
    usable = await office.rights.usable(workspace, asker, names)
    rows = [await _built_in(office)] if office.desk.relay.name in usable else []
    rows += [row_of(one, time.time()) for one in office.relays.known if one.name in usable]
    return rows, len(names) - len(usable)


async def _built_in(office: Office) -> RelayRow:
    relay = office.desk.relay
    problem = await relay_problem(office)
    state = problem or f"ready, {office.slots.busy(relay.name)} of {office.slots.each} places taken"
    return RelayRow(relay.name, relay.vantage, not problem, state)


def row_of(one: Health, now: float) -> RelayRow:
    """Say how a relay of the hub is; *now* in seconds since the epoch."""
    return RelayRow(
        one.name, one.vantage, one.connected and one.ready, _state(one, now), one.labels, _troubles(one)
    )


def _state(one: Health, now: float) -> str:
    if not one.connected:
        seen = f"last seen {spoken_ago(now - one.seen)} ago" if one.seen else "never seen"
        return f"not connected, {seen}{f' ({one.gone})' if one.gone else ''}"
    parts = ["connected" if one.ready else f"connected, but {one.gone or 'not ready'}"]
    if one.round_trip_ms is not None:
        parts.append(f"round trip {one.round_trip_ms:.0f} ms")
    if one.version:
        parts.append(f"version {one.version}")
    if one.running:
        parts.append(f"{one.running} running")
    return ", ".join(parts)


def _troubles(one: Health) -> tuple[str, ...]:
    found = [f"Self-test, {name}: {said}" for name, said in (one.checks or {}).items() if said]
    if one.offset_s is not None and abs(one.offset_s) >= OFF:
        way = "ahead" if one.offset_s > 0 else "behind"
        found.append(f"Its clock is {abs(one.offset_s):.0f} s {way}.")
    return tuple(found) if one.connected else ()


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
