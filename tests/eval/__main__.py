"""Measures how well free text is understood: `make eval`; the tuning half alone with `--tune`.

The tuning half is measured with its own lines taken out of what is learnt from. The held-out half is never learnt from.
Beside it stands SQLite's full-text search over the same lines, with the same synonyms: the baseline.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from knowledge.loading.load import load_knowledge
from knowledge.model.schema import Knowledge
from knowledge.search.labeled_lines import ELSEWHERE
from knowledge.search.library import Library
from knowledge.search.passages import load_passages
from tests.eval.asked import asked_files, load_asked, measure_asked
from tests.eval.baseline import baseline
from tests.eval.calibration import report
from tests.eval.data import Half, Row, load
from tests.eval.field_cases import field_files, load_cases, measure_cases
from tests.eval.phrases import load_phrases, measure_phrases, own_phrases

Rank = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Score:
    rows: int
    first: int
    third: int
    wrong: tuple[str, ...] = ()

    def __str__(self) -> str:
        return (
            f"first {self.first / self.rows:6.1%}  in three {self.third / self.rows:6.1%}  of {self.rows:3}"
        )


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
    misses = "--misses" in arguments
    for half in halves:
        print_half(half, library(knowledge, half), misses=misses and half == "tuning")
    if "--tune" not in arguments:
        for name in field_files():
            score = measure_cases(load_cases(name))
            print("\n".join([f"{name.removesuffix('.tsv')}\n  {score}", *(score.misses if misses else ())]))
        for name in asked_files():
            asked = measure_asked(load_asked(name))
            print("\n".join([f"{name.removesuffix('.tsv')}\n  {asked}", *(asked.misses if misses else ())]))
        print("\n".join(report()))


def print_half(half: Half, made: Library, *, misses: bool) -> None:
    """Print each set of one half apart: what is right, what is sure, and what is sure and wrong."""
    plain_causes, plain_answers = baseline(made)
    own = measure_phrases(own_phrases(half), made if half == "tuning" else None)
    public = {"public": measure_phrases(load_phrases(f"public-{half}.tsv"))}
    if half == "tuning":
        public["earlier"] = measure_phrases(load_phrases("public-earlier.tsv"))
    questions = load("questions", half)
    found = measure(questions, lambda text: [one.label for one in made.answers(text)])
    print(f"{half}")
    print(f"  symptoms   {own}")
    print(f"    baseline {measure(load('symptoms', half), plain_causes)}")
    for name, score in public.items():
        print(f"  {name:10} {score}")
    print(f"  questions  {found}  {answered(questions, made)}")
    print(f"    baseline {measure(questions, plain_answers)}")
    if misses:
        print(
            "\n".join(
                (*own.misses, *(line for score in public.values() for line in score.misses), *found.wrong)
            )
        )


def answered(questions: Sequence[Row], made: Library) -> str:
    """How many questions are answered, and wrongly; how many foreign ones are declined."""
    foreign = sum(not row.wanted for row in questions)
    no, kept = declined(questions, made)
    best = [(row, made.answers(row.text)[0]) for row in questions if row.wanted]
    given = [(row, one) for row, one in best if made.answered(row.text, one)]
    wrong = sum(one.label not in row.wanted for row, one in given)
    return (
        f"answered {len(given)}, wrongly {wrong}; declined {kept} of its own, {no} of {foreign} foreign ones"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
