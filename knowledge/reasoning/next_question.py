"""Choose the next question for a person: the one whose answer can change the most conclusions.

Pure. Leaves out questions that are answered, not due yet, or would change nothing.
"""

from collections.abc import Iterator

from knowledge.model.conclusions import Answered, Answers, NextQuestion
from knowledge.model.schema import CaseModel, Question
from knowledge.reasoning.answers import needs_met
from knowledge.reasoning.judge import CauseJudgment, judge


def next_question(case: CaseModel, answers: Answers, judgement: CauseJudgment) -> NextQuestion | None:
    """The question that settles the most by weight per cost; None if no question settles anything."""
    best: NextQuestion | None = None
    for question in case.questions.values():
        if question.person and answers[question.id].answer is None and needs_met(question, answers):
            worth = _worth(case, answers, judgement, question) / question.cost
            if worth > (best.worth if best else 0):
                best = _asked(question, worth)
    return best


def _asked(question: Question, worth: float) -> NextQuestion:
    assert question.person
    choices = tuple((name, question.says(name)) for name in question.names)
    return NextQuestion(question.id, question.person.option, question.person.ask, choices, worth)


def _worth(case: CaseModel, answers: Answers, judgement: CauseJudgment, question: Question) -> float:
    """Mean weight of the causes whose conclusion an answer to *question* changes."""
    total = 0.0
    for name in question.names:
        then = {**answers, question.id: Answered(question.id, name, "supposed", (), "person")}
        after = judge(case, then)
        total += sum(
            cause.weight[case.code] for cause in case.causes.values() if _matters(cause.id, judgement, after)
        )
        total += max((_worth(case, then, after, item) for item in _opened(case, answers, then)), default=0.0)
    return total / len(question.names)


def _matters(cause: str, before: CauseJudgment, after: CauseJudgment) -> bool:
    """Whether the conclusion about *cause* changes in a way that matters to somebody.

    Once a cause is found, it does not matter that an unsuspected cause is ruled out, or that there is one
    more effect.
    """
    if after.decided(cause) == before.decided(cause) or cause in after.explained_by:
        return False
    unsuspected = before.standing[cause] == "not_checked" and after.standing[cause] == "ruled_out"
    return not unsuspected or "found" not in before.standing.values()


def _opened(case: CaseModel, before: Answers, after: Answers) -> Iterator[Question]:
    """The questions that may be asked now and could not be asked before."""
    for question in case.questions.values():
        if (
            after[question.id].answer is None
            and not needs_met(question, before)
            and needs_met(question, after)
        ):
            yield question
