"""A story in users' words becomes the causes it may tell of, with how sure that is, and what to do with it.

Pure: no network, no clock. Takes any text.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from bot.clues import find_clues, plain
from bot.request import Request, Vocabulary
from bot.understand import find_codes
from knowledge.model.schema import Cause, Knowledge
from knowledge.search.library import ELSEWHERE, library_of
from knowledge.search.ranker import Ranked

# `sure` goes ahead, `close` asks which of the best, `none` says that nothing fits.
Verdict = Literal["sure", "close", "none"]

OFFERED: Final = 3
_SHARPNESS: Final = 4.0  # how fast confidence falls with the score; fitted on the tuning phrases
_SURE: Final = 0.5
_AHEAD: Final = 0.2  # of the second one
_FAINT: Final = 0.55  # a lower score is chance
# What is said as an option tells nothing that has happened.
_OPTION: Final = re.compile(r"(?:--)?\b[a-z][a-z-]*=\S+", re.IGNORECASE)
_HALF_MEANT: Final = (
    0.3  # a code is chosen for all readings that have this share of the best one's confidence
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A cause that the text may tell of; *score* is the confidence, 0 to 1, over all causes together."""

    cause: str
    title: str
    score: float


@dataclass(frozen=True, slots=True)
class Readings:
    """What a text says: codes, platform and other clues, and the causes it may tell of, best first."""

    codes: tuple[str, ...]
    clues: Mapping[str, str]
    causes: tuple[Reading, ...]
    verdict: Verdict

    @property
    def offered(self) -> tuple[Reading, ...]:
        """The causes to choose from, or the one that is meant."""
        if self.verdict == "none":
            return ()
        return self.causes[: 1 if self.verdict == "sure" else OFFERED]


def read(text: str, knowledge: Knowledge, vocabulary: Vocabulary) -> Readings:
    """Read *text*; without a word that means something there are no causes."""
    said = plain(text)
    codes = tuple(code for code in find_codes(said, vocabulary) if code in knowledge.errors)
    clues = find_clues(said, vocabulary)
    ranked = library_of(knowledge).causes(_story(said, clues.get("relay", "")), codes)
    fitting = [one for one in ranked if _fits(one, knowledge, clues.get("platform", ""))]
    confidence = _confidence(fitting)
    causes = tuple(
        Reading(one.label, knowledge.causes[one.label].title, round(sure, 4))
        for one, sure in zip(fitting, confidence, strict=True)
        if one.near or codes
    )
    return Readings(codes, clues, causes, _verdict(ranked, causes, bool(codes)))


def request_for(
    readings: Readings, chosen: Sequence[Reading], knowledge: Knowledge, vocabulary: Vocabulary
) -> Request | None:
    """The case to look into for *chosen*: the code said, else the one that their causes stand behind most."""
    weighed = {one.cause: one.score for one in chosen}
    code = readings.codes[0] if readings.codes else _code_for(weighed, knowledge)
    if not code:
        return None
    clues = readings.clues
    told = {name: clues[name] for name in ("sdk-version", "turn", "vpn") if name in clues}
    if "platform" not in clues:
        told.pop("sdk-version", None)  # versions differ between platforms
    relays = (clues["relay"],) if "relay" in clues else vocabulary.relays[:1]
    return Request(code, clues.get("platform"), clues.get("edge", vocabulary.roaming), told, relays)


def ahead(readings: Readings, knowledge: Knowledge, vocabulary: Vocabulary) -> Request | None:
    """The case to look into when nobody is there to choose: one that covers all that is offered."""
    return request_for(readings, readings.offered, knowledge, vocabulary) if readings.offered else None


def looked_into_as(request: Request) -> str:
    """Say which code stands for a story: nobody has given one."""
    return f"Nobody has named a code; I look into it as {request.code}. If you have the code, say it."


def understood(readings: Readings) -> str:
    """Say in one sentence what was understood."""
    match readings.verdict:
        case "sure":
            return f"I read that as: {_lower(readings.causes[0].title)}."
        case "close":
            return "That may be one of these:"
    return "I do not know what that is about. Tell what you see or hear, where it works and where not, or the code."


def _story(said: str, relay: str) -> str:
    """What *said* tells, without what it says as options."""
    bare = _OPTION.sub(" ", said)
    return re.sub(rf"\bfrom\s+{re.escape(relay)}\b", " ", bare, flags=re.IGNORECASE) if relay else bare


def _fits(one: Ranked, knowledge: Knowledge, platform: str) -> bool:
    cause = knowledge.causes.get(one.label)
    return bool(cause) and _on(platform, cause)


def _on(platform: str, cause: Cause | None) -> bool:
    return cause is not None and (not platform or not cause.platforms or platform in cause.platforms)


def _confidence(ranked: Sequence[Ranked]) -> list[float]:
    """Turn scores into shares of one."""
    best = ranked[0].score if ranked else 0.0
    weights = [math.exp(_SHARPNESS * (one.score - best)) for one in ranked]
    total = sum(weights) or 1.0
    return [weight / total for weight in weights]


def _verdict(ranked: Sequence[Ranked], causes: Sequence[Reading], has_code: bool) -> Verdict:
    if not causes or (not has_code and (ranked[0].label == ELSEWHERE or ranked[0].score < _FAINT)):
        return "none"
    second = causes[1].score if len(causes) > 1 else 0.0
    return "sure" if causes[0].score >= _SURE and causes[0].score - second >= _AHEAD else "close"


def _code_for(weighed: Mapping[str, float], knowledge: Knowledge) -> str:
    """The code whose causes these are; of two alike the one with more causes, since nobody said a code."""
    best = max(weighed.values(), default=0.0)
    meant = {name: score for name, score in weighed.items() if score >= _HALF_MEANT * best}
    crowd = {
        code: sum(code in cause.weight for cause in knowledge.causes.values()) for code in knowledge.errors
    }

    def value(code: str) -> float:
        fit = sum(score * knowledge.causes[name].weight.get(code, 0.0) for name, score in meant.items())
        return fit * math.log1p(crowd[code])

    codes = sorted(knowledge.errors, key=lambda code: (-value(code), code))
    return codes[0] if codes and value(codes[0]) > 0 else ""


def _lower(title: str) -> str:
    """Begin in lower case, unless the first word is a name such as UDP or TURN."""
    first = title.split(" ", 1)[0]
    return title if any(letter.isupper() for letter in first[1:]) else title[:1].lower() + title[1:]
