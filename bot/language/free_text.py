"""Interpret text without a code: answer a question, or match a symptom description; then try the other.

Pure: no network, no clock.
"""

import re
from typing import Final

from bot.intake.read import read
from bot.language.answer import Answer
from bot.language.answering import answer_question
from bot.language.case_context import CaseContext
from bot.language.follow_ups import in_context
from bot.language.other_vendors import is_about_rivals
from bot.language.routed_intent import LanguageContext
from bot.model.symptom_match import SymptomMatch

_SO: Final = r"^\W*(?:(?:and|but|so|ok|okay)\W+)*"
# Descriptions report; these words ask.
_QUESTION: Final = re.compile(
    rf"\?\s*$|{_SO}(?:what|what's|whats|why|how|which|where|when|who|whose|can|could|would|will|do|does|did|is|are|"
    r"was|were|has|have|had|any|should|must|may|explain|define|tell me|show me|give me)\b",
    re.IGNORECASE,
)
# These ask what something is or how to do it, and report no problem.
_ASKS_WHAT: Final = re.compile(
    rf"{_SO}(?:what(?:'s|s| is| are| does| do)|how (?:do|does|can|to|much|many)|which|explain|"
    r"define|describe|who|where|when)\b",
    re.IGNORECASE,
)
# These ask and change nothing, although they name a platform or an edge. "what about iOS?" is a change.
_ASKS_ONLY: Final = re.compile(
    rf"{_SO}(?:(?:what|how)(?!\s+about\b)|what's|whats|why|which|where|when|who|whose|does|do|is|are|should|"
    r"must|may|did|would|will|was|were|has|have|can i|can we)\b",
    re.IGNORECASE,
)
_LIKELY: Final = 0.3  # minimum confidence to treat a question without an answer as a symptom description


def is_question(text: str) -> bool:
    """Tell whether *text* is a question."""
    return bool(_QUESTION.search(text))


def asks_only(text: str) -> bool:
    """Tell whether *text* is a question and no request for a change."""
    return bool(_ASKS_ONLY.search(text))


def answer_or_match(text: str, about: CaseContext, language: LanguageContext) -> Answer | SymptomMatch:
    """Answer a question or match a symptom description. If that finds nothing, try the other one."""
    about = in_context(text, about, language.vocabulary)
    knowledge, network, vocabulary = language.knowledge, language.network, language.vocabulary
    if is_question(text):
        answer = answer_question(text, about, knowledge, network)
        declined = (
            not answer.answered and not answer.closest
        )  # it is about others, in its own language or in English
        if answer.certain or declined or _ASKS_WHAT.search(text):
            return answer
        readings = read(text, vocabulary, knowledge).match
        likely = readings.verdict != "none" and readings.causes[0].score >= _LIKELY
        return readings if likely else answer
    if is_about_rivals(text):
        return Answer()
    readings = read(text, vocabulary, knowledge).match
    if readings.verdict != "none":
        return readings
    answer = answer_question(text, about, knowledge, network)
    return answer if answer.certain else readings
