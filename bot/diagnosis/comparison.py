"""Compare the runs of several relays, to tell one network's fault from a common one.

Pure: no network, no clock. What fails at one relay only is that network's fault; what fails at all relays is the
service's fault or common to all. A relay without a result counts for neither side, and a reference relay rules
nothing out. A relay without internet access says nothing about the service.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from bot.diagnosis.run_record import RunRecord
from knowledge.model.conclusions import Answers, Finding
from probes.protocol.failures import Failure
from probes.protocol.model import REFERENCE

FindingScope: TypeAlias = Literal["one-network", "some-networks", "everywhere", "not-compared"]

NAMED: Final = 5  # relays named in one sentence; the rest are counted

# Failure words of checks that a relay did not run for a reason of its own.
_MISSING: Final = (Failure.RELAY_LOST, Failure.NOT_ALLOWED)


@dataclass(frozen=True, slots=True)
class ComparedCause:
    """One cause that a relay found, and the results of the others."""

    cause: str
    title: str
    scope: FindingScope
    seen_from: tuple[str, ...]  # relays that found it
    fine_from: tuple[str, ...]  # relays that did not find it
    unknown_from: tuple[str, ...]  # relays without a result
    says: str  # one sentence
    local: bool = False  # about the relays' own networks, so the service was not checked from there


@dataclass(frozen=True, slots=True)
class MissingRelay:
    """The checks that one relay could not run."""

    relay: str
    looks: int
    of: int
    because: str

    @property
    def says(self) -> str:
        """Return it as one sentence."""
        return f"{self.relay}: {self.looks} of {self.of} looks are missing: {self.because}."


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of several relays for one request."""

    causes: tuple[ComparedCause, ...]
    alike: tuple[str, ...]  # steps that failed at every relay that ran them, two at least
    missing: tuple[MissingRelay, ...]
    says: str  # one sentence about all relays


def compare(records: Sequence[RunRecord]) -> Comparison:
    """Compare the *records* of one request, one per relay."""
    found: dict[str, Finding] = {}
    for finding in (finding for record in records for finding in record.diagnosis.found):
        found.setdefault(finding.cause, finding)
    causes = tuple(_compared(finding, records) for finding in found.values())
    missing = tuple(relay for record in records if (relay := missing_from(record)))
    return Comparison(causes, _alike(records), missing, _sum_up(causes, records))


def missing_from(record: RunRecord) -> MissingRelay | None:
    """Return the checks that the relay of *record* did not run for a reason of its own; None if there are none."""
    lost = [observation for observation in record.observations.values() if observation.failure in _MISSING]
    if not lost:
        return None
    because = next(
        (str(observation.facts["because"]) for observation in lost if "because" in observation.facts), ""
    )
    usual = (
        "the relay was gone" if lost[0].failure is Failure.RELAY_LOST else "it is not allowed to look there"
    )
    # What the network file pins was never sent to the relay, and has no start time.
    taken = sum(
        observation.started > 0 for observation in record.observations.values() if observation not in lost
    )
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
        answers[_shows(finding, record)].append(_named(record))
    found, fine, unknown = (tuple(answers[key]) for key in (True, False, None))
    scope = _scope(finding, found, fine)
    says = _says(finding, scope, found, fine, unknown)
    return ComparedCause(finding.cause, finding.title, scope, found, fine, unknown, says, finding.local)


def _shows(finding: Finding, record: RunRecord) -> bool | None:
    """Whether the cause shows at the relay of *record*; None if unknown.

    A reference relay draws no conclusions about a user's network, but it answers the questions. If it gives every
    answer that shows the cause, the cause shows there, too. If it gives a different answer, the cause does not.
    """
    diagnosis = record.diagnosis
    if any(item.cause == finding.cause for item in diagnosis.found):
        return True
    if not finding.local and _is_offline(record):
        return None
    if record.vantage != REFERENCE:
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


def _says(
    finding: Finding, scope: FindingScope, found: Sequence[str], fine: Sequence[str], unknown: Sequence[str]
) -> str:
    title = finding.title
    match scope:
        case _ if finding.local:
            whose = "its own network" if len(found) == 1 else "their own networks"
            says = f"{title}: from {listed(found)}; the fault is in {whose}, and the service was not checked from there"
        case "one-network":
            says = f"{title}: only from {found[0]}, not from {listed(fine)}; the fault is in the network of {found[0]}"
        case "some-networks":
            says = f"{title}: from {listed(found)}, not from {listed(fine)}; the fault is in those networks"
        case "everywhere":
            says = f"{title}: from {listed(found)} alike; the fault is the service's own, or common to all of them"
        case "not-compared":
            says = f"{title}: from {found[0]}; no other relay could tell, so whose fault it is stays open"
    left = f" ({listed(unknown)} could not tell)" if unknown and scope != "not-compared" else ""
    return f"{says}{left}."


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


def _sum_up(causes: Sequence[ComparedCause], records: Sequence[RunRecord]) -> str:
    places = listed([_named(record) for record in records])
    if not causes:
        if all(record.diagnosis.outcome == "clear" or record.vantage == REFERENCE for record in records):
            return f"Looked from {places}: nothing wrong seen from any of them."
        return f"Looked from {places}: no cause found, and not every relay could tell."
    offline = [cause for cause in causes if cause.local]
    causes = [cause for cause in causes if not cause.local]
    own = [cause for cause in causes if cause.scope in ("one-network", "some-networks")]
    common = [cause for cause in causes if cause.scope == "everywhere"]
    have = {False: "has", True: "have"}
    parts = [f"{listed(c.seen_from)} {have[len(c.seen_from) > 1]} no internet access" for c in offline]
    if own:
        parts.append(f"{_count(len(own), 'fault lies', 'faults lie')} in one network and not in another")
    if common:
        parts.append(f"{_count(len(common), 'fault is', 'faults are')} the service's own or common to all")
    if left := len(causes) - len(own) - len(common):
        parts.append(f"{_count(left, 'fault', 'faults')} could not be compared")
    return f"Looked from {places}: {'; '.join(parts)}."


def _named(record: RunRecord) -> str:
    return f"{record.relay} (reference)" if record.vantage == REFERENCE else record.relay


def _count(number: int, item: str, many: str) -> str:
    return f"{number} {item if number == 1 else many}"


def listed(names: Iterable[str]) -> str:
    """Join *names* for a sentence; if there are more than `NAMED`, count the rest."""
    known = list(names)
    if len(known) > NAMED:
        known = [*known[: NAMED - 1], f"{len(known) - NAMED + 1} more"]
    *most, last = known
    return f"{', '.join(most)} and {last}" if most else last
