"""Match a symptom description with causes, and decide from their scores what to do with it.

Pure: no network, no clock. Accepts any text that `normalize` returns.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Final

from bot.model.symptom_match import CauseCandidate, MatchVerdict, SymptomMatch
from knowledge.model.schema import Cause, Knowledge
from knowledge.search.library import ELSEWHERE, library_of
from knowledge.search.ranker import Ranked

_SHARPNESS: Final = 4.0  # how fast confidence falls with the score; fitted to the tuning phrases
_SURE: Final = 0.5
_AHEAD: Final = 0.2  # minimum lead over the second cause
_FAINT: Final = 0.55  # a lower score is chance
# Options describe no symptom.
_OPTION: Final = re.compile(r"(?:--)?\b[a-z][a-z-]*=\S+", re.IGNORECASE)


def match_symptoms(
    sentence: str, named: Sequence[str], clues: Mapping[str, str], knowledge: Knowledge
) -> SymptomMatch:
    """Rank the causes that *sentence* may describe; none if it contains no meaningful word.

    *named* are the codes in it. *clues* are its platform, edge, relay, and answers.
    """
    codes = tuple(code for code in named if code in knowledge.errors)
    ranked = library_of(knowledge).causes(_story(sentence, clues.get("relay", "")), codes)
    fitting = [item for item in ranked if _fits(item, knowledge, clues.get("platform", ""))]
    confidence = _confidence(fitting)
    causes = tuple(
        CauseCandidate(item.label, knowledge.causes[item.label].title, round(sure, 4))
        for item, sure in zip(fitting, confidence, strict=True)
        if item.near or codes
    )
    return SymptomMatch(codes, clues, causes, _verdict(ranked, causes, bool(codes)))


def _story(text: str, relay: str) -> str:
    """Return *text* without options."""
    bare = _OPTION.sub(" ", text)
    return re.sub(rf"\bfrom\s+{re.escape(relay)}\b", " ", bare, flags=re.IGNORECASE) if relay else bare


def _fits(ranked: Ranked, knowledge: Knowledge, platform: str) -> bool:
    cause = knowledge.causes.get(ranked.label)
    return bool(cause) and _on(platform, cause)


def _on(platform: str, cause: Cause | None) -> bool:
    return cause is not None and (not platform or not cause.platforms or platform in cause.platforms)


def _confidence(ranked: Sequence[Ranked]) -> list[float]:
    """Convert scores to shares of 1."""
    best = ranked[0].score if ranked else 0.0
    weights = [math.exp(_SHARPNESS * (item.score - best)) for item in ranked]
    total = sum(weights) or 1.0
    return [weight / total for weight in weights]


def _verdict(ranked: Sequence[Ranked], causes: Sequence[CauseCandidate], has_code: bool) -> MatchVerdict:
    if not causes or (not has_code and (ranked[0].label == ELSEWHERE or ranked[0].score < _FAINT)):
        return "none"
    second = causes[1].score if len(causes) > 1 else 0.0
    return "sure" if causes[0].score >= _SURE and causes[0].score - second >= _AHEAD else "close"
