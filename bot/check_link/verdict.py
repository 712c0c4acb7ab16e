"""What a customer's browser and the relays of the same case show together.

Pure: no network, no clock. The browser is a separate source (ADR 9). Where it and a relay in the user's network give
different answers to a question, neither is used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.check_link.browser_checks import BrowserChecks
from bot.check_link.device_report import ALL_WORK, REPORT
from bot.check_link.observations import observe_result
from bot.diagnosis.compared import DISPUTED
from bot.diagnosis.run_record import BROWSER_RELAY, RunRecord
from bot.diagnosis.triage import Problem
from bot.model.request import Request
from knowledge.model.conclusions import Answered, Answers
from knowledge.model.schema import CaseModel, Question
from knowledge.reasoning.answers import needs_met
from probes.protocol.model import REFERENCE, UNKNOWN_VANTAGE, USER_NETWORK

# Where the browser is, by what the customer said: is this the network where calls fail?
VANTAGES: Final[Mapping[str, str]] = {"yes": USER_NETWORK, "no": REFERENCE, "unsure": UNKNOWN_VANTAGE}
# What an answer says that contradicts no other.
_UNMEASURED: Final = "not measured"


def record_of(
    checks: BrowserChecks, problem: Problem, request: Request, digest: str, vantage: str, now: float
) -> RunRecord:
    """Conclude what the browser found, as if it were a relay at *vantage*; *now* in seconds since the epoch."""
    record = problem.conclude(
        RunRecord(
            request=request,
            network=checks.network.id,
            digest=digest,
            relay=BROWSER_RELAY,
            vantage=vantage,
            observations=observe_result(checks, problem.cases, request),
            started=now,
            timings={"total": round(checks.result.runtime * 1000, 1)},
        )
    )
    return settle(record)


def settle(record: RunRecord) -> RunRecord:
    """Call a browser's *record* clear if everything works that a browser can check: the rest, it never can."""
    diagnosis, report = record.diagnosis, record.observations.get(REPORT)
    strange = set(diagnosis.unexplained) - set(diagnosis.tolerated)
    open_ = strange or any(not judged.harmless for judged in diagnosis.possible)
    if diagnosis.found or open_ or record.vantage == REFERENCE or not (report and report.facts.get(ALL_WORK)):
        return record
    return replace(record, diagnosis=replace(diagnosis, outcome="clear"))


def join(records: Sequence[RunRecord], browser: RunRecord, problem: Problem) -> tuple[RunRecord, ...]:
    """Return the *records* of relays and the *browser*'s, each without the answers that the other contradicts."""
    against = [record for record in records if record.vantage == browser.vantage == USER_NETWORK]
    disputes = {record.relay: _disputes(record, browser, problem) for record in against}
    every = {key: because for found in disputes.values() for key, because in found.items()}
    joined = [_without(record, disputes.get(record.relay, {}), problem) for record in records]
    return (*joined, _without(browser, every, problem))


def _disputes(record: RunRecord, browser: RunRecord, problem: Problem) -> dict[tuple[str, str], str]:
    """Return the questions that both answer differently, by platform and id, with the reason."""
    found: dict[tuple[str, str], str] = {}
    for case in problem.cases:
        for question in case.questions.values():
            theirs, ours = (
                each.answers.get(case.platform, {}).get(question.id) for each in (record, browser)
            )
            if theirs and ours and _differ(question, theirs, ours):
                assert theirs.answer
                assert ours.answer
                found[case.platform, question.id] = (
                    f"relay {record.relay}: {_says(question, theirs.answer)}; the customer's browser: "
                    f"{_says(question, ours.answer)}; {DISPUTED}"
                )
    return found


def _differ(question: Question, relay: Answered, browser: Answered) -> bool:
    if relay.firm is None or browser.firm is None or relay.by == "person" or relay.answer == browser.answer:
        return False
    if _UNMEASURED in (question.says(relay.answer or ""), question.says(browser.answer or "")):
        return False
    less = [answer for answer in question.device if answer.name == browser.answer]
    return not any(relay.answer in (*answer.agrees, *answer.over) for answer in less)


def _says(question: Question, answer: str) -> str:
    device = next((each.says for each in question.device if each.name == answer and each.says), "")
    return device or question.says(answer)


def _without(record: RunRecord, disputes: Mapping[tuple[str, str], str], problem: Problem) -> RunRecord:
    """Conclude *record* again with the disputed answers unknown, and those that depend on them."""
    if not disputes:
        return record
    answers = {case.platform: _unknown(record, case, disputes) for case in problem.cases}
    return replace(record, answers=answers, diagnosis=problem.diagnosis(answers, record.observations))


def _unknown(record: RunRecord, case: CaseModel, disputes: Mapping[tuple[str, str], str]) -> Answers:
    answers: dict[str, Answered] = {}
    for question in case.questions.values():  # a question comes after the questions that it needs
        given = record.answers[case.platform][question.id]
        if because := disputes.get((case.platform, question.id)):
            given = Answered(question.id, None, because, given.steps, given.by)
        elif given.answer is not None and needs_met(question, answers) is None:
            given = Answered(question.id, None, "not asked, because another answer is missing", (), given.by)
        answers[question.id] = given
    return answers
