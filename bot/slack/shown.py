"""A run as the messages that Slack shows: what belongs into each is gathered here, how it looks is `bot.replies`.

Pure: no network, no clock. Rendering a verdict takes some 20 ms, so it is done at the bench.
"""

from dataclasses import dataclass, replace
from typing import Final

from bot.desk import Desk
from bot.replies.blocks import changed, evidence, guides, notices, remedies, ticket
from bot.replies.blocks.about import About, about
from bot.replies.blocks.buttons import Asked
from bot.replies.blocks.message import Message
from bot.replies.blocks.pieces import context
from bot.replies.blocks.progress import acknowledged
from bot.replies.blocks.verdict import Choices, verdict
from bot.replies.blocks.walk import Mark, walked
from bot.replies.picture import Picture, picture
from bot.replies.view import headline
from bot.request import Request
from bot.triage import CaseRecord, open_matter
from knowledge.schema import Diagnosis

MARKS: Final = {"found": Mark.FAULT, "clear": Mark.FINE, "unclear": Mark.UNKNOWN}
EVERY: Final = ""  # no platform chosen: all of them


@dataclass(frozen=True, slots=True)
class Seen:
    """One finished run of one case, and who asked for it."""

    case: str
    run: str
    user: str
    record: CaseRecord

    @property
    def asked(self) -> Asked:
        """What its buttons carry."""
        return Asked(self.case, self.run)

    @property
    def outcome(self) -> str:
        """Found, clear or unclear."""
        return self.record.diagnosis.outcome


def platforms(desk: Desk) -> tuple[tuple[str, str], ...]:
    """Every platform: id and title."""
    return tuple((one.id, one.title) for one in desk.knowledge.platforms.values())


def about_request(desk: Desk, request: Request, asked: Asked, user: str) -> About:
    """Sum up a run that has not begun."""
    platform = request.platform or ""
    known = desk.knowledge.platforms.get(platform)
    return About(
        asked=asked,
        code=request.code,
        platform=platform,
        title=known.title if known else platform,
        edge=request.edge,
        relay=desk.relay.name,
        vantage=desk.relay.vantage,
        user=user,
        network=desk.network.title,
    )


def about_run(desk: Desk, seen: Seen) -> About:
    """Sum up a finished run."""
    return about(seen.record, seen.asked, desk.knowledge, seen.user, desk.network.title)


def waiting(one: About, before: int) -> Message:
    """Acknowledge, and say that others come first."""
    base = acknowledged(one)
    count = "one diagnosis is" if before == 0 else f"{before + 1} diagnoses are"
    line = context(f"Waiting for a free place on the relay: {count} before this one.")
    return Message(
        f"{base.text} Waiting: {count} before this one.", (*base.blocks[:2], line, *base.blocks[3:])
    )


def the_verdict(
    desk: Desk,
    seen: Seen,
    *,
    platform: str = "",
    earlier: bool = False,
    resolved: bool = False,
    judged: str = "",
) -> Message:
    """Write the verdict; *platform* is the one whose steps are shown, else the one that was asked for."""
    chosen = platform if platform != remedies.ALL else EVERY
    shown = widened(desk, seen.record, chosen)
    choices = Choices(
        platforms=platforms(desk),
        platform=chosen if platform else seen.record.request.platform or EVERY,
        relays=tuple(name for name in desk.vocabulary.relays if name != seen.record.relay),
        earlier=earlier,
        judged=judged,
        resolved=resolved and seen.outcome == "clear",
    )
    return verdict(about_run(desk, seen), desk.view(shown), shown.diagnosis, choices)


def widened(desk: Desk, record: CaseRecord, platform: str) -> CaseRecord:
    """Let the advice cover *platform* too, where a cause that was found may happen there.

    A cause found on one platform is a fault of the network; the steps against it can be told for any.
    """
    diagnosis = record.diagnosis
    if not platform or platform in diagnosis.platforms:
        return record
    found = tuple(
        replace(one, platforms=(*one.platforms, platform))
        if platform in (desk.knowledge.causes[one.cause].platforms or (platform,))
        else one
        for one in diagnosis.found
    )
    wider: Diagnosis = replace(diagnosis, platforms=(*diagnosis.platforms, platform), found=found)
    return replace(record, diagnosis=wider)


def rewalked(desk: Desk, record: CaseRecord, request: Request) -> CaseRecord:
    """Conclude anew from the same looks, for *request*: one more answer, or one platform of all."""
    matter = open_matter(request, desk.knowledge, desk.network)
    answers = matter.answers(record.observations, request.told, record.vantage)
    diagnosis = matter.diagnosis(answers, record.observations)
    return replace(record, request=request, answers=answers, diagnosis=diagnosis)


def the_fixes(desk: Desk, seen: Seen, platform: str) -> Message:
    """Write all steps with their code."""
    chosen = "" if platform == remedies.ALL else platform
    view = desk.view(widened(desk, seen.record, chosen))
    return remedies.fixes(about_run(desk, seen), view, chosen, platforms(desk))


def the_evidence(desk: Desk, seen: Seen) -> Message:
    """Write the engineers' view."""
    record = seen.record
    looks = record.observations.values()
    return evidence.evidence(about_run(desk, seen), desk.view(record), record.diagnosis, looks)


def the_step(desk: Desk, seen: Seen, step: str) -> Message:
    """Tell everything about one look."""
    return evidence.step(about_run(desk, seen), seen.record.observations[step])


def the_tree(desk: Desk, seen: Seen, file: str = "") -> Message:
    """Show how it was decided."""
    return evidence.tree(about_run(desk, seen), walked(seen.record, desk.knowledge), file)


def the_picture(desk: Desk, seen: Seen) -> Picture:
    """Draw how it was decided."""
    one, record = about_run(desk, seen), seen.record
    concluded = [(headline(record.diagnosis), MARKS[seen.outcome])]
    return picture(f"Error {one.subject}", walked(record, desk.knowledge), concluded)


def the_ticket(desk: Desk, seen: Seen) -> Message:
    """Write the run as plain text to copy."""
    return ticket.ticket(about_run(desk, seen), desk.view(seen.record), seen.record.diagnosis)


def the_preflight(desk: Desk, seen: Seen, platform: str) -> Message | None:
    """Tell how to run the SDK's own test on *platform*; none where there is no guide."""
    view = desk.view(widened(desk, seen.record, platform))
    guide = next((one for one in view.preflight if one.platform == platform), None)
    return guides.preflight(about_run(desk, seen), guide) if guide else None


def the_change(desk: Desk, before: Seen, now: Seen) -> Message:
    """Say what changed from one run to another."""
    was, are = (walked(one.record, desk.knowledge) for one in (before, now))
    what = changed.change(before.record.diagnosis, now.record.diagnosis, was, are)
    return changed.compared(about_run(desk, before), about_run(desk, now), what, now.outcome)


def ended_without(desk: Desk, request: Request, asked: Asked, user: str, how: str, told: "Ending") -> Message:
    """Say how a run ended that has no verdict: stopped, lost or failed."""
    one = replace(about_request(desk, request, asked, user), started=told.started)
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
