"""The run that the result of a customer's browser is stored as.

Pure: no network, no clock.
"""

from typing import Any, Final

from bot.diagnosis.run_record import BROWSER_RELAY, RunRecord
from bot.diagnosis.stored_run import summary_of
from bot.model.records import RunRow
from bot.rendering.check_link_text import REPORTED

FINE: Final = "No problem found in the customer's browser"


def result_run(record: RunRecord, case: str, run: str, headline: str, now: float, **summary: Any) -> RunRow:
    """Make the finished run *run* of *case* from *record*; *summary* is stored with it."""
    outcome = record.diagnosis.outcome
    text = f"{FINE if outcome == 'clear' else headline} ({REPORTED})"
    return RunRow(
        id=run,
        case=case,
        vantages={BROWSER_RELAY: record.vantage},
        request=record.request,
        knowledge=record.digest,
        network=record.network,
        started=now,
        status="done",
        ended=now,
        outcome=outcome,
        summary={**summary_of([record], text, record.diagnosis), **summary},
    )
