"""Store symptom descriptions with the cause the user chose: kept for the retention, exported for tuning.

Every method is awaited. The description is redacted here a second time, even if the caller already did.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.model.symptom_match import CauseCandidate, SymptomMatch
from bot.redaction.redact import redact
from bot.storage.database import Database
from bot.storage.db_writer import Writer
from probes.protocol.json_codec import dump, load

NONE: Final = "none"  # stored if the user rejected every reading
LONGEST: Final = 2_000  # characters of a description; enough for tuning

# The user's choice, or the cause confirmed by feedback if the best reading was used without asking.
EXPORT: Final = """
SELECT story, CASE chosen WHEN 'none' THEN '-' ELSE chosen END, asked FROM readings WHERE chosen != ''
UNION
SELECT story, feedback.cause, asked FROM readings
  JOIN runs ON runs.case_id = readings.case_id AND readings.case_id != '' JOIN feedback ON feedback.run = runs.id
  WHERE readings.chosen = '' AND feedback.verdict = 'right' AND feedback.cause != ''
ORDER BY asked
"""


@dataclass(frozen=True, slots=True)
class StoryLabel:
    """One description, its readings, and the outcome."""

    id: str
    team: str
    readings: SymptomMatch
    chosen: str = ""  # a cause, `NONE`, or nothing yet
    case: str = ""  # the case that it started


class Labels:
    """The descriptions of one installation."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def offer(self, name: str, team: str, story: str, readings: SymptomMatch, knowledge: str) -> None:
        """Store *story* with its *readings*, and the digest of the *knowledge* that produced them."""
        safe = redact(story).text.encode("utf-8", "replace").decode()[:LONGEST]
        values = (name, team, safe, dump(to_json(readings)), "", "", knowledge, time.time())
        sql = "INSERT INTO readings VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
        await self._writer.run(lambda db: db.execute(sql, values))

    async def get(self, name: str) -> StoryLabel | None:
        """Return a description by name; None if it is no longer stored."""
        return await self._writer.read(lambda db: _label_from(db, "id = ?", name))

    async def choose(self, name: str, chosen: str) -> None:
        """Store the user's choice. It replaces an earlier one."""
        await self._change("UPDATE readings SET chosen = ? WHERE id = ?", chosen, name)

    async def began(self, name: str, case: str) -> None:
        """Store which case a description started."""
        await self._change("UPDATE readings SET case_id = ? WHERE id = ?", case, name)

    async def meant(self, case: str) -> tuple[str, ...]:
        """Return the cause of the description that started *case*: the chosen one, or the best reading."""
        label = await self._writer.read(lambda db: _label_from(db, "case_id = ? ORDER BY asked DESC", case))
        if label is None or label.chosen == NONE:
            return ()
        return (
            (label.chosen,)
            if label.chosen
            else tuple(candidate.cause for candidate in label.readings.offered[:1])
        )

    async def _change(self, sql: str, *values: str) -> None:
        await self._writer.run(lambda db: db.execute(sql, values))


def to_json(readings: SymptomMatch) -> dict[str, Any]:
    """Write the parts of *readings* that a continuation needs: the offered ones, and the clues."""
    return {
        "codes": list(readings.codes),
        "clues": dict(readings.clues),
        "verdict": readings.verdict,
        "offered": [[candidate.cause, candidate.title, candidate.score] for candidate in readings.offered],
    }


def from_json(value: Mapping[str, Any]) -> SymptomMatch:
    """Read the JSON of `to_json`."""
    causes = tuple(
        CauseCandidate(str(cause), str(title), float(score)) for cause, title, score in value["offered"]
    )
    return SymptomMatch(tuple(value["codes"]), dict(value["clues"]), causes, value["verdict"])


def _label_from(db: Database, which: str, value: str) -> StoryLabel | None:
    sql = f"SELECT id, team, read, chosen, case_id FROM readings WHERE {which} LIMIT 1"  # noqa: S608 - our constants
    row = next(iter(db.query(sql, (value,))), None)
    if row is None:
        return None
    return StoryLabel(row["id"], row["team"], from_json(load(row["read"])), row["chosen"], row["case_id"])
