"""Add what a pasted log or report shows of the user's device to the diagnosis that the same text asked for."""

from typing import Final

from bot.diagnosis.engine import Engine
from bot.diagnosis.run_record import RunRecord

SHORTEST: Final = 40  # characters; a shorter text needs no reader


def add_evidence(engine: Engine, records: tuple[RunRecord, ...], text: str) -> tuple[RunRecord, ...]:
    """Evaluate *records* again with what *text* shows. Commands and stories change nothing."""
    if len(text) < SHORTEST:
        return records
    # A plain code needs no reader, which takes 0.1 s to load.
    from bot.diagnosis.device_evidence import apply_device_reading, evidence_in

    found = evidence_in(text)
    if found is None:
        return records
    return tuple(
        apply_device_reading(
            record, found.reading, engine.knowledge, engine.network, on_device=found.on_device
        ).record
        for record in records
    )
