"""Represent one press of a button or select, with the case and run that it refers to."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bot.model.records import CaseRow
from bot.slack.api.actor import Actor
from bot.slack.state.context import AppContext
from bot.slack.state.finished_run import FinishedRun


@dataclass(frozen=True, slots=True)
class Press:
    """Who pressed what, and the case and run that it refers to."""

    actor: Actor
    fields: Mapping[str, str]  # what the button carries
    case: CaseRow | None = None
    run: FinishedRun | None = None


Act: TypeAlias = Callable[[AppContext, Press], Awaitable[None]]


def case_of(press: Press) -> CaseRow:
    """Return the case that the button refers to."""
    assert press.case is not None  # checked in `actions.press`
    return press.case


def run_of(press: Press) -> FinishedRun:
    """Return the run that the button refers to."""
    assert press.run is not None  # checked in `actions.press`
    return press.run


def for_run(act: Callable[[AppContext, Actor, FinishedRun], Awaitable[None]]) -> Act:
    """Adapt *act*, which needs only the run, to the table of actions."""

    async def done(context: AppContext, press: Press) -> None:
        await act(context, press.actor, run_of(press))

    return done
