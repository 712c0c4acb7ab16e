"""Questions that go on from the one before: “and on iOS?” repeats it for another platform.

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


@dataclass(frozen=True, slots=True)
class LastQuestion:
    """A question, and what it was about."""

    question: str = ""
    about: CaseContext = field(default_factory=CaseContext)


def follow_up(text: str, before: Sequence[str], vocabulary: Vocabulary) -> str:
    """The question that *text* makes of the one *before* it, such as "and on iOS?"; empty where it makes none."""
    if not before:
        return ""
    sentence = normalize(text).strip()
    if not _ELLIPSIS.search(sentence):
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
    """*about* with the platform and the edge that *text* names itself."""
    clues = read(text, vocabulary).clues
    return replace(about, platform=clues.get("platform", about.platform), edge=clues.get("edge", about.edge))
