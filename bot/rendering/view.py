"""View: a diagnosis with its texts filled in, shared by all renderers.

Pure: no network, no clock.
"""

from dataclasses import dataclass
from typing import Final

from bot.diagnosis.run_record import BROWSER_RELAY, RunRecord
from bot.rendering.customer_text import customer_text
from bot.rendering.drop_text import with_locations
from bot.rendering.failure_text import outcome
from bot.rendering.reasons import Group, group_by_reason
from bot.rendering.vantage import VantageSummaries
from bot.rendering.verdict_text import verdict_text
from knowledge.advice.fill import advise
from knowledge.advice.meaning import Meaning, meaning_of
from knowledge.model.advice import Advice, AdvisedCause, Guide
from knowledge.model.conclusions import Diagnosis
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge

RISKS: Final = "Risks: nobody is affected now"  # the title of their list


@dataclass(frozen=True, slots=True)
class View:
    """The texts of a diagnosis, before any layout."""

    headline: str
    customer: tuple[str, ...]
    found: tuple[AdvisedCause, ...]
    risks: tuple[AdvisedCause, ...]
    not_checked: tuple[Group, ...]
    preflight: tuple[Guide, ...]
    customer_text: str = ""  # the same in one text, to forward as it is
    meaning: Meaning | None = None  # of the requested code
    works_elsewhere: bool = False  # reportedly, calls work from the same device on another network
    vantages: "VantageSummaries | None" = (
        None  # several relays: the result of each; one relay: what it could not check
    )

    @property
    def advised(self) -> tuple[AdvisedCause, ...]:
        """Everything to act on: what was found, then the risks."""
        return (*self.found, *self.risks)


# What to do next, if calls work on another network and the one that was tested looks fine.
WORKS_ELSEWHERE: Final = "Calls work on another network, so the cause is probably in the user's network. "
_OTHER_NETWORK: Final = "other-network"  # the option of the question


def make_view(record: RunRecord, knowledge: Knowledge, network: Network) -> View:
    """Fill in all texts for *record*."""
    diagnosis = record.diagnosis
    meaning = meaning_of(knowledge, record.request.code, record.request.platform)
    advice = advise(knowledge, network, diagnosis, record.observations, record.request.edge, outcome)
    return View(
        headline=verdict_text(record, meaning),
        works_elsewhere=record.request.answers.get(_OTHER_NETWORK) == "yes",
        customer=for_customer(diagnosis, advice, looked=has_results(record)),
        found=with_locations(advice.found, diagnosis, record.observations),
        risks=advice.risks,
        not_checked=group_by_reason(diagnosis.not_checked, record.answers, knowledge),
        customer_text=customer_text(
            diagnosis,
            advice.found,
            advice.risks,
            record.vantage,
            looked=has_results(record),
            browser=record.relay == BROWSER_RELAY,
        ),
        preflight=() if meaning and meaning.elsewhere else advice.preflight,
        meaning=meaning,
    )


def has_results(record: RunRecord) -> bool:
    """Whether there was anything to check: some codes have nothing to do with networks."""
    return bool(record.plan.steps) or bool(record.observations)


def for_customer(diagnosis: Diagnosis, advice: Advice, *, looked: bool = True) -> tuple[str, ...]:
    """Choose the customer messages: those of the causes, or a general one if none was found; and those of risks."""
    if advice.found:
        return tuple(cause.customer for cause in advice.found)
    return (_nothing_found(diagnosis, looked=looked), *(risk.customer for risk in advice.risks))


def _nothing_found(diagnosis: Diagnosis, *, looked: bool) -> str:
    if not looked:
        return "We need to know more about this error before we can name a cause."
    if diagnosis.outcome == "clear":
        return "From where we tested, everything that calls require can be reached."
    return "We have tested the network and need to know more before we can name a cause."
