"""Data of one call by its Call SID: what Twilio has of it, read like a report of the device, and its limits.

Nothing is logged. Only what `bot.intake` reads leaves this module: no names, addresses, or texts of other people.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.diagnosis.call_answers import FetchedAnswers
from bot.diagnosis.device_evidence import apply_device_reading
from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.turn_settings import ACCOUNT_SID, API_KEY, API_SECRET, AUTH_TOKEN, TurnSettings
from bot.intake.clues import Reading, code_of, platform_of
from bot.intake.preflight_report import FINAL, PreflightReport
from bot.intake.read import read
from bot.model.request import Assumed, Request
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from knowledge.reasoning.device import PREFLIGHT
from probes.protocol.frozen import frozen
from probes.protocol.model import Observation

NO_CREDENTIALS: Final = (
    f"Lineman could read this call from Twilio with {ACCOUNT_SID} and {AUTH_TOKEN} in its environment (or {API_KEY} "
    f"and {API_SECRET})."
)
NO_API: Final = "The network file names no API for call data (insights_api)."
NOT_FINAL: Final = (
    "The summary of this call is not final. Events and metrics come about 90 s after the call, the final summary "
    "within 30 minutes."
)
NOTHING: Final = (
    "Twilio has no data for this call yet, or none at all. It arrives 90 s to 30 minutes after the call, and an event "
    "that is missing proves nothing."
)
NO_TRACE: Final = (
    "A call that never reached Twilio, such as one that failed with 31009, leaves nothing under a Call SID."
)

ALREADY_READ: Final = "This case already has the final data for this call."


@frozen
class CallData:
    """The data of the call *sid* as a reading; without one, *problems* says why."""

    sid: str
    reading: Reading | None = None
    problems: tuple[str, ...] = ()


async def fetch_call(sid: str, network: Network, settings: TurnSettings) -> CallData:
    """Fetch what the service has of the call *sid*; never raises, and ends within 5 s."""
    if not network.insights_api:
        return CallData(sid, problems=(NO_API,))
    if not settings.can_read_calls:
        return CallData(sid, problems=(NO_CREDENTIALS,))
    from bot.diagnosis.twilio_insights import fetch_answers  # keeps aiohttp out of start-up: 0.3 s

    return read_answers(sid, await fetch_answers(sid, network, settings))


def read_answers(sid: str, answers: FetchedAnswers) -> CallData:
    """Read *answers* with the reader of pasted data, and add what they cannot tell. Pure."""
    if answers.is_empty:
        return CallData(sid, problems=(*(answers.problems or (NOTHING,)), NO_TRACE))
    parts = {
        "call_sid": sid,
        "summary": answers.summary,
        "events": answers.events,
        "metrics": answers.metrics,
        "alerts": answers.alerts,
    }
    reading = read(json.dumps(parts))
    reports = tuple(
        replace(report, notes=(*report.notes, *answers.problems, *_limits(report)))
        for report in reading.reports
    )
    return CallData(sid, replace(reading, reports=reports, call_sids=(sid,)))


def add_call(record: RunRecord, data: CallData, knowledge: Knowledge, network: Network) -> RunRecord:
    """Evaluate *record* again with *data*, if there are any."""
    if data.reading is None:
        return record
    return apply_device_reading(record, data.reading, knowledge, network).record


def request_of(data: CallData, knowledge: Knowledge) -> Request:
    """Make a request from what the call itself says: its error code, and the SDK's platform.

    Without an error that Lineman knows, the code is an assumption and proves nothing.
    """
    reading = data.reading or Reading("nothing", "")
    codes = {code for fault in reading.faults for code in fault.codes}
    assumed: Assumed = "" if codes & set(knowledge.errors) else "no-code"
    return Request(code_of(reading, knowledge.errors), platform_of(reading), assumed=assumed)


def is_known(observations: Mapping[str, Observation], sid: str) -> bool:
    """Tell whether the final data of the call *sid* are among *observations*, so that no request is needed."""
    fetched = observations.get(f"{PREFLIGHT} call {sid}")
    return fetched is not None and fetched.facts.get("of_service") == FINAL


def _limits(report: PreflightReport) -> tuple[str, ...]:
    return (
        *(() if report.of_service == FINAL else (NOT_FINAL,)),
        *(() if report.faults else (NO_TRACE,)),
    )
