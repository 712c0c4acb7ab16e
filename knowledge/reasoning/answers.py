"""Answer the questions of a case from observations and from what people report; unknown answers get a reason.

Pure: no network, no clock.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Final, Literal

from knowledge.model.conclusions import Answered, Answers, By
from knowledge.model.rules import ObservedValues, Truth, all_of, deciding, holds
from knowledge.model.schema import CaseModel, Option, Question
from knowledge.reasoning.device import reports_in, with_device
from knowledge.reasoning.line_loss import why_unknown
from knowledge.reasoning.skipped import failed_first
from probes.protocol.failures import NO_RESULT, Failure
from probes.protocol.model import REFERENCE, UNKNOWN_VANTAGE, USER_NETWORK, Observation

_WHY_NOT: Final[Mapping[str, str]] = {
    Failure.CANCELLED: "it was cancelled before it ended",
    Failure.OUT_OF_TIME: "it ran out of time",
    Failure.NO_CREDENTIALS: "it needs TURN credentials, and there are none",
    Failure.NO_PROXY: "no proxy is set in the network file or on this host",
    Failure.NO_ADDRESS: "there was no address to test",
    Failure.INCONCLUSIVE: "it ran, but its result proves nothing",
    Failure.NOT_SUPPORTED: "this cannot be tested from here",
    Failure.PROBE_CRASHED: "the probe itself crashed",
    Failure.NOT_ALLOWED: "the relay is not allowed to check this host",
    Failure.RELAY_LOST: "the relay disconnected before it could check this",
}


def answer(
    case: CaseModel,
    observations: Mapping[str, Observation],
    values: Mapping[str, str],
    vantage: str = USER_NETWORK,
) -> dict[str, Answered]:
    """The answer to every question, by id. A step without an observation is still running.

    *values* holds people's answers by option; *vantage* is the relay's (`probes.protocol.model.LOCAL_VANTAGES`).
    """
    by: By = "reference" if vantage == REFERENCE else "relay"
    reports = reports_in(observations)
    answers: dict[str, Answered] = {}
    for question in case.questions.values():  # a question comes after the questions that it needs
        given = _unmet(question, answers, case)
        if given is None and question.code:
            given = _from_code(question, case.code, assumed=case.assumed)
        elif given is None and question.person:
            given = _from_person(question, values)
        elif given is None:
            given = _from_observations(question, _seen(case, question, observations), by)
        given = replace(given, elsewhere=vantage == UNKNOWN_VANTAGE and given.by == "relay")
        answers[question.id] = with_device(question, given, reports)
    return answers


def judge(question: Question, observed: Sequence[ObservedValues], by: By = "relay") -> Answered:
    """The answer that the rules of *question* give for *observed*; skipped checks are left out."""
    return _from_observations(question, observed, by)


def option_for(question: Question, text: str) -> str | None:
    """The answer that a person's *text* selects; None if it fits no answer."""
    return next((rule.name for rule in question.answers if rule.option and _means(rule.option, text)), None)


def needs_met(question: Question, answers: Answers) -> Truth:
    """Whether the answers that *question* needs are such that it may be asked."""
    return all_of(
        None if answers[id_].answer is None else answers[id_].answer in fit
        for id_, fit in question.needs.items()
    )


def _unmet(question: Question, answers: Answers, case: CaseModel) -> Answered | None:
    """An unknown answer if a need is not met, else None. A contradicted need is reported before an open one."""
    truth = needs_met(question, answers)
    if truth:
        return None
    for id_, fit in question.needs.items():
        given = answers[id_]
        if (given.answer is None) == (truth is None) and given.answer not in fit:
            needed = case.questions[id_]
            done = "checked" if question.observe else "asked"
            if given.answer is None:
                because = f"not {done}, because another answer is missing: {needed.asks} {given.because}"
                return Answered(question.id, None, because, (), given.by, given.waits_for)
            because = f"not {done}, because of this answer: {needed.asks} {needed.says(given.answer)}"
            return Answered(question.id, None, because, given.steps, given.by)
    raise AssertionError("a need that is not met is either contradicted or open")


def _from_person(question: Question, answers: Mapping[str, str]) -> Answered:
    assert question.person
    text = answers.get(question.person.option)
    if text is None:
        return Answered(question.id, None, "needs an answer from the user", (), "person", (question.id,))
    name = option_for(question, text)
    if name is None:
        return Answered(question.id, None, f"{text!r} matches no answer", (), "person", (question.id,))
    return Answered(question.id, name, f"reported: {question.says(name)}", (), "person")


