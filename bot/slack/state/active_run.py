"""One run under way: where it is shown, and how far it is from each relay."""

from dataclasses import dataclass, field

from bot.model.records import CaseRow, RunRow
from bot.rendering.blocks.relay_progress import RelayProgress
from bot.rendering.blocks.run_header import RunHeader
from bot.slack.api.workspaces import Workspace


@dataclass
class ActiveRun:
    """It changes while it runs; everything else about it stays."""

    case: CaseRow
    run: RunRow
    workspace: Workspace
    user: str  # who asked for this run
    header: RunHeader
    ts: str = ""  # of its own message
    progress: dict[str, RelayProgress] = field(default_factory=dict)  # by relay

    def __post_init__(self) -> None:
        self.progress = {name: RelayProgress(name, vantage) for name, vantage in self.run.vantages.items()}

    @property
    def name(self) -> str:
        """The name of its job."""
        return job_name(self.run.id)

    @property
    def done(self) -> int:
        """Looks that have ended, over all relays."""
        return sum(progress.done for progress in self.progress.values())

    @property
    def total(self) -> int:
        """All looks there are, as far as that is known."""
        return sum(progress.total for progress in self.progress.values())


def job_name(run: str) -> str:
    """Name the job of a run."""
    return f"run {run}"
