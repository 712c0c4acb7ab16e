"""Rank the passages that may answer a question: the subject decides, then the platform.

Pure.
"""

import re
from typing import Final

from bot.language.case_context import SHORT, CaseContext
from knowledge.model.schema import Knowledge
from knowledge.search.library import ELSEWHERE, Context, library_of
from knowledge.search.passages import Passage
from knowledge.search.plain_subjects import plain_subjects

NEARBY: Final = 3
_PLAIN: Final = 0.1  # the score of an answer whose lines do not have the words of the question
_CODE: Final = re.compile(r"(?<![\d.-])[1-6]\d{4}(?![\d.-]|\s*(?:udp|tcp|ports?|to)\b)", re.IGNORECASE)
_DOING: Final = re.compile(
    r"\bhow (?:do|can|could|should|to)\b.*\b(?:pass|set|run|configure|enable|turn on|switch on|use|add|give)\b",
    re.IGNORECASE,
)
_TESTING: Final = re.compile(r"\b(?:pre-?flight|tests?|testing|diagnos\w+|check\w*|report)\b", re.IGNORECASE)
_PLATFORMS: Final = re.compile(
    r"\b(?:on |for |with |in |of )?(?:the |our |an? )?(?:ios|iphones?|ipads?|android|"
    r"react[ -]?native|java ?script|safari|chrome|firefox)"
    r"(?:'s)?(?: (?:apps?|phones?|sdk|devices?))?\b",
    re.IGNORECASE,
)


def rank_passages(text: str, about: CaseContext, knowledge: Knowledge) -> list[tuple[Passage, float]]:
    """Rank the passages, best first, with score 0 if none answers. Guides are for the case's platform."""
    ranked = _ranked_as_said(text, about, knowledge)
    if not (ranked and about.platform and len(text) <= SHORT and _DOING.search(text)):
        return ranked
    there = _ranked_as_said(f"{text.rstrip(' ?.!')} on {about.platform}?", about, knowledge)
    same_subject = there and there[0][0].id.split("-")[0] == ranked[0][0].id.split("-")[0]
    return there if same_subject and about.platform in there[0][0].platforms else ranked


def _ranked_as_said(text: str, about: CaseContext, knowledge: Knowledge) -> list[tuple[Passage, float]]:
    """Rank the passages. The subject decides: a platform alone asks for no preflight guide."""
    ranked = _ranked_by_words(text, about, knowledge)
    if ranked and ranked[0][0].id.startswith("preflight") and not _TESTING.search(text):
        bare = _PLATFORMS.sub(" ", text)
        if bare != text:
            return _ranked_by_words(bare, about, knowledge)
    return ranked


def _ranked_by_words(text: str, about: CaseContext, knowledge: Knowledge) -> list[tuple[Passage, float]]:
    library = library_of(knowledge)
    ranked = library.answers(text, Context(about.code, about.platform, about.causes))
    plain = {} if _CODE.search(text) else plain_subjects(text)
    if named := next((item for item in ranked if item.label in plain), None):
        ranked = [named, *(item for item in ranked if item is not named)]
    answered = bool(ranked) and (plain.get(ranked[0].label, False) or library.answered(text, ranked[0]))
    return [
        (library.passages[item.label], max(item.score, _PLAIN) if answered else 0.0)
        for item in ranked[: NEARBY + 1]
        if item.label != ELSEWHERE and (item.near or answered)
    ]
