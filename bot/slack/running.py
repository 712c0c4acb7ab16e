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
    ts: str = ""  # of its own message
    about: About | None = None
    before: str = ""  # the run it is compared with: empty for the first of a case
    passed: Sequence[Passed] = field(default=())
    done: int = 0
    total: int = 0

    @property
    def name(self) -> str:
        """The name of its job."""
        return job_name(self.run.id)

    @property
    def thread(self) -> str:
        """Where further messages go."""
        return self.case.thread_ts or self.ts

    @property
    def first(self) -> bool:
        """Whether its message is the one of the case."""
        return self.ts == self.case.message_ts


def job_name(run: str) -> str:
    """Name the job of a run."""
    return f"run {run}"
