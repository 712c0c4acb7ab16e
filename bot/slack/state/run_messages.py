"""A run as the messages that Slack shows: what belongs into each is gathered here, how it looks is `bot.rendering`.

Pure: no network, no clock. Rendering a verdict takes some 20 ms, so it is done at the bench.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.diagnosis.comparison import leading, listed
from bot.diagnosis.engine import Desk
from bot.model.records import RunRow
from bot.rendering.blocks import evidence, fixes, guides, notices, run_diff, text_limits, ticket
from bot.rendering.blocks.decision_path import Mark, walked
from bot.rendering.blocks.elements import Asked
from bot.rendering.blocks.message import Message
from bot.rendering.blocks.progress import progress, waiting
from bot.rendering.blocks.relay_progress import Far, side_by_side
from bot.rendering.blocks.run_header import About, about
from bot.rendering.blocks.tree_image import Picture, picture
from bot.rendering.blocks.verdict import Choices, verdict
from bot.rendering.view import headline
from bot.slack.state.finished_run import EVERY, view_of
from bot.slack.state.finished_run import Seen as Seen
from probes.protocol.model import REFERENCE, USER_NETWORK

MARKS: Final = {"found": Mark.FAULT, "clear": Mark.FINE, "unclear": Mark.UNKNOWN}


def platforms(desk: Desk) -> tuple[tuple[str, str], ...]:
    """Every platform: id and title."""
    return tuple((one.id, one.title) for one in desk.knowledge.platforms.values())


def about_begun(desk: Desk, run: RunRow, user: str) -> About:
    """Sum up a run that has no verdict yet."""
    request = run.request
    platform = request.platform or ""
    known = desk.knowledge.platforms.get(platform)
    outside = all(vantage == REFERENCE for vantage in run.vantages.values())
    return About(
        asked=Asked(run.case, run.id),
        code=request.code,
        platform=platform,
        title=known.title if known else platform,
        edge=request.edge,
        relay=listed(run.relays),
        vantage=REFERENCE if outside else USER_NETWORK,
        user=user,
        network=desk.network.title,
    )


def about_run(desk: Desk, seen: Seen) -> About:
    """Sum up a finished run."""
    return about(seen.record, seen.asked, desk.knowledge, seen.user, desk.network.title)


def under_way(one: About, relays: Sequence[Far]) -> Message:
    """Show how far a run is: one relay by its answers, several by a line each."""
    if len(relays) > 1:
        return side_by_side(one, relays)
    (far,) = relays
    if far.before is not None:
        return waiting(one, far.before)
    return progress(one, far.passed, far.done, far.total)


def the_verdict(
    desk: Desk,
    seen: Seen,
    *,
    platform: str = "",
    others: Sequence[str] = (),
    earlier: bool = False,
    resolved: bool = False,
    judged: str = "",
) -> Message:
    """Write the verdict; *platform* is the one whose steps are shown, else the one that was asked for.

    *others* are the relays that may be asked, too.
    """
    chosen = platform if platform != fixes.ALL else EVERY
    choices = Choices(
        platforms=platforms(desk),
        platform=chosen if platform else seen.record.request.platform or EVERY,
        relays=tuple(name for name in others if (name,) != seen.relays),
        earlier=earlier,
        judged=judged,
        resolved=resolved and seen.outcome == "clear",
        views=tuple(one.relay for one in seen.parts),
        part=bool(seen.of),
    )
    return verdict(about_run(desk, seen), view_of(desk, seen, chosen), seen.record.diagnosis, choices)


def the_fixes(desk: Desk, seen: Seen, platform: str) -> Message:
    """Write all steps with their code."""
    chosen = "" if platform == fixes.ALL else platform
    return fixes.fixes(about_run(desk, seen), view_of(desk, seen, chosen), chosen, platforms(desk))


def the_evidence(desk: Desk, seen: Seen) -> Message:
    """Write the engineers' view."""
    record = seen.record
    looks = record.observations.values()
    return evidence.evidence(about_run(desk, seen), view_of(desk, seen), record.diagnosis, looks, seen.parts)


def the_step(desk: Desk, seen: Seen, step: str) -> Message:
    """Tell everything about one look."""
    return evidence.step(about_run(desk, seen), seen.record.observations[step])


def the_tree(desk: Desk, seen: Seen, file: str = "") -> Message:
    """Show how it was decided; of several relays, from the one that leads."""
    one = _led(seen)
    note = (
        f"from {text_limits.quote(one.of, 60)}; “See one relay's verdict” leads to the others"
        if one.of
        else ""
    )
    return evidence.tree(about_run(desk, one), walked(one.record, desk.knowledge), file, note)


def the_picture(desk: Desk, seen: Seen) -> Picture:
    """Draw how it was decided; of several relays, from the one that leads."""
    seen = _led(seen)
    one, record = about_run(desk, seen), seen.record
    concluded = [(headline(record.diagnosis), MARKS[seen.outcome])]
    name = f"Error {one.subject}{f', from {seen.of}' if seen.of else ''}"
    return picture(name, walked(record, desk.knowledge), concluded)


def _led(seen: Seen) -> Seen:
    """Choose one relay's record where there are several."""
    return seen.from_(leading(seen.parts).relay) or seen if seen.parts else seen


def the_ticket(desk: Desk, seen: Seen) -> Message:
    """Write the run as plain text to copy."""
    return ticket.ticket(about_run(desk, seen), view_of(desk, seen), seen.record.diagnosis)


def the_preflight(desk: Desk, seen: Seen, platform: str) -> Message | None:
    """Tell how to run the SDK's own test on *platform*; none where there is no guide."""
    view = view_of(desk, seen, platform)
    guide = next((one for one in view.preflight if one.platform == platform), None)
    return guides.preflight(about_run(desk, seen), guide) if guide else None


def the_change(desk: Desk, before: Seen, now: Seen) -> Message:
    """Say what changed from one run to another."""
    what = run_diff.what_changed(before.records, now.records, desk.knowledge)
    return run_diff.compared(about_run(desk, before), about_run(desk, now), what, now.outcome)


def ended_without(desk: Desk, run: RunRow, user: str, told: "Ending") -> Message:
    """Say how a run ended that has no verdict: stopped, lost or failed."""
    one, how = replace(about_begun(desk, run, user), started=told.started), run.status
    if how == "stopped":
        return notices.stopped(one, told.by, told.done, told.total)
    if how == "failed":
        return notices.error("The diagnosis could not be carried out.", told.reference, one)
    return notices.lost(one, told.done, told.total)


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known of a run without a verdict."""

    done: int = 0
    total: int = 0
    by: str = ""
    reference: str = ""
    started: float = 0.0
