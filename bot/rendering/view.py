"""View: a diagnosis with its texts filled in, shared by all renderers.

Pure: no network, no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.diagnosis.run_record import RunRecord
from bot.rendering.failure_text import outcome
from bot.rendering.reasons import Group, group_by_reason
from bot.rendering.vantage import VantageSummaries
from knowledge.advice.fill import advise
from knowledge.advice.meaning import Meaning, meaning_of
from knowledge.model.advice import AdvisedCause, Guide
from knowledge.model.conclusions import Diagnosis
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge


@dataclass(frozen=True, slots=True)
class View:
    """The texts of a diagnosis, before any layout."""

    headline: str
    customer: tuple[str, ...]
    found: tuple[AdvisedCause, ...]
    not_checked: tuple[Group, ...]
    preflight: tuple[Guide, ...]
    meaning: Meaning | None = None  # of the requested code
    vantages: "VantageSummaries | None" = (
        None  # several relays: the result of each; one relay: what it could not check
    )


def make_view(record: RunRecord, knowledge: Knowledge, network: Network) -> View:
    """Fill in all texts for *record*."""
    diagnosis = record.diagnosis
    meaning = meaning_of(knowledge, record.request.code, record.request.platform)
    advice = advise(knowledge, network, diagnosis, record.observations, record.request.edge, outcome)
    return View(
        headline=headline(diagnosis) if has_results(record) else no_results_text(record, meaning),
        customer=for_customer(
            diagnosis, [cause.customer for cause in advice.found], looked=has_results(record)
        ),
        found=advice.found,
        not_checked=group_by_reason(diagnosis.not_checked, record.answers, knowledge),
        preflight=() if meaning and meaning.elsewhere else advice.preflight,
        meaning=meaning,
    )


def has_results(record: RunRecord) -> bool:
    """Whether there was anything to check: some codes have nothing to do with networks."""
    return bool(record.plan.steps) or bool(record.observations)


def no_results_text(record: RunRecord, meaning: Meaning | None) -> str:
    """Return the outcome if there was nothing to check."""
    if record.diagnosis.found:
        return headline(record.diagnosis)
    if meaning and meaning.elsewhere:
        return f"{record.request.code} is no code of the Voice SDKs"
    return "Nothing to look at from here: what a person knows decides"


def headline(diagnosis: Diagnosis) -> str:
    """Return the outcome in one line, limited to what was observed."""
    if diagnosis.outcome == "found":
        if len(diagnosis.found) > 1:
            return f"Found {len(diagnosis.found)} causes"
        (finding,) = diagnosis.found
        return f"{'Found' if finding.confidence == 'certain' else 'Probably'}: {finding.title}"
    if diagnosis.outcome == "clear":
        return "Nothing wrong seen from here"
    return f"Could not tell: {_why_not(diagnosis)}"


def _why_not(diagnosis: Diagnosis) -> str:
    if diagnosis.possible:
        count = len(diagnosis.possible)
        return "one cause is possible" if count == 1 else f"{count} causes are possible"
    if any(not judged.person_only for judged in diagnosis.not_checked):
        return "not everything could be looked at"
    return "something failed that no known cause explains"


def for_customer(diagnosis: Diagnosis, texts: Sequence[str], *, looked: bool = True) -> tuple[str, ...]:
    """Choose the customer messages: those of the causes, or a general one if none was found."""
    if texts:
        return tuple(texts)
    if not looked:
        return ("We need to know more about this error before we can name a cause.",)
    if diagnosis.outcome == "clear":
        return ("From where we looked, everything that calls need can be reached.",)
    return ("We have looked at the network and need to know more before we can name a cause.",)
