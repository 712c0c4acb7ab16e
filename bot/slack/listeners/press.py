"""A press of a button or a choice in a select, with the case and the run that it is about."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bot.model.records import CaseRow
from bot.slack.api.actor import Actor
from bot.slack.state.context import AppContext
from bot.slack.state.finished_run import FinishedRun


@dataclass(frozen=True, slots=True)
class Press:
    """Who pressed what, and what it is about."""

    actor: Actor
    fields: Mapping[str, str]  # what the button carries
    case: CaseRow | None = None
    run: FinishedRun | None = None


Act: TypeAlias = Callable[[AppContext, Press], Awaitable[None]]


def case_of(press: Press) -> CaseRow:
    """Give the case that the button is about."""
    assert press.case is not None  # `actions.press` has found it
    return press.case


def run_of(press: Press) -> FinishedRun:
    """Give the run that the button is about."""
    assert press.run is not None  # as above
    return press.run


def for_run(act: Callable[[AppContext, Actor, FinishedRun], Awaitable[None]]) -> Act:
    """Make *act*, which needs no more than the run, one of the table."""

    async def done(context: AppContext, press: Press) -> None:
        await act(context, press.actor, run_of(press))

    return done
