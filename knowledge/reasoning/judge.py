"""Judge each cause by the answers: found, ruled out, possible or not checked, and which cause explains which.

Pure. Three-valued: unknown stays unknown, and never counts as fine.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

from knowledge.model.conclusions import Answered, Answers
from knowledge.model.impact import Impact
from knowledge.model.rules import Truth, all_of, any_of
from knowledge.model.schema import Alternatives, CaseModel, Cause, Condition
from probes.protocol.frozen import frozen

Standing: TypeAlias = Literal["found", "ruled_out", "possible", "not_checked"]


@frozen
class CauseJudgment:
    """The judgment of each cause, and which cause it is an effect of."""

    standing: Mapping[str, Standing]
    explained_by: Mapping[str, str]  # by effect: the found cause at the root
    likely: frozenset[str]  # found, but not certain
    impact: Mapping[str, Impact]  # of every cause, if it is there

    def decided(self, cause: str) -> tuple[str, str | None, bool, Impact | None]:
        """The conclusion about *cause*; possible and not checked both count as undecided."""
        standing = self.standing[cause]
        firm = standing if standing in ("found", "ruled_out") else "undecided"
        impact = self.impact[cause] if firm == "found" else None
        return firm, self.explained_by.get(cause), cause in self.likely, impact


def judge(case: CaseModel, answers: Answers) -> CauseJudgment:
    """Judge every cause of *case* by itself, then assign effects to their causes."""
    standing = {cause.id: _standing(cause, case, answers) for cause in case.causes.values()}
    found = {id_ for id_, where in standing.items() if where == "found"}
    likely = {id_ for id_ in found if alternatives_truth(case.causes[id_].likely_when, answers, firm)}
    impact = {cause.id: impact_of(cause, answers) for cause in case.causes.values()}
    explained = _explained(case, answers, standing, impact)
    return CauseJudgment(standing, explained, frozenset(likely), impact)


def impact_of(cause: Cause, answers: Answers) -> Impact:
    """The impact that the first fitting entry of `impact_when` gives; an unknown answer fits none."""
    fitting = (item.impact for item in cause.impact_when if condition_truth(item.when, answers))
    return next(fitting, cause.impact)


def can_harm(cause: Cause, answers: Answers) -> bool:
    """Whether *cause* affects somebody now, or can by an answer that is still unknown."""
    may_hold = (item.impact for item in cause.impact_when if condition_truth(item.when, answers) is not False)
    return impact_of(cause, answers) != "risk" or any(impact != "risk" for impact in may_hold)


def firm(given: Answered) -> str | None:
    """The answer, if it may confirm causes and rule them out."""
    return given.firm


def clearing(given: Answered) -> str | None:
    """The answer, if it may rule out causes of the user's network."""
    return given.clearing


def any_vantage(given: Answered) -> str | None:
    """The answer, from any vantage."""
    return given.answer


def condition_truth(
    condition: Condition, answers: Answers, read: Callable[[Answered], str | None] = firm
) -> Truth:
    """Whether every question of *condition* has a matching answer; an empty condition is true."""
    return all_of(
        None if (given := read(answers[question])) is None else given in fit
        for question, fit in condition.items()
    )


def alternatives_truth(
    alternatives: Alternatives, answers: Answers, read: Callable[[Answered], str | None] = firm
) -> Truth:
    """Whether any of *alternatives* is true; without alternatives, false."""
    return any_of(condition_truth(condition, answers, read) for condition in alternatives)


def open_alternatives(cause: Cause, answers: Answers) -> list[Condition]:
    """The alternatives that are neither confirmed nor contradicted."""
    return [condition for condition in cause.when if condition_truth(condition, answers) is None]


def effects_of(case: CaseModel, cause: str, answers: Answers) -> Iterator[str]:
    """The causes that *cause* explains if they are present, given the answers."""
    for effect in case.causes[cause].explains:
        if effect.id in case.causes and condition_truth(effect.when, answers):
            yield effect.id


def _standing(cause: Cause, case: CaseModel, answers: Answers) -> Standing:
    truth = alternatives_truth(cause.when, answers)
    if truth:
        return "found"
    if is_cleared_by(cause, answers):
        return "ruled_out"
    if truth is False:
        return "ruled_out" if _is_cleared(cause, answers, clearing) else "not_checked"
    if any(_speaks(condition, case, answers) for condition in cause.when):
        return "possible"
    return "not_checked"


def is_cleared_by(cause: Cause, answers: Answers) -> bool:
    """Whether an answer rules *cause* out, even if no alternative is decided."""
    return _is_shown_false(cause, answers, clearing)


def is_cleared_elsewhere(cause: Cause, answers: Answers) -> bool:
    """Whether *cause* is ruled out on the network that was tested, which may not be the user's."""
    here, there = (
        _is_shown_false(cause, answers, read) or _is_cleared(cause, answers, read)
        for read in (firm, clearing)
    )
    return here and not there


def _is_shown_false(cause: Cause, answers: Answers, read: Callable[[Answered], str | None]) -> bool:
    return bool(cause.clears_if) and condition_truth(cause.clears_if, answers, read) is True


def _is_cleared(cause: Cause, answers: Answers, read: Callable[[Answered], str | None]) -> bool:
    contradicted = alternatives_truth(cause.when, answers, read) is False
    return contradicted and condition_truth(cause.clears_only_if, answers, read) is True


def _speaks(condition: Condition, case: CaseModel, answers: Answers) -> bool:
    """Whether an answer supports an alternative that nothing contradicts.

    An answer that a healthy network gives, too, supports nothing.
    """
    if condition_truth(condition, answers, any_vantage) is False:
        return False
    return any(
        answers[question].answer in fit and answers[question].answer != case.questions[question].fine
        for question, fit in condition.items()
    )


def _explained(
    case: CaseModel, answers: Answers, standing: Mapping[str, Standing], impact: Mapping[str, Impact]
) -> dict[str, str]:
    """Each effect of a found cause, with the cause at the root of its chain. Chains consist of found causes.

    A risk explains only risks: what affects somebody now is never hidden behind it.
    """
    effects = {
        id_: [
            item
            for item in effects_of(case, id_, answers)
            if standing[item] in ("found", "possible") and (impact[id_] != "risk" or impact[item] == "risk")
        ]
        for id_, where in standing.items()
        if where == "found"
    }
    under = {item for reached in effects.values() for item in reached}
    explained: dict[str, str] = {}
    for root in (id_ for id_ in effects if id_ not in under):
        for effect in _reached(root, effects):
            explained.setdefault(effect, root)
    return explained


def _reached(root: str, effects: Mapping[str, Iterable[str]]) -> Iterator[str]:
    waiting = list(effects[root])
    found: set[str] = set()
    while waiting:
        item = waiting.pop(0)
        if item not in found:
            found.add(item)
            yield item
            waiting += effects.get(item, ())
