"""Add what a pasted log or report shows of the user's device to the diagnosis that the same text asked for."""

from typing import Final

from bot.diagnosis.engine import Engine
from bot.diagnosis.run_record import RunRecord

SHORTEST: Final = 40  # characters; a shorter text is a command or a story


def add_evidence(engine: Engine, records: tuple[RunRecord, ...], text: str) -> tuple[RunRecord, ...]:
    """Evaluate *records* again with what *text* shows. Commands and stories change nothing."""
    if len(text) < SHORTEST:
        return records
    # A plain code needs no reader, which takes 0.1 s to load.
    from bot.diagnosis.device_evidence import apply_device_reading
    from bot.intake.read import read
    from bot.language.device_words import is_from_device

    reading = read(text)
    if not reading.useful:
        return records
    on_device = is_from_device(text)
    return tuple(
        apply_device_reading(record, reading, engine.knowledge, engine.network, on_device=on_device).record
        for record in records
    )
