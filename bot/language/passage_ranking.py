"""Rank the passages that may answer a question: the subject decides, then the platform.

Pure.
"""

import re
from dataclasses import dataclass
from typing import Final

from bot.language.case_context import SHORT, CaseContext
from knowledge.model.schema import Knowledge
from knowledge.search.fit import fits_as_well
from knowledge.search.labeled_lines import ELSEWHERE
from knowledge.search.library import Context, library_of
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


@dataclass(frozen=True, slots=True)
class Nearest:
    """The passages nearest to a question, best first, with score 0 if none answers it; and those that answer it."""

    ranked: tuple[tuple[Passage, float], ...]
    answers: tuple[Passage, ...] = ()  # two if both fit about as well, or if the answer is only likely
    sure: bool = False


def rank_passages(text: str, about: CaseContext, knowledge: Knowledge, heard: str = "") -> Nearest:
    """Rank the passages for *text*. Guides are for the case's platform. *heard* is a question in another language."""
    found = _ranked_as_said(text, about, knowledge, heard)
    if not (found.ranked and about.platform and len(text) <= SHORT and _DOING.search(text)):
        return found
    there = _ranked_as_said(f"{text.rstrip(' ?.!')} on {about.platform}?", about, knowledge, heard)
    if not there.ranked:
        return found
    best, other = found.ranked[0][0], there.ranked[0][0]
    same_subject = other.id.split("-")[0] == best.id.split("-")[0]
    return there if same_subject and about.platform in other.platforms else found


def _ranked_as_said(text: str, about: CaseContext, knowledge: Knowledge, heard: str) -> Nearest:
    """Rank the passages. The subject decides: a platform alone asks for no preflight guide."""
    found = _ranked(text, about, knowledge, heard)
    if found.ranked and found.ranked[0][0].id.startswith("preflight") and not _TESTING.search(text):
        bare = _PLATFORMS.sub(" ", text)
        if bare != text:
            return _ranked(bare, about, knowledge, heard)
    return found


def _ranked(text: str, about: CaseContext, knowledge: Knowledge, heard: str) -> Nearest:
    library = library_of(knowledge)
    ranked = library.answers(text, Context(about.code, about.platform, about.causes, heard))
    plain = {} if _CODE.search(text) else plain_subjects(text)
    if named := next((item for item in ranked if item.label in plain), None):
        ranked = [named, *(item for item in ranked if item is not named)]
    plainly = bool(ranked) and plain.get(ranked[0].label, False)
    fit = "sure" if plainly else library.fit(text, ranked[0]) if ranked else "none"
    passages = [
        (library.passages[item.label], max(item.score, _PLAIN) if fit != "none" else 0.0)
        for item in ranked[: NEARBY + 1]
        if item.label != ELSEWHERE and (item.near or fit != "none")
    ]
    if fit == "none":
        return Nearest(tuple(passages))
    several = not plainly and (fit == "likely" or fits_as_well(ranked)) and ranked[1].label != ELSEWHERE
    answers = tuple(passage for passage, _ in passages[: 2 if several else 1])
    return Nearest(tuple(passages), answers, sure=fit == "sure")
