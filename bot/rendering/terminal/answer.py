"""Render an answer with its sources, and symptom matches, for a terminal.

Pure: no network, no clock.
"""

from collections.abc import Iterator
from typing import Final

from bot.language.answering import OFF, Answer, Sentence
from bot.model.symptom_match import SymptomMatch
from bot.rendering.symptom_text import understood
from bot.rendering.terminal.console import Line

MARK: Final = "\N{BULLET}"
SHOWN: Final = 3


def render_answer(answer: Answer) -> Iterator[Line]:
    """Render *answer*: sentences with source numbers, then the sources."""
    if not answer.answered:
        yield Line("I don't know." + (" Nearest is:" if answer.closest else ""))
        for name, title in answer.closest:
            yield Line(f"{title}  ({name})", indent=2, mark=MARK)
        return
    yield Line(" ".join(f"{sentence.text} {_marks(sentence)}" for sentence in answer.sentences))
    for number, source in enumerate(answer.sources, 1):
        yield Line(f"[{number}] {': '.join(filter(None, (source.file, source.title)))}", "dim")
        for reference in source.references:
            yield Line(f"{reference.title}: {reference.url}", "dim", indent=4)
    if answer.phrased:
        yield Line("Worded by a language model. Each sentence was checked against its sources.", "dim")
    elif answer.because not in ("", OFF):
        yield Line(f"Not worded by the language model: {answer.because}.", "dim")


def _marks(sentence: Sentence) -> str:
    return "".join(f"[{source + 1}]" for source in (sentence.source, *sentence.also))


def render_readings(readings: SymptomMatch, *, numbered: bool = False) -> Iterator[Line]:
    """Render what was understood; *numbered* if the user can choose among the causes."""
    if readings.codes:
        yield Line(f"Error codes: {', '.join(readings.codes)}")
    for name, value in readings.clues.items():
        yield Line(f"{name}: {value}")
    yield Line(understood(readings))
    if readings.verdict == "close":
        for number, candidate in enumerate(readings.offered, 1):
            mark = str(number) if numbered else MARK
            yield Line(f"{candidate.title} ({candidate.score:.0%})", indent=2, mark=mark)
        if numbered:
            yield Line("none of these", indent=2, mark=str(len(readings.offered) + 1))
