"""Words that are no command: a question is answered, a story is read; what the words look like is tried first.

Pure: no network, no clock.
"""

import re
from typing import Final

from bot.asking import Answer, ask
from bot.case_context import About
from bot.readings import Readings, read
from bot.request import Vocabulary
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge

# Stories are told; these ask.
_QUESTION: Final = re.compile(
    r"\?\s*$|^\W*(?:and |but |so |ok )*(?:what|what's|whats|why|how|which|where|when|who|can|could|do|does|did|is|are|"
    r"should|must|may|explain|define|tell me|show me|give me)\b",
    re.IGNORECASE,
)
# These ask what something is or how it is done, and tell nothing that has happened.
_ASKS_WHAT: Final = re.compile(
    r"^\W*(?:and |but |so |ok )*(?:what(?:'s|s| is| are| does| do)|how (?:do|does|can|to|much|many)|which|explain|"
    r"define|describe|who|where|when)\b",
    re.IGNORECASE,
)
_LIKELY: Final = 0.3  # confidence that a question which nothing answers must have as a story


def is_question(text: str) -> bool:
    """Whether *text* is put as a question."""
    return bool(_QUESTION.search(text))


def take(
    text: str, about: About, knowledge: Knowledge, network: Network, vocabulary: Vocabulary
) -> Answer | Readings:
    """Answer *text* if it is a question, read it if it is a story; where that says nothing, the other way round."""
    if is_question(text):
        answer = ask(text, about, knowledge, network)
        if answer.answered or _ASKS_WHAT.search(text):
            return answer
        readings = read(text, knowledge, vocabulary)
        likely = readings.verdict != "none" and readings.causes[0].score >= _LIKELY
        return readings if likely else answer
    readings = read(text, knowledge, vocabulary)
    if readings.verdict != "none":
        return readings
    answer = ask(text, about, knowledge, network)
    return answer if answer.answered else readings
