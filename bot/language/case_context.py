"""Provide a case's facts to questions: its causes, their evidence, and the status of each cause.

Pure: no network, no clock.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.diagnosis.measurements import line_text
from bot.diagnosis.run_record import RunRecord
from knowledge.advice.fill import plain
from knowledge.model.advice import AdvisedCause
from knowledge.model.conclusions import Answered, Judged
from knowledge.model.schema import Knowledge
from knowledge.search.library import library_of
from probes.protocol.failures import NO_RESULT
from probes.protocol.model import Observation

_WHY: Final = re.compile(
    r"^\W*(?:(?:and|but|so|ok)\W+)*(?:why|how come|how so)(?: (?:is|was) (?:that|this|it))?\W*$"
)
_SUSPECTS: Final = re.compile(
    r"\b(?:is|isn't|was|could|can|might|may|would)(?:n't)? (?:it|this|that)(?: not)?(?: really)?(?: be)?\b|\bto blame\b"
    r"|^\W*(?:is|are) .*\b(?:blocked|closed|shut|filtered|dropped|down|open|allowed)\W*$"
    r"|^\W*(?:is|are|was) (?:the|our|my|their) .*\b(?:ok|okay|fine|good|valid|all right)\b"
    r"|\b(?:because of|due to|caused by)\b|\bis (?:the|our|my|their|a) .*\b(?:cause|culprit|problem|reason|fault)\b"
)
_KINDS: Final = (  # words that name a kind of cause, and one of that kind
    (re.compile(r"\b(?:access )?tokens?\b|\bjwt\b"), "token-invalid"),
    (re.compile(r"\bmic(?:rophone)?s?\b"), "microphone-denied"),
    (re.compile(r"\bheadsets?\b"), "microphone-unavailable"),
    (re.compile(r"\bclock\b"), "clock-skew"),
    (re.compile(r"\bvpn\b"), "vpn-in-the-way"),
    (re.compile(r"\bdns\b"), "dns-failing"),
    (re.compile(r"\b(?:extensions?|ad ?blocker)\b"), "browser-extension"),
    (re.compile(r"\b(?:mtu|packet size)\b"), "path-mtu"),
    (re.compile(r"\b(?:login page|captive portal)\b"), "captive-portal"),
)
_HERE: Final = {False: "Found here", True: "A risk here; nobody is affected now"}
SHORT: Final = 500  # characters of a question; phrases are not searched in a longer text
_ALIKE: Final = 3  # causes of one kind that are named
_MEANT: Final = 1.4  # score of a cause that the user suspects by name


@dataclass(frozen=True, slots=True)
class LookedAt:
    """One check of the case: what it looked at, and how it failed, in words; empty if it worked."""

    probe: str
    service: str
    target: str
    failure: str
    no_result: bool


@dataclass(frozen=True, slots=True)
class CaseContext:
    """The case that a question refers to: known facts, and the evidence for its causes in words."""

    code: str = ""
    platform: str = ""
    edge: str = ""
    causes: tuple[str, ...] = ()
    evidence: tuple[str, ...] = field(default=())
    judged: Mapping[str, str] = field(default_factory=dict)  # the status of each cause of the case
    found: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)  # of these causes
    answers: Mapping[str, str] = field(default_factory=dict)  # by question, where all platforms agree
    unknown: Mapping[str, str] = field(default_factory=dict)  # by question: why there is no answer
    looked: tuple[LookedAt, ...] = ()
    customer: tuple[str, ...] = ()  # what can be passed on
    vantage: str = ""
    owners: tuple[str, ...] = ()  # who has to act, the first to act first: firewall, developer, support, user
    measured: str = ""  # the line's figures in one sentence
    relays: tuple[tuple[str, str, str], ...] = ()  # of each relay: name, place, and result in words


def context_of_case(
    record: "RunRecord",
    found: Sequence["AdvisedCause"],
    meant: tuple[str, ...] = (),
    say: Callable[[Observation], str] = plain,
    relays: tuple[tuple[str, str, str], ...] = (),
) -> CaseContext:
    """Return the context of a case. *meant* lists the causes matched to its description, if none was found.

    *say* describes a failure in words. *relays* lists the name, the place, and the result of each relay.
    """
    diagnosis = record.diagnosis
    judged = {cause.id: f"{_HERE[cause.impact == 'risk']}: {cause.title}." for cause in found}
    for sentence, group in (
        ("Also found here, as a side effect of the cause", diagnosis.explained),
        ("Possible here", diagnosis.possible),
        ("Ruled out here", diagnosis.ruled_out),
        ("Not checked here", diagnosis.not_checked),
    ):
        judged |= {item.cause: _because(sentence, item) for item in group if item.cause not in judged}
    return CaseContext(
        code=record.request.code,
        platform=record.request.platform or "",
        edge=record.request.edge,
        causes=tuple(cause.id for cause in found)
        or meant
        or tuple(item.cause for item in diagnosis.possible),
        evidence=tuple(text for cause in found for text in cause.evidence),
        judged=judged,
        found=tuple(item.cause for item in diagnosis.found),
        possible=tuple(item.cause for item in diagnosis.possible),
        titles={item.cause: item.title for item in diagnosis.found}
        | {item.cause: item.title for item in diagnosis.possible},
        answers={name: value for name, value, _ in _answers(record) if value},
        unknown={name: reason for name, value, reason in _answers(record) if not value},
        looked=tuple(_looked(observation, say) for observation in record.observations.values()),
        customer=tuple(cause.customer for cause in found if cause.impact != "risk"),
        vantage=record.vantage,
        owners=tuple(
            dict.fromkeys(fix.who for cause in found if cause.impact != "risk" for fix in cause.fixes)
        ),
        measured=line_text(record.observations.values()),
        relays=relays,
    )


def _answers(record: RunRecord) -> Iterable[tuple[str, str, str]]:
    """List each question with the answer that all platforms share, or else with the reason for none."""
    chosen = record.answers.get(record.request.platform or "")
    groups = [chosen] if chosen else list(record.answers.values())
    for question in dict.fromkeys(name for group in groups for name in group):
        given: list[Answered] = [group[question] for group in groups if question in group]
        answer = given[0].answer if len({item.answer for item in given}) == 1 else None
        yield question, answer or "", given[0].because


def _looked(observation: Observation, say: Callable[[Observation], str]) -> LookedAt:
    target = observation.target
    place = f"{target.host} {target.transport.upper()} {target.port}" if target.port else target.host
    if observation.probe == "udp_media":  # it tries several ports; the target names only the first
        place = f"UDP to the media ports of {target.host}"
    return LookedAt(
        observation.probe,
        target.service,
        place if target.host else "",
        say(observation) if observation.failure else "",
        observation.failure in NO_RESULT,
    )


def topics_of(knowledge: Knowledge, steps: Iterable[str]) -> dict[str, str]:
    """Map the names that words may refer to to ids: causes, questions, platforms, observations by *steps*."""
    named = {cause.id: cause.id for cause in knowledge.causes.values()}
    named |= {cause.title: cause.id for cause in knowledge.causes.values()}
    named |= {question.id: question.id for question in knowledge.questions.values()}
    named |= {question.asks: question.id for question in knowledge.questions.values()}
    named |= {platform.title: platform.id for platform in knowledge.platforms.values()}
    return named | {step: step for step in steps}


def _because(text: str, judged: "Judged") -> str:
    """Describe the status of a cause and the first reason for it."""
    reason = judged.because.split("; ")[0].strip().rstrip(".")
    reason = re.sub(r"(?<=\? )[a-z]", lambda letter: letter[0].upper(), reason)
    return f"{text}: {judged.title.rstrip('.')}." + (f" {reason[:1].upper()}{reason[1:]}." if reason else "")


def _not_of_this_code(suspect: str, about: CaseContext, knowledge: Knowledge) -> tuple[str, ...]:
    """Say that the code has no cause like *suspect*, or how the like causes of the case were judged."""
    family = [cause for cause in knowledge.causes if cause.split("-")[0] == suspect.split("-")[0]]
    if judged := [about.judged[cause] for cause in family if cause in about.judged]:
        return tuple(judged)
    like = [suspect, *(cause for cause in family if cause != suspect)][:_ALIKE]
    titles = "; ".join(knowledge.causes[cause].title.rstrip(".") for cause in like)
    return (
        (f"{about.code} has no known cause of this kind. Of this kind are: {titles}.",) if about.code else ()
    )


def seen_here(text: str, lower: str, about: CaseContext, knowledge: Knowledge) -> tuple[str, ...]:
    """Answer from the case's observations: why a cause was found, or the status of a suspected cause."""
    if about.evidence and _WHY.search(lower):
        return about.evidence
    if not about.judged or len(lower) > SHORT or not _SUSPECTS.search(lower):
        return ()
    suspect = _suspect(text, lower, knowledge)
    if not suspect:
        return ()
    if suspect not in about.judged:
        return _not_of_this_code(suspect, about, knowledge)
    return (about.judged[suspect], *(about.evidence if about.causes == (suspect,) else ()))


def _suspect(text: str, lower: str, knowledge: Knowledge) -> str:
    """Return the cause that *text* suspects: the one that it describes, or one of the kind that it names."""
    best = library_of(knowledge).causes(text)[0]
    if best.score >= _MEANT and best.label in knowledge.causes:
        return best.label
    named = (cause for words, cause in _KINDS if words.search(lower) and cause in knowledge.causes)
    return next(named, "")
