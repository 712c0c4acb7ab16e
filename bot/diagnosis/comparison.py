"""Compare the runs of several relays, to tell one network's fault from a common one.

Pure: no network, no clock. What fails at one relay only is that network's fault; what fails at all relays is the
service's fault or common to all. A relay without a result counts for neither side, and a reference relay rules
nothing out. A relay without internet access says nothing about the service.
"""

from collections.abc import Sequence
from typing import Final

from bot.diagnosis.compared import ComparedCause, Comparison, FindingScope, MissingRelay
from bot.diagnosis.comparison_text import named, says_of, sum_up
from bot.diagnosis.run_record import LOCATE, RunRecord
from knowledge.model.conclusions import Answers, Finding
from probes.protocol.failures import Failure
from probes.protocol.model import REFERENCE, USER_NETWORK

# Failure words of checks that a relay did not run for a reason of its own.
_MISSING: Final = (Failure.RELAY_LOST, Failure.NOT_ALLOWED)

# Checks that add to a result, and that most relays' policies do not allow (pac) or older relays lack.
_OPTIONAL: Final = frozenset({LOCATE, "pac"})


def compare(records: Sequence[RunRecord]) -> Comparison:
    """Compare the *records* of one request, one per relay."""
    found: dict[str, Finding] = {}
    for finding in (finding for record in records for finding in record.diagnosis.found):
        found.setdefault(finding.cause, finding)
    causes = tuple(_compared(finding, records) for finding in found.values())
    missing = tuple(relay for record in records if (relay := missing_from(record)))
    return Comparison(causes, _alike(records), missing, sum_up(causes, records))


def missing_from(record: RunRecord) -> MissingRelay | None:
    """Return the checks that the relay of *record* did not run for a reason of its own; None if there are none."""
    looks = [
        observation for observation in record.observations.values() if observation.probe not in _OPTIONAL
    ]
    lost = [observation for observation in looks if observation.failure in _MISSING]
    if not lost:
        return None
    because = next(
        (str(observation.facts["because"]) for observation in lost if "because" in observation.facts), ""
    )
    usual = (
        "the relay disconnected"
        if lost[0].failure is Failure.RELAY_LOST
        else "it is not allowed to check this host"
    )
    # What the network file pins was never sent to the relay, and has no start time.
    taken = sum(observation.started > 0 for observation in looks if observation not in lost)
    return MissingRelay(record.relay, len(lost), len(lost) + taken, because.rstrip(".") or usual)


def leading(records: Sequence[RunRecord]) -> RunRecord:
    """Choose the record that represents all: the first that found something, else one in the user's network."""
    found = [record for record in records if record.diagnosis.outcome == "found"]
    inside = [record for record in records if record.vantage != REFERENCE]
    unclear = [record for record in inside if record.diagnosis.outcome == "unclear"]
    return [*found, *unclear, *inside, *records][0]


def _compared(finding: Finding, records: Sequence[RunRecord]) -> ComparedCause:
    answers: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for record in records:
        answers[_shows(finding, record)].append(named(record))
    found, fine, unknown = (tuple(answers[key]) for key in (True, False, None))
    scope = _scope(finding, found, fine)
    says = says_of(finding, scope, found, fine, unknown)
    return ComparedCause(finding.cause, finding.title, scope, found, fine, unknown, says, finding.local)


def _shows(finding: Finding, record: RunRecord) -> bool | None:
    """Whether the cause shows at the relay of *record*; None if unknown.

    A reference relay draws no conclusions about a user's network, but it answers the questions. If it gives every
    answer that shows the cause, the cause shows there, too. If it gives a different answer, the cause does not.
    """
    diagnosis = record.diagnosis
    if any(item.cause == finding.cause for item in (*diagnosis.found, *diagnosis.risks)):
        return True
    if not finding.local and _is_offline(record):
        return None
    if record.vantage == USER_NETWORK:
        return False if any(judged.cause == finding.cause for judged in diagnosis.ruled_out) else None
    platforms = [answers for platform, answers in record.answers.items() if platform in finding.platforms]
    verdicts = [_same_answers(finding, answers) for answers in platforms or record.answers.values()]
    if True in verdicts:
        return True
    return None if None in verdicts else False


def _is_offline(record: RunRecord) -> bool:
    """Whether a cause shows at the relay of *record* that is about its own host or network only."""
    open_ = (*record.diagnosis.possible, *record.diagnosis.not_checked)
    return any(found.local for found in record.diagnosis.found) or any(judged.local for judged in open_)


def _same_answers(finding: Finding, answers: Answers) -> bool | None:
    given = [
        (answered.answer, theirs.answer if (theirs := answers.get(answered.question)) else None)
        for answered in finding.because
        if answered.by != "person"
    ]
    if any(theirs is not None and theirs != visible for visible, theirs in given):
        return False
    return None if not given or any(theirs is None for _, theirs in given) else True


def _scope(finding: Finding, found: Sequence[str], fine: Sequence[str]) -> FindingScope:
    if fine or finding.local:
        return "one-network" if len(found) == 1 else "some-networks"
    return "everywhere" if len(found) > 1 else "not-compared"


def _alike(records: Sequence[RunRecord]) -> tuple[str, ...]:
    """List the steps that failed at every relay that ran them and has internet access, if at least two did."""
    alike = []
    records = [record for record in records if not _is_offline(record)]
    for step in dict.fromkeys(step for record in records for step in record.observations):
        taken = [record.observations[step] for record in records if step in record.observations]
        looked = [observation for observation in taken if observation.has_result]
        if len(looked) > 1 and all(observation.failure is not None for observation in looked):
            alike.append(step)
    return tuple(alike)
