"""Phrases that people wrote in public threads, reworded, each with its source; split by hash before any tuning."""

from dataclasses import dataclass

from bot.intake.read import read
from tests.eval.data import HERE
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

    def __str__(self) -> str:
        ranked = f"top-1 {self.first / self.rows:6.1%}  top-3 {self.third / self.rows:6.1%}  of {self.rows}"
        return f"{ranked}, sure and wrong {self.sure_wrong} of {self.sure}"


def load_phrases(name: str) -> list[Phrase]:
    rows = [line.split("\t") for line in (HERE / name).read_text("utf-8").splitlines()[1:]]
    return [Phrase(row[0], tuple(row[1].split("|")), *row[2:3]) for row in rows if row[1] != "-"]


def measure_phrases(name: str) -> PhraseScore:
    """How often the reading of a phrase ranks a right cause first, and among the first three."""
    phrases = load_phrases(name)
    first = third = sure = wrong = 0
    for phrase in phrases:
        match = read(phrase.text, VOCABULARY, KNOWLEDGE).match
        best = [candidate.cause for candidate in match.causes[:3]]
        right = best[:1] != [] and best[0] in phrase.wanted
        first += right
        third += not set(best).isdisjoint(phrase.wanted)
        sure += match.verdict == "sure"
        wrong += match.verdict == "sure" and not right
    return PhraseScore(len(phrases), first, third, sure, wrong)
