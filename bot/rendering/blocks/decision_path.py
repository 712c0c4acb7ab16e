"""The decision path: questions walked, their answers, and a status mark for each.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.triage import Progress
from bot.rendering.marks import BAD, OK, mark
from knowledge.model.conclusions import Answered
from knowledge.model.schema import Knowledge
from probes.protocol.model import Observation


class Mark(Enum):
    """The status mark of an answer; the word repeats the sign for readers who cannot see it."""

    FINE = ("\N{WHITE HEAVY CHECK MARK}", "fine")
    FAULT = ("\N{CROSS MARK}", "fault")
    NOTED = ("\N{SMALL BLUE DIAMOND}", "noted")
    UNKNOWN = ("\N{WHITE QUESTION MARK ORNAMENT}", "not known")

    @property
    def sign(self) -> str:
        """The symbol shown before the question."""
        return self.value[0]

    @property
    def word(self) -> str:
        """The word that means the same as the symbol."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class WalkedQuestion:
    """One question on the decision path, with its answer."""

    question: str
    asks: str
    says: str  # the answer in words, or why there is none
    mark: Mark
    branch: str = ""

    @property
    def text(self) -> str:
        """The question, answer, and mark as text."""
        return f"{self.asks} {self.says} ({self.mark.word})"


def walked(record: RunRecord, knowledge: Knowledge) -> tuple[WalkedQuestion, ...]:
    """List the questions on the path of *record*, once if platforms agree, branches with faults first."""
    found: dict[tuple[str, str | None], WalkedQuestion] = {}
    for step in record.diagnosis.path:
        answered = Answered(step.question, step.answer, step.because, step.steps)
        key = (step.question, step.answer)
        found.setdefault(key, _passed(answered, knowledge, record.observations, step.branch))
    broken = {walked.branch for walked in found.values() if walked.mark is Mark.FAULT}
    return tuple(sorted(found.values(), key=lambda walked_question: walked_question.branch not in broken))


def follow(
    before: Sequence[WalkedQuestion], progress: Progress, knowledge: Knowledge
) -> tuple[WalkedQuestion, ...]:
    """Add the answers of *progress* to those *before*; a newer answer replaces the older one."""
    steps_walked = {walked.question: walked for walked in before}
    steps_walked |= {
        answered.question: _passed(answered, knowledge, progress.observations)
        for answered in progress.changed
        if answered.answer
    }
    return tuple(steps_walked.values())


def in_words(steps: Iterable[WalkedQuestion]) -> str:
    """Return the path as text, for readers who cannot see the picture."""
    return " ".join(f"{number}. {walked.text}." for number, walked in enumerate(steps, 1))


def _passed(
    answered: Answered, knowledge: Knowledge, observations: Mapping[str, Observation], branch: str = ""
) -> WalkedQuestion:
    question = knowledge.questions[answered.question]
    if answered.answer is None:
        return WalkedQuestion(
            answered.question, question.asks, answered.because or "not known yet", Mark.UNKNOWN, branch
        )
    sign = mark(answered, knowledge, observations)
    kind = Mark.FINE if sign == OK else Mark.FAULT if sign == BAD else Mark.NOTED
    return WalkedQuestion(answered.question, question.asks, question.says(answered.answer), kind, branch)
