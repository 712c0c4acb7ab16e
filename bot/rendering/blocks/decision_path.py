"""The way through the tree, question by question, each with a mark and the word for it.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from bot.diagnosis.triage import Progress, RunRecord
from bot.rendering.marks import BAD, OK, mark
from knowledge.model.conclusions import Answered
from knowledge.model.schema import Knowledge
from probes.protocol.model import Observation


class Mark(Enum):
    """How an answer looks; the word says the same as the sign, for those who do not see it."""

    FINE = ("\N{WHITE HEAVY CHECK MARK}", "fine")
    FAULT = ("\N{CROSS MARK}", "fault")
    NOTED = ("\N{SMALL BLUE DIAMOND}", "noted")
    UNKNOWN = ("\N{WHITE QUESTION MARK ORNAMENT}", "not known")

    @property
    def sign(self) -> str:
        """The sign in front."""
        return self.value[0]

    @property
    def word(self) -> str:
        """The word for it."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class WalkedQuestion:
    """One question that was passed on the way."""

    question: str
    asks: str
    says: str  # the answer as a person reads it, or why there is none
    mark: Mark
    branch: str = ""

    @property
    def told(self) -> str:
        """In words alone."""
        return f"{self.asks} {self.says} ({self.mark.word})"


def walked(record: RunRecord, knowledge: Knowledge) -> tuple[WalkedQuestion, ...]:
    """List the questions on the path of *record*, each once for all platforms that agree; faulty branches first."""
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
    """Add what *progress* tells to the answers *before* it; a new answer takes the old one's place."""
    steps_walked = {walked.question: walked for walked in before}
    steps_walked |= {
        answered.question: _passed(answered, knowledge, progress.seen)
        for answered in progress.changed
        if answered.answer
    }
    return tuple(steps_walked.values())


def in_words(steps: Iterable[WalkedQuestion]) -> str:
    """Tell the walk as text, for those who do not see the picture."""
    return " ".join(f"{number}. {walked.told}." for number, walked in enumerate(steps, 1))


def _passed(
    answered: Answered, knowledge: Knowledge, observations: Mapping[str, Observation], branch: str = ""
) -> WalkedQuestion:
    question = knowledge.questions[answered.question]
    if answered.answer is None:
        return WalkedQuestion(
            answered.question, question.asks, answered.because or "nobody knows yet", Mark.UNKNOWN, branch
        )
    sign = mark(answered, knowledge, observations)
    kind = Mark.FINE if sign == OK else Mark.FAULT if sign == BAD else Mark.NOTED
    return WalkedQuestion(answered.question, question.asks, question.says(answered.answer), kind, branch)
