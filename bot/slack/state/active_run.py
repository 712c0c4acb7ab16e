"""A run in progress: where it is shown, and the progress on each relay."""

import asyncio
from dataclasses import dataclass, field

from bot.diagnosis.device_evidence import PastedEvidence
from bot.model.records import RESTARTED, CaseRow, RunRow
from bot.rendering.blocks.relay_progress import RelayProgress
from bot.rendering.blocks.run_header import RunHeader
from bot.slack.api.workspaces import Workspace


@dataclass
class ActiveRun:
    """One run in progress; *progress* changes while it runs."""

    case: CaseRow
    run: RunRow
    workspace: Workspace
    user: str  # who started this run
    header: RunHeader
    ts: str = ""  # timestamp of its own message
    progress: dict[str, RelayProgress] = field(default_factory=dict)  # by relay
    evidence: PastedEvidence | None = None  # of the call that the case is about
    begun: bool = False  # it has had a slot on one of its relays
    ended: asyncio.Event = field(default_factory=asyncio.Event)  # its message shows how

    def __post_init__(self) -> None:
        self.progress = {name: RelayProgress(name, vantage) for name, vantage in self.run.vantages.items()}

    @property
    def may_restart(self) -> bool:
        """Whether the run starts again by itself if a restart interrupts it now."""
        return not self.run.summary.get(RESTARTED)

    @property
    def name(self) -> str:
        """The name of its task."""
        return job_name(self.run.id)

    @property
    def done(self) -> int:
        """Checks that have ended, over all relays."""
        return sum(progress.done for progress in self.progress.values())

    @property
    def total(self) -> int:
        """All checks, over the relays whose plan is known."""
        return sum(progress.total for progress in self.progress.values())


def job_name(run: str) -> str:
    """Return the name of a run's task."""
    return f"run {run}"
