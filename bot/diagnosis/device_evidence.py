"""Re-evaluate a case with what the user's device observed, compared with the relay's answers.

Pure. No checks run. If a relay's answer and the device's contradict each other, the question stays open.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.triage import Problem, prepare
from bot.intake.clues import ON_DEVICE, Reading, platform_of
from bot.intake.line_facts import line_facts
from bot.intake.observation import observe
from bot.intake.pasted_observation import place
from bot.intake.preflight_report import PreflightReport
from bot.intake.read import read
from bot.model.request import Request, Vocabulary
from knowledge.model.conclusions import Answered
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from knowledge.reasoning.device import device_answer, reports_in, said
from probes.protocol.failures import Failure
from probes.protocol.frozen import frozen
from probes.protocol.model import USER_NETWORK, Observation

DEVICE = "the user's device"
_SHORTEST: Final = 40  # characters; a shorter text is a command or a story


@frozen
class PastedEvidence:
    """What a message contains of the call, and whether a person stated that its tools ran on the user's device."""

    reading: Reading
    on_device: bool = False
    call_sid: str = ""  # of the call whose data were fetched; a restart fetches them again


@frozen
class DeviceComparison:
    """The relay's and the device's answer to one question, as shown to users; "" without an answer.

    They differ if both count and contradict each other. Then neither is used.
    """

    question: str
    asks: str
    relay: str
    device: str
    differ: bool
    relay_answer: str = ""  # texts of the answers
    device_answer: str = ""


@frozen
class DeviceEvidence:
    """A case with the device's observations."""

    record: RunRecord
    comparisons: tuple[DeviceComparison, ...]
    added: tuple[Observation, ...]  # the new observations of the record

    @property
    def differ(self) -> tuple[DeviceComparison, ...]:
        """The questions that relay and device answer differently."""
        return tuple(side for side in self.comparisons if side.differ)


def apply_device_reading(
    record: RunRecord, reading: Reading, knowledge: Knowledge, network: Network, *, on_device: bool = False
) -> DeviceEvidence:
    """Evaluate *record* again with *reading*.

    *on_device*: a person stated that the tools ran on the user's device. Logs are the device's own anyway.
    """
    added = observations_of(reading, network, record.request.edge, on_device=on_device)
    observations = {**record.observations, **{observation.step: observation for observation in added}}
    request = with_answers(record.request, reading, knowledge)
    problem = prepare(request, knowledge, network)
    alone = {
        step: observation
        for step, observation in record.observations.items()
        if observation not in reports_in(record.observations)
    }
    before = problem.answers(alone, record.request.answers, record.vantage)
    now = problem.conclude(replace(record, request=request, observations=observations))
    sides = _sides(problem, before, reports_in(observations))
    return DeviceEvidence(now, sides, added)


def evidence_in(text: str) -> PastedEvidence | None:
    """Read the log, report, or output that *text* contains besides its request; None for commands and stories."""
    reading = read(text) if len(text) >= _SHORTEST else None
    return PastedEvidence(reading, bool(ON_DEVICE.search(text))) if reading and reading.useful else None


def log_of_case(text: str, request: Request, knowledge: Knowledge, vocabulary: Vocabulary) -> Reading | None:
    """Read *text*, several lines, as a log of the case of *request*; None if it is something else."""
    reading = read(text, vocabulary) if "\n" in text else None
    return reading if reading and is_log_of_case(reading, request, knowledge) else None


def is_log_of_case(reading: Reading, request: Request, knowledge: Knowledge) -> bool:
    """Whether *reading* is a log to add to the case of *request*: it says something, and names no other code."""
    codes = {code for code in reading.codes if code in knowledge.errors}
    is_log = bool(reading.pasted) or any(piece.kind in ("log", "error") for piece in reading.pieces)
    return is_log and reading.useful and not codes - {request.code}


def case_of(
    reading: Reading, request: Request, knowledge: Knowledge, network: Network, *, on_device: bool
) -> DeviceEvidence:
    """Make a case from *reading* alone, as *request* asks. The relay's checks count as not supported."""
    problem = prepare(request, knowledge, network)
    steps = {spec.step: spec for case in problem.cases for looks in case.probes.values() for spec in looks}
    unseen = {
        step: Observation(step, spec.probe, spec.target, Failure.NOT_SUPPORTED)
        for step, spec in steps.items()
    }
    record = RunRecord(
        request=request,
        network=network.id,
        digest=knowledge.digest,
        relay=DEVICE,
        vantage=USER_NETWORK,
        observations=unseen,
        started=reading.reports[0].started or 0.0 if reading.reports else 0.0,
    )
    return apply_device_reading(record, reading, knowledge, network, on_device=on_device)


def observations_of(
    reading: Reading, network: Network, edge: str, *, on_device: bool = False
) -> tuple[Observation, ...]:
    """Convert *reading* to observations for a case at *edge*."""
    reports = (_with_line(observe(report, edge), network) for report in reading.reports)
    pasted = (place(look, network, edge, on_device=on_device) for look in reading.pasted)
    return tuple({observation.step: observation for observation in (*reports, *pasted)}.values())


def _with_line(observation: Observation, network: Network) -> Observation:
    """Add what the measurements say about the line."""
    line = line_facts(observation.facts, network.quality)
    return replace(observation, facts={**observation.facts, **line}) if line else observation


def with_answers(request: Request, reading: Reading, knowledge: Knowledge) -> Request:
    """Add to *request* what a report says instead of the user: the platform and the SDK's version."""
    platform = request.platform or (platform_of(reading) if _fits(request, reading) else None)
    answers = dict(request.answers)
    version = next((report.sdk for report in reading.reports if _is_version(report)), "")
    if platform and version and platform_of(reading) == platform:
        answers.setdefault("sdk-version", version)
    return replace(request, platform=platform, answers=answers)


def _fits(request: Request, reading: Reading) -> bool:
    return request.platform is None and bool(reading.device_reports or not reading.reports)


def _is_version(report: PreflightReport) -> bool:
    return bool(report.sdk) and not report.sdk.endswith(".x")


def _sides(
    problem: Problem, before: Mapping[str, Mapping[str, Answered]], reports: tuple[Observation, ...]
) -> tuple[DeviceComparison, ...]:
    """Compare the device's answers with those known without it, each question once."""
    sides: dict[str, DeviceComparison] = {}
    for case in problem.cases:
        for question in case.questions.values():
            found = device_answer(question, reports)
            if found is None or question.id in sides:
                continue
            answer, answered = found
            given = before[case.platform][question.id]
            fits = given.answer in (None, answered.answer, *answer.agrees, *answer.over)
            sides[question.id] = DeviceComparison(
                question=question.id,
                asks=question.asks,
                relay=question.says(given.answer) if given.answer else "",
                device=said(question, answer),
                differ=not fits and given.firm is not None and answered.firm is not None,
                relay_answer=given.answer or "",
                device_answer=answer.name,
            )
    return tuple(sides.values())
