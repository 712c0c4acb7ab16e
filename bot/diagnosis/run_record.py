"""One relay's run of a case, as a plain value.

Quick to import: answers to questions need it, and nothing else of a run.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from bot.model.request import Request
from knowledge.model.conclusions import Answers, Diagnosis
from probes.protocol.frozen import frozen
from probes.protocol.model import Observation, Plan

BROWSER_RELAY: Final = "browser"  # the relay's name in a run that a customer's browser made
STATUS_PAGE: Final = "status_page"  # what the service's status page reports; no relay reads it
LOCATE: Final = "locate"  # the check that traces a dropped flow, after the verdict
FILL: Final = "fill"  # the check that fills the line, after the verdict

NO_PLAN: Final = Plan((), 0.0)  # a plan is not stored, because it may contain secrets
NOT_CONCLUDED: Final = Diagnosis("", (), "unclear")


@frozen
class RunRecord:
    """Everything about one relay's run: enough to explain it later, and to conclude it again with one more answer."""

    request: Request
    network: str  # the network's id
    digest: str  # of the knowledge that was used
    relay: str
    vantage: str
    turn: str = ""  # source of the TURN credentials, or why there are none
    plan: Plan = NO_PLAN
    observations: Mapping[str, Observation] = field(default_factory=dict)  # by step id, in order of arrival
    answers: Mapping[str, Answers] = field(default_factory=dict)  # by platform; empty before it is concluded
    diagnosis: Diagnosis = NOT_CONCLUDED
    started: float = 0.0  # Unix time in seconds
    timings: Mapping[str, float] = field(
        default_factory=dict
    )  # milliseconds: prepare, looks (the checks), total; locate, if something was traced afterward
