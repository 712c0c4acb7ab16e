"""Complete follow-up questions: “and on iOS?” repeats the last question for another platform.

Pure: no network, no clock.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.intake.read import read
from bot.language.case_context import CaseContext
from bot.model.normalize import normalize
from bot.model.request import Vocabulary

_ELLIPSIS: Final = re.compile(
    r"^\W*(?:(?:and|but|or|ok|so|now)\W+)*(?:(?:what|how)\s+about\s+|same\s+(?:\w+\s+)?|(?:on|for|in|with)\s+)?"
    r"(?:(?:on|for|in|with|the|an?)\s+)*[\w -]{2,25}\s*(?:app|sdk|instead|then|too)?\W*$",
    re.IGNORECASE,
)


# "Try android" changes the case, also right after a question.
_CHANGE: Final = re.compile(
    r"^\W*(?:(?:and|but|or|ok|so|now|please)\W+)*(?:try|run|test|check|use|switch|change|repeat)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class LastQuestion:
    """A question, and its context."""

    question: str = ""
    about: CaseContext = field(default_factory=CaseContext)


def follow_up(text: str, before: Sequence[str], vocabulary: Vocabulary) -> str:
    """Complete *text*, such as "and on iOS?", with the question *before* it. Return "" if it is no follow-up."""
    if not before:
        return ""
    sentence = normalize(text).strip()
    if not _ELLIPSIS.search(sentence) or _CHANGE.match(sentence):
        return ""
    platform = read(sentence, vocabulary).clues.get("platform")
    if not platform:
        return ""
    names = "|".join(re.escape(name) for name in sorted(vocabulary.platforms, key=len, reverse=True))
    bare = re.sub(
        rf"\b(?:(?:on|in|for|with|at)\s+(?:the\s+)?)?(?:{names})\b", " ", before[-1], flags=re.IGNORECASE
    )
    return f"{' '.join(bare.split()).rstrip(' ?.!')} on {platform.replace('-', ' ')}?"


def in_context(text: str, about: CaseContext, vocabulary: Vocabulary) -> CaseContext:
    """Return *about* with the platform and edge that *text* names."""
    clues = read(text, vocabulary).clues
    return replace(about, platform=clues.get("platform", about.platform), edge=clues.get("edge", about.edge))
