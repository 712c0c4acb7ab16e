"""The phrases and questions, and what each must lead to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

HERE: Final = Path(__file__).parent
NOTHING: Final = "-"
Half = Literal["tuning", "held-out"]


@dataclass(frozen=True, slots=True)
class Row:
    text: str
    wanted: tuple[str, ...]  # any of these is right; none: nothing is


def load(subject: Literal["symptoms", "questions"], half: Half) -> list[Row]:
    lines = (HERE / f"{subject}-{half}.tsv").read_text("utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    return [Row(text, () if wanted == NOTHING else tuple(wanted.split("|"))) for text, wanted in rows]
