"""What every reply shows of a case: the diagnosis with its texts filled in, before any layout.

Pure: no network, no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.triage import CaseRecord
from knowledge.network_facts import Network
from knowledge.schema import Cause, Diagnosis, Finding, Knowledge


@dataclass(frozen=True, slots=True)
class FixView:
    """One thing to do."""

    do: str
    who: str  # firewall, developer, support or user
    platforms: tuple[str, ...] = ()  # none: whatever the platform
    language: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A page to read on."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class FoundView:
    """One cause that was found."""

    id: str
    title: str
    confidence: str  # certain or likely
    customer: str
    evidence: tuple[str, ...]
    fixes: tuple[FixView, ...]
    platforms: tuple[str, ...]
    effects: tuple[str, ...] = ()
    references: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class PreflightView:
    """How to run the SDK's own test on one platform."""

    platform: str
    title: str
    call: str
    since: str
    needs: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    traps: tuple[str, ...] = ()
    language: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """Everything with words in it."""

    headline: str
    customer: tuple[str, ...]
    found: tuple[FoundView, ...]
    preflight: tuple[PreflightView, ...]


def make_view(record: CaseRecord, knowledge: Knowledge, network: Network) -> View:
    """Fill in every text for *record*."""
    diagnosis = record.diagnosis
    found = tuple(_found(one, knowledge.causes[one.cause]) for one in diagnosis.found)
    return View(
        headline=headline(diagnosis),
        customer=for_customer(diagnosis, [one.customer for one in found]),
        found=found,
        preflight=(),
    )


def _found(one: Finding, cause: Cause) -> FoundView:
    return FoundView(
        id=one.cause,
        title=one.title,
        confidence=one.confidence,
        customer=cause.customer,
        evidence=cause.evidence,
        fixes=(),
        platforms=one.platforms,
        effects=one.effects,
        references=tuple(Link(link.title, link.url) for link in cause.references),
    )


def headline(diagnosis: Diagnosis) -> str:
    """Say the outcome in one line, and no more than was seen."""
    if diagnosis.outcome == "found":
        if len(diagnosis.found) > 1:
            return f"Found {len(diagnosis.found)} causes"
        (one,) = diagnosis.found
        return f"{'Found' if one.confidence == 'certain' else 'Probably'}: {one.title}"
    if diagnosis.outcome == "clear":
        return "Nothing wrong seen from here"
    return f"Could not tell: {_why_not(diagnosis)}"


def _why_not(diagnosis: Diagnosis) -> str:
    if diagnosis.possible:
        count = len(diagnosis.possible)
        return "one cause is possible" if count == 1 else f"{count} causes are possible"
    if any(not one.person_only for one in diagnosis.not_checked):
        return "not everything could be looked at"
    return "something failed that no known cause explains"


def for_customer(diagnosis: Diagnosis, texts: Sequence[str]) -> tuple[str, ...]:
    """Choose what a support agent may pass on: the texts of the causes, or what is known without one."""
    if texts:
        return tuple(texts)
    if diagnosis.outcome == "clear":
        return ("From where we looked, everything that calls need can be reached.",)
    return ("We have looked at the network and need to know more before we can name a cause.",)
