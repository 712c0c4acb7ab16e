"""Render what was understood of a description, with the causes that fit, for a terminal.

Pure: no network, no clock.
"""

from collections.abc import Iterator

from bot.model.symptom_match import SymptomMatch
from bot.rendering.symptom_text import understood
from bot.rendering.terminal.console import MARK, Line
from knowledge.model.schema import Knowledge


def render_readings(
    readings: SymptomMatch, knowledge: Knowledge, *, numbered: bool = False
) -> Iterator[Line]:
    """Render what was understood; *numbered* if the user can choose among the causes."""
    if readings.codes:
        yield Line(f"Error codes: {', '.join(readings.codes)}")
    for name, value in readings.clues.items():
        yield Line(_in_words(name, value, knowledge))
    yield Line(understood(readings))
    if readings.verdict == "close":
        for number, candidate in enumerate(readings.offered, 1):
            mark = str(number) if numbered else MARK
            yield Line(candidate.title, indent=2, mark=mark)
        if numbered:
            yield Line("none of these", indent=2, mark=str(len(readings.offered) + 1))


def _in_words(name: str, value: str, knowledge: Knowledge) -> str:
    """Say what the description settles: an answer to a question, the platform, or the edge."""
    if question := knowledge.questions.get(name):
        return f"{question.asks} {question.says(value)[:1].upper()}{question.says(value)[1:]}."
    platform = knowledge.platforms.get(value) if name == "platform" else None
    return f"{name.capitalize()}: {platform.title if platform else value}"
