"""Phrases that people wrote: the project's own, and those of public threads, reworded, each with its source.

The halves are split by hash before any tuning. Phrases that were held out once and then looked at are `earlier`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.intake.read import read
from bot.intake.symptoms import match_symptoms
from bot.model.symptom_match import SymptomMatch
from knowledge.search.library import Library
from tests.eval.data import HERE, Half, load
from tests.eval.field_cases import KNOWLEDGE, VOCABULARY


@dataclass(frozen=True, slots=True)
class Phrase:
    text: str
    wanted: tuple[str, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class PhraseScore:
    rows: int
    first: int
    third: int
    sure: int
    sure_wrong: int
    misses: tuple[str, ...] = ()

    def __str__(self) -> str:
        ranked = (
            f"first {self.first / self.rows:6.1%}  in three {self.third / self.rows:6.1%}  of {self.rows:3}"
        )
        return f"{ranked}  sure {self.sure}, sure and wrong {self.sure_wrong}"


def load_phrases(name: str) -> list[Phrase]:
    rows = [line.split("\t") for line in (HERE / name).read_text("utf-8").splitlines()[1:]]
    return [Phrase(row[0], tuple(row[1].split("|")), *row[2:3]) for row in rows if row[1] != "-"]


def own_phrases(half: Half) -> list[Phrase]:
    """The project's own descriptions of causes."""
    return [Phrase(row.text, row.wanted) for row in load("symptoms", half) if row.wanted]


def measure_phrases(phrases: Sequence[Phrase], library: Library | None = None) -> PhraseScore:
    """How often the reading of a phrase ranks a right cause first, and among the first three.

    With a *library*, that one has learned: for phrases that the product learns from.
    """
    first = third = sure = sure_wrong = 0
    misses = []
    for phrase in phrases:
        match = _match(phrase.text, library)
        best = [candidate.cause for candidate in match.causes[:3]]
        right = best[:1] != [] and best[0] in phrase.wanted
        first += right
        third += not set(best).isdisjoint(phrase.wanted)
        sure += match.verdict == "sure"
        sure_wrong += match.verdict == "sure" and not right
        if not right:
            misses.append(f"{phrase.text!r}: {best}, wanted {'|'.join(phrase.wanted)}")
    return PhraseScore(len(phrases), first, third, sure, sure_wrong, tuple(misses))


def _match(text: str, library: Library | None) -> SymptomMatch:
    reading = read(text, VOCABULARY, KNOWLEDGE)
    if library is None:
        return reading.match
    return match_symptoms(reading.text, reading.codes, reading.clues, KNOWLEDGE, library=library).match
