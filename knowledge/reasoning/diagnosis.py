"""Turn the judgment into a diagnosis: six lists with reasons, unexplained failures, the next question.

Pure. Every cause of the case is in exactly one list.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from knowledge.model.conclusions import Answered, Answers, Diagnosis, Finding, Judged
from knowledge.model.schema import Alternatives, CaseModel, Cause, Question
from knowledge.reasoning.failed_checks import accounted_by, failed_in, strict_in
from knowledge.reasoning.judge import (
    CauseJudgment,
    alternatives_truth,
    any_vantage,
    can_harm,
    condition_truth,
    is_cleared_elsewhere,
    judge,
    open_alternatives,
)
from knowledge.reasoning.next_question import next_question
from knowledge.reasoning.outcome import outcome, split
from probes.protocol.model import Observation

# Why a cause is not checked although it was ruled out where the checks ran.
ELSEWHERE: Final = "ruled out on the network that was tested, which may not be the user's"


def diagnose(case: CaseModel, answers: Answers, observations: Mapping[str, Observation]) -> Diagnosis:
    """Judge *case* by *answers*; *observations* show which failures no found cause explains."""
    judgement = judge(case, answers)
    found, risks = split(_found(case, answers, judgement))
    judged = {
        cause.id: _judged(case, cause, answers, judgement)
        for cause in case.causes.values()
        if cause.id not in {finding.cause for finding in (*found, *risks)}
    }
    accounted = accounted_by(case, answers, judgement)
    unexplained = tuple(failed_in(case, observations) - accounted.keys())
    diagnosis = Diagnosis(
        code=case.code,
        platforms=(case.platform,),
        outcome="unclear",
        found=found,
        risks=risks,
        explained=tuple(item for id_, item in judged.items() if id_ in judgement.explained_by),
        possible=_listed(judged, judgement, "possible"),
        ruled_out=_listed(judged, judgement, "ruled_out"),
        not_checked=_listed(judged, judgement, "not_checked"),
        unexplained=unexplained,
        tolerated=tuple(step for step in unexplained if step not in strict_in(case)),
        accounted=tuple(accounted),
        next_question=next_question(case, answers, judgement),
        digest=case.digest,
    )
    return replace(diagnosis, outcome=outcome(diagnosis))


def _found(case: CaseModel, answers: Answers, judgement: CauseJudgment) -> list[Finding]:
    """Causes that are there and no effects, found ones and risks."""
    found = []
    for cause in case.causes.values():
        if judgement.standing[cause.id] == "found" and cause.id not in judgement.explained_by:
            because = _shown_by(cause.when, answers)
            doubts = _shown_by(cause.likely_when, answers)
            found.append(
                Finding(
                    cause=cause.id,
                    title=cause.title,
                    confidence="likely" if cause.id in judgement.likely else "certain",
                    because=because,
                    steps=_steps((*because, *doubts)),
                    effects=tuple(e for e, root in judgement.explained_by.items() if root == cause.id),
                    platforms=(case.platform,),
                    weight=cause.weight[case.code],
                    local=cause.local,
                    impact=judgement.impact[cause.id],
                    network=cause.network,
                )
            )
    return found


def _shown_by(alternatives: Alternatives, answers: Answers) -> tuple[Answered, ...]:
    questions = [q for condition in alternatives if condition_truth(condition, answers) for q in condition]
    return tuple(answers[question] for question in dict.fromkeys(questions))


def _judged(case: CaseModel, cause: Cause, answers: Answers, judgement: CauseJudgment) -> Judged:
    by = judgement.explained_by.get(cause.id, "")
    standing = judgement.standing[cause.id]
    elsewhere = standing == "not_checked" and is_cleared_elsewhere(cause, answers)
    if by:
        reasons: tuple[str, ...] = (f"an effect of: {case.causes[by].title}",)
        about = _shown_by(cause.when, answers)
    elif elsewhere:
        about = _cleared_by(cause, answers)
        reasons = (ELSEWHERE,)
    elif standing == "ruled_out":
        about = _cleared_by(cause, answers)
        reasons = tuple(_answer_text(case, answered) for answered in about)
    else:
        about = _open(cause, answers)
        reasons = _why_open(case, cause, answers, about)
    return Judged(
        cause=cause.id,
        title=cause.title,
        because="; ".join(dict.fromkeys(reasons)),
        steps=_steps(about),
        platforms=(case.platform,),
        waits_for=tuple(dict.fromkeys(id_ for answered in about for id_ in answered.waits_for)),
        person_only=standing == "not_checked" and _person_only(case, about),
        by=by,
        weight=cause.weight[case.code],
        local=cause.local and alternatives_truth(cause.when, answers, any_vantage) is True,
        harmless=elsewhere or not can_harm(cause, answers) or _not_measured(case, about),
        elsewhere=elsewhere,
    )


def _cleared_by(cause: Cause, answers: Answers) -> tuple[Answered, ...]:
    """The answers that rule *cause* out, or else the first contradicting answer of each alternative."""
    if shown := _shown_by((cause.clears_if,), answers):
        return shown
    first = [
        next((answers[q] for q, fit in condition.items() if answers[q].firm not in (None, *fit)), None)
        for condition in cause.when
    ]
    return tuple(dict.fromkeys(answered for answered in first if answered))


def _open(cause: Cause, answers: Answers) -> tuple[Answered, ...]:
    """The answers that are missing, or do not count, before *cause* can be decided."""
    conditions = open_alternatives(cause, answers)
    if not conditions:  # contradicted, but something else must hold before that rules it out
        conditions = [cause.clears_only_if]
        return tuple(answers[q] for q, fit in cause.clears_only_if.items() if answers[q].firm not in fit)
    return tuple(
        dict.fromkeys(answers[q] for condition in conditions for q in condition if answers[q].firm is None)
    )


def _why_open(case: CaseModel, cause: Cause, answers: Answers, about: Iterable[Answered]) -> tuple[str, ...]:
    reasons = tuple(_answer_text(case, answered) for answered in about)
    if open_alternatives(cause, answers):
        if alternatives_truth(cause.when, answers, any_vantage) is not None:
            return ("found only by a reference relay, which says nothing about the user's network", *reasons)
        return reasons
    needed = tuple(f"there is no sign of it, which does not rule it out: {reason}" for reason in reasons)
    return needed or reasons


def _answer_text(case: CaseModel, answered: Answered) -> str:
    question = case.questions[answered.question]
    return f"{question.asks} {question.says(answered.answer) if answered.answer is not None else answered.because}"


def _person_only(case: CaseModel, about: Iterable[Answered]) -> bool:
    """Whether everything that is missing waits for a person's answer."""
    return all(
        answered.answer is None
        and answered.waits_for
        and all(case.questions[id_].person for id_ in answered.waits_for)
        for answered in about
    )


def _not_measured(case: CaseModel, about: Sequence[Answered]) -> bool:
    """Whether all that is missing are answers without which a clear outcome stays clear."""
    return bool(about) and all(
        _is_optional(case.questions[answered.question], answered) for answered in about
    )


def _is_optional(question: Question, given: Answered) -> bool:
    """Whether nothing was measured for an optional question: no answer, or the one that no rule gives."""
    return question.optional and given.answer in (None, question.answers[-1].name)


def _listed(judged: Mapping[str, Judged], judgement: CauseJudgment, standing: str) -> tuple[Judged, ...]:
    return tuple(
        item
        for id_, item in judged.items()
        if judgement.standing[id_] == standing and id_ not in judgement.explained_by
    )


def _steps(answers: Iterable[Answered]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(step for answered in answers for step in answered.steps))
