"""One run under way: where it is shown, and how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.replies.blocks.about import About
from bot.replies.blocks.walk import Passed
from bot.rows import CaseRow, RunRow
from bot.slack.installation import Workspace


@dataclass
class Running:
    """It changes while it runs; everything else about it stays."""

    case: CaseRow
    run: RunRow
    workspace: Workspace
    user: str  # who asked for this run
    about: About
    ts: str = ""  # of its own message
    passed: Sequence[Passed] = field(default=())
    done: int = 0
    total: int = 0

    @property
    def name(self) -> str:
        """The name of its job."""
        return job_name(self.run.id)


def job_name(run: str) -> str:
    """Name the job of a run."""
    return f"run {run}"
