"""Text without a code: answer a question, match a story with causes; the other way round where that fails.

Pure: no network, no clock.
"""

import re
from typing import Final

from bot.intake.read import read
from bot.language.answering import Answer, answer_question
from bot.language.case_context import CaseContext
from bot.language.follow_ups import in_context
from bot.language.routed_intent import LanguageContext
from bot.model.symptom_match import SymptomMatch

_SO: Final = r"^\W*(?:(?:and|but|so|ok|okay)\W+)*"
# Stories report; these ask.
_QUESTION: Final = re.compile(
    rf"\?\s*$|{_SO}(?:what|what's|whats|why|how|which|where|when|who|can|could|do|does|did|is|are|"
    r"should|must|may|explain|define|tell me|show me|give me)\b",
    re.IGNORECASE,
)
# These ask what something is or how it is done, and report nothing that has happened.
_ASKS_WHAT: Final = re.compile(
    rf"{_SO}(?:what(?:'s|s| is| are| does| do)|how (?:do|does|can|to|much|many)|which|explain|"
    r"define|describe|who|where|when)\b",
    re.IGNORECASE,
)
# These ask, and change nothing about a case, although they name a platform or an edge; "what about iOS?" does.
_ASKS_ONLY: Final = re.compile(
    rf"{_SO}(?:(?:what|how)(?!\s+about\b)|what's|whats|why|which|where|when|who|does|do|is|are|should|"
    r"must|may|did|can i|can we)\b",
    re.IGNORECASE,
)
_LIKELY: Final = 0.3  # confidence that a question which nothing answers must have as a story


def is_question(text: str) -> bool:
    """Whether *text* is put as a question."""
    return bool(_QUESTION.search(text))


def asks_only(text: str) -> bool:
    """Whether *text* asks something, and is no request for a change."""
    return bool(_ASKS_ONLY.search(text))


def answer_or_match(text: str, about: CaseContext, language: LanguageContext) -> Answer | SymptomMatch:
    """Answer *text* if it is a question, match it if it is a story; where that says nothing, the other way round."""
    about = in_context(text, about, language.vocabulary)
    knowledge, network, vocabulary = language.knowledge, language.network, language.vocabulary
    if is_question(text):
        answer = answer_question(text, about, knowledge, network)
        if answer.answered or _ASKS_WHAT.search(text):
            return answer
        readings = read(text, vocabulary, knowledge).match
        likely = readings.verdict != "none" and readings.causes[0].score >= _LIKELY
        return readings if likely else answer
    readings = read(text, vocabulary, knowledge).match
    if readings.verdict != "none":
        return readings
    answer = answer_question(text, about, knowledge, network)
    return answer if answer.answered else readings
