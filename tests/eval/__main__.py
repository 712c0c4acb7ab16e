"""Measures how well free text is understood: `make eval`; the tuning half alone with `--tune`.

The tuning half is measured with its own lines taken out of what is learnt from. The held-out half is never learnt from.
Beside it stands SQLite's full-text search over the same lines, with the same synonyms: the baseline.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from knowledge.loading.load import load_knowledge
from knowledge.model.schema import Knowledge
from knowledge.search.library import ELSEWHERE, Library
from knowledge.search.passages import load_passages
from tests.eval.baseline import baseline
from tests.eval.data import Half, Row, load
from tests.eval.field_cases import field_files, load_cases, measure_cases
from tests.eval.phrases import measure_phrases

Rank = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Score:
    rows: int
    first: int
    third: int
    wrong: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"top-1 {self.first / self.rows:6.1%}  top-3 {self.third / self.rows:6.1%}  of {self.rows}"


def library(knowledge: Knowledge, half: Half) -> Library:
    """The library as it ships; for the tuning half without the lines that are asked."""
    asked = [row.text for subject in ("symptoms", "questions") for row in load(subject, half)]  # type: ignore[arg-type]  # a literal
    return Library(knowledge, load_passages(), asked if half == "tuning" else ())


def measure(rows: Sequence[Row], rank: Rank) -> Score:
    """How often a right label comes first, and among the first three, of the rows that have one."""
    first = third = 0
    wrong = []
    asked = [row for row in rows if row.wanted]
    for row in asked:
        best = [label for label in rank(row.text) if label != ELSEWHERE][:3]
        first += best[:1] != [] and best[0] in row.wanted
        third += not set(best).isdisjoint(row.wanted)
        if best[:1] == [] or best[0] not in row.wanted:
            wrong.append(f"{row.text!r}: {best}, wanted {'|'.join(row.wanted)}")
    return Score(len(asked), first, third, tuple(wrong))


def declined(rows: Sequence[Row], made: Library) -> tuple[int, int]:
    """How many questions that nothing answers are declined, and how many that something answers."""
    foreign = kept = 0
    for row in rows:
        no = not made.answered(row.text, made.answers(row.text)[0])
        foreign += no and not row.wanted
        kept += no and bool(row.wanted)
    return foreign, kept


def main(arguments: Sequence[str]) -> None:
    knowledge = load_knowledge()
    halves: tuple[Half, ...] = ("tuning",) if "--tune" in arguments else ("tuning", "held-out")
    for half in halves:
        made = library(knowledge, half)
        symptoms, questions = load("symptoms", half), load("questions", half)
        plain_causes, plain_answers = baseline(made)
        started = time.perf_counter()
        ours = measure(symptoms, lambda text, made=made: [one.label for one in made.causes(text)])  # type: ignore[misc]  # bound now
        each = (time.perf_counter() - started) / len(symptoms) * 1000
        found = measure(questions, lambda text, made=made: [one.label for one in made.answers(text)])  # type: ignore[misc]  # bound now
        foreign = sum(not row.wanted for row in questions)
        no, kept = declined(questions, made)
        print(f"{half}")
        print(f"  symptoms   {ours}   ({each:.1f} ms each, learning included)")
        print(f"    baseline {measure(symptoms, plain_causes)}")
        print(f"  questions  {found}")
        print(f"    baseline {measure(questions, plain_answers)}")
        print(
            f"  declined   {no} of {foreign} that nothing answers, {kept} of {found.rows} that something does"
        )
        if "--misses" in arguments and half == "tuning":
            print("\n".join((*ours.wrong, *found.wrong)))
    if "--tune" not in arguments:
        print_readings(misses="--misses" in arguments)


def print_readings(*, misses: bool) -> None:
    """Print how the tables of field cases and the phrases of public threads are read, each set apart."""
    for name in ("public-tuning.tsv", "public-held-out.tsv"):
        print(f"{name.removesuffix('.tsv')}\n  {measure_phrases(name)}")
    for name in field_files():
        score = measure_cases(load_cases(name))
        print(f"{name.removesuffix('.tsv')}\n  {score}")
        if misses:
            print("\n".join(score.misses))


if __name__ == "__main__":
    main(sys.argv[1:])
