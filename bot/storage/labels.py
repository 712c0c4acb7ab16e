"""Stories without a code and what people said they meant: kept until the retention ends, exported for tuning.

Every method is awaited; the story is redacted here a second time, whatever callers did.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlite_utils import Database

from bot.model.symptom_match import CauseCandidate, SymptomMatch
from bot.redaction.redact import redact
from bot.storage.db_writer import Writer
from probes.protocol.json_codec import dump, load

NONE: Final = "none"  # chosen where none of the readings was meant
LONGEST: Final = 2_000  # characters of a story; enough to tune with

# What somebody chose; where the best reading was gone ahead with, a cause that they said was right in the end.
EXPORT: Final = """
SELECT story, CASE chosen WHEN 'none' THEN '-' ELSE chosen END, asked FROM readings WHERE chosen != ''
UNION
SELECT story, feedback.cause, asked FROM readings
  JOIN runs ON runs.case_id = readings.case_id AND readings.case_id != '' JOIN feedback ON feedback.run = runs.id
  WHERE readings.chosen = '' AND feedback.verdict = 'right'
ORDER BY asked
"""


@dataclass(frozen=True, slots=True)
class StoryLabel:
    """One story: what it was read as, and what became of it."""

    id: str
    team: str
    readings: SymptomMatch
    chosen: str = ""  # a cause, `NONE`, or nothing yet
    case: str = ""  # that it began


class Labels:
    """The stories of one installation."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def offer(self, name: str, team: str, story: str, readings: SymptomMatch, knowledge: str) -> None:
        """Keep *story* with what it was read as, by the *knowledge* of this digest."""
        safe = redact(story).text.encode("utf-8", "replace").decode()[:LONGEST]
        values = (name, team, safe, dump(to_json(readings)), "", "", knowledge, time.time())
        sql = "INSERT OR IGNORE INTO readings VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        await self._writer.run(lambda db: db.execute(sql, values))

    async def get(self, name: str) -> StoryLabel | None:
        """Find a story by its name; none where it is not kept any more."""
        return await self._writer.run(lambda db: _label_from(db, "id = ?", name))

    async def choose(self, name: str, chosen: str) -> None:
        """Keep what was meant; whoever chooses again changes it."""
        await self._change("UPDATE readings SET chosen = ? WHERE id = ?", chosen, name)

    async def began(self, name: str, case: str) -> None:
        """Keep which case a story began."""
        await self._change("UPDATE readings SET case_id = ? WHERE id = ?", case, name)

    async def meant(self, case: str) -> tuple[str, ...]:
        """Name the cause that the story of *case* told of: the one chosen, else the best reading."""
        label = await self._writer.run(lambda db: _label_from(db, "case_id = ? ORDER BY asked DESC", case))
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
    """Write what is needed to go on from *readings*: those that were offered, and the clues."""
    return {
        "codes": list(readings.codes),
        "clues": dict(readings.clues),
        "verdict": readings.verdict,
        "offered": [[candidate.cause, candidate.title, candidate.score] for candidate in readings.offered],
    }


def from_json(value: Mapping[str, Any]) -> SymptomMatch:
    """Read what `to_json` wrote."""
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