def _from_code(question: Question, code: str, *, assumed: bool) -> Answered:
    """Derive the answer from the error code, which counts from every vantage. An *assumed* code is no evidence."""
    if assumed:
        return Answered(question.id, None, f"{code} is an assumption, so it proves nothing", (), "person")
    name = option_for(question, code)
    if name is None:
        return Answered(question.id, None, f"{code} does not show it", (), "person")
    says = question.says(name)
    because = f"{code} means: {says}" if says != name else f"{code} alone does not show it"
    return Answered(question.id, name, because, (), "person")


def _seen(
    case: CaseModel, question: Question, observations: Mapping[str, Observation]
) -> list[ObservedValues]:
    wanted = case.probes[question.id]
    return [
        ObservedValues(spec.probe, spec.target, _as_seen(observations.get(spec.step), observations))
        for spec in wanted
    ]


def _as_seen(observation: Observation | None, observations: Mapping[str, Observation]) -> Observation | None:
    """*observation*, with the failure of the check that did not run if that is why it was skipped.

    Only what follows a real failure may be left out: after a crash, nobody knows what would have been
    observed.
    """
    before, passed = observation, set[str]()
    while before and before.failure is Failure.SKIPPED and before.step not in passed:
        passed.add(before.step)
        before = observations.get(str(before.facts.get("because")))
    if observation and before and before.failure in NO_RESULT - {Failure.SKIPPED}:
        return replace(observation, failure=before.failure)
    return observation


def _from_observations(question: Question, observed: Sequence[ObservedValues], by: By) -> Answered:
    asked = [values for values in observed if not _skipped(values)]
    if not asked:
        because = _why_skipped(observed) if observed else "there is nothing to check on this platform"
        return Answered(question.id, None, because, (), by)
    for possible in question.answers:
        assert possible.rule
        truth = holds(possible.rule, asked)
        if truth:
            steps = tuple(_step(values) for values in deciding(possible.rule, asked))
            return Answered(question.id, possible.name, f"seen: {possible.name}", steps, by)
        if truth is None:
            return _open(question, asked, by)
    return Answered(question.id, None, "the results do not match any of the answers", _steps(asked), by)


def _open(question: Question, observed: Sequence[ObservedValues], by: By) -> Answered:
    """Unknown, because some checks still run or did not run."""
    missing = [values for values in observed if not values.has_result]
    stopped = next((values.observation for values in missing if values.observation), None)
    if any(values.observation is None for values in missing) or stopped is None:
        because = "still looking"
    else:
        because = why_unknown(stopped) or f"not checked: {_why_not(stopped)}"
    return Answered(question.id, None, because, _steps(missing), by, (question.id,))


def _why_not(observation: Observation) -> str:
    return _WHY_NOT.get(str(observation.failure), str(observation.failure))


def _skipped(values: ObservedValues) -> bool:
    return values.observation is not None and values.observation.failure is Failure.SKIPPED


def _why_skipped(observed: Sequence[ObservedValues]) -> str:
    facts = next((values.observation.facts for values in observed if values.observation), {})
    before = str(facts.get("because") or "")
    return failed_first(before) if before else "not checked: an earlier check failed"


def _steps(observed: Sequence[ObservedValues]) -> tuple[str, ...]:
    return tuple(_step(values) for values in observed if values.observation)


def _step(values: ObservedValues) -> str:
    return values.observation.step if values.observation else ""


def _means(option: Option, text: str) -> bool:
    spoken = text.strip().casefold()
    if option.words:
        return spoken in option.words
    if option.below is None and option.from_ is None:
        return True
    version = parse_version(spoken)
    if not version:
        return False
    above = option.from_ is None or compare_versions(version, parse_version(option.from_)) >= 0
    return above and (option.below is None or compare_versions(version, parse_version(option.below)) < 0)


def parse_version(text: str) -> tuple[int, ...]:
    """The numbers of a version: `v2.10.1-beta` is (2, 10, 1); empty if *text* does not start with a version."""
    match = re.match(r"v?(\d{1,9}(?:\.\d{1,9})*)", text.strip(), re.ASCII | re.IGNORECASE)
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def compare_versions(item: Sequence[int], other: Sequence[int]) -> Literal[-1, 0, 1]:
    """-1, 0 or 1 if *item* is before, equal to or after *other*; missing parts count as zero."""
    for left, right in zip_longest(item, other, fillvalue=0):
        if left != right:
            return -1 if left < right else 1
    return 0
