"""List the relays that a user may use, with their state, and the diagnoses that the user has asked for."""

import time
from collections.abc import Mapping
from typing import Final

from bot.model.records import CaseRow, RunRow
from bot.relays.hub.absence import spoken_ago
from bot.relays.hub.messages import RelayStatus
from bot.rendering.blocks import lists
from bot.rendering.blocks.elements import ButtonContext
from bot.rendering.blocks.lists import PastRun, RelayRow
from bot.slack.api.actor import Actor
from bot.slack.state.context import AppContext
from bot.slack.state.health import relay_problem

RECENT = 10
LISTED: Final = 20  # diagnoses in one reply
WEEK: Final = 7 * 86_400.0  # seconds
MOST: Final = 500  # diagnoses that are counted in a channel
OFF: Final = 1.0  # seconds; a smaller clock error of a relay is not reported


async def post_relays(context: AppContext, actor: Actor) -> None:
    """List the relays, visible only to the user."""
    await context.post_ephemeral(actor, lists.relays(*await relay_rows(context, actor)))


async def post_history(context: AppContext, actor: Actor) -> None:
    """List the diagnoses that *actor* asked for, visible only to the user."""
    votes = await context.store.vote_counts(actor.team, actor.user)
    await context.post_ephemeral(actor, lists.history(await recent(context, actor, LISTED), votes=votes))


async def post_channel_history(context: AppContext, actor: Actor) -> None:
    """List everyone's diagnoses of the last week in this channel, visible only to the user."""
    since = time.time() - WEEK
    found = await context.store.recent(actor.team, "", MOST, channel=actor.channel, since=since)
    rows = [(case.user, _past(context, case, run)) for case, run in found if run]
    votes = await context.store.vote_counts(actor.team, channel=actor.channel, since=since)
    await context.post_ephemeral(actor, lists.channel_history(rows, votes))


async def recent(context: AppContext, actor: Actor, most: int = RECENT) -> list[PastRun]:
    """List the latest runs of *actor*, newest first."""
    found = await context.store.recent(actor.team, actor.user, most)
    return [_past(context, case, run) for case, run in found if run]


async def relay_rows(context: AppContext, actor: Actor) -> tuple[list[RelayRow], int]:
    """List the relays that *actor* may use with their state, and count the others."""
    workspace = await context.workspace(actor)
    names = context.relay_directory.names
    usable = await context.permissions.usable(workspace, actor, names)
    rows = [await _built_in(context)] if context.engine.relay.name in usable else []
    rows += [row_of(status, time.time()) for status in context.relay_directory.known if status.name in usable]
    return rows, len(names) - len(usable)


async def _built_in(context: AppContext) -> RelayRow:
    relay = context.engine.relay
    problem = await relay_problem(context)
    state = problem or (
        f"ready, running {context.run_slots.busy(relay.name)} of at most {context.run_slots.each} plans"
    )
    return RelayRow(relay.name, relay.vantage, not problem, state)


def row_of(status: RelayStatus, now: float) -> RelayRow:
    """Describe the state of a relay behind the hub; *now* is Unix time in seconds."""
    return RelayRow(
        status.name,
        status.vantage,
        status.connected and status.ready,
        _state(status, now),
        status.labels,
        _troubles(status),
    )


def _state(status: RelayStatus, now: float) -> str:
    if not status.connected:
        found = f"last connected {spoken_ago(now - status.seen)} ago" if status.seen else "never connected"
        return f"not connected, {found}{f' ({status.gone})' if status.gone else ''}"
    parts = ["connected" if status.ready else f"connected, but {status.gone or 'not ready'}"]
    if status.round_trip_ms is not None:
        parts.append(f"round trip {status.round_trip_ms:.0f} ms")
    if status.version:
        parts.append(f"version {status.version}")
    if status.running:
        parts.append(f"{status.running} running")
    return ", ".join(parts)


def _troubles(status: RelayStatus) -> tuple[str, ...]:
    found = [f"Self-test, {name}: {check}" for name, check in (status.checks or {}).items() if check]
    if status.offset_s is not None and abs(status.offset_s) >= OFF:
        way = "ahead" if status.offset_s > 0 else "behind"
        found.append(f"Its clock is {abs(status.offset_s):.0f} s {way}.")
    return tuple(found) if status.connected else ()


def _past(context: AppContext, case: CaseRow, run: RunRow) -> PastRun:
    known = context.engine.knowledge.platforms.get(run.request.platform or "")
    return PastRun(
        asked=ButtonContext(case.id, run.id),
        subject=f"{run.request.code} on {known.title if known else 'every platform'}",
        headline=str(run.summary.get("headline") or _ended(run)),
        outcome=run.outcome or run.status,
        started=run.started,
    )


def _ended(run: RunRow) -> str:
    words: Mapping[str, str] = {
        "running": "Still running",
        "stopped": "Stopped",
        "lost": "Interrupted by a restart",
        "failed": "Could not be carried out",
    }
    return words.get(run.status, run.status)
