"""The tasks that repeat while the bot serves: send again, answer again, and delete what is old."""

import time
from functools import partial
from typing import Final

from bot.background import PeriodicTask
from bot.slack.delivery import check_posts, inbox
from bot.slack.runs.recovery import AGAIN, LOOK, RESUME, resend, take_up
from bot.slack.state.context import AppContext

HOUSEKEEPING: Final = (
    RESUME,
    "resend",
    "retry",
    "check links",
    "take up",
    "sweep",
)  # tasks that shutdown cancels first
SWEEP: Final = 3600.0  # seconds between two runs of the retention


def repeated_tasks(context: AppContext) -> tuple[PeriodicTask, ...]:
    """Make the tasks that repeat, in the order of `HOUSEKEEPING` after the first."""
    return (
        PeriodicTask("sending messages that Slack did not accept", partial(resend, context), AGAIN),
        PeriodicTask("answering requests that failed before", partial(inbox.retry, context), AGAIN),
        PeriodicTask(
            "sending messages about check links", partial(check_posts.show_due, context), check_posts.EVERY
        ),
        PeriodicTask("continuing diagnoses that the database interrupted", partial(take_up, context), LOOK),
        PeriodicTask("deleting old cases", lambda: context.store.sweep(time.time()), SWEEP, at_once=True),
    )
