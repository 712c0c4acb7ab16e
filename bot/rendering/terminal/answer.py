"""Render an answer with its sources for a terminal.

Pure: no network, no clock.
"""

from collections.abc import Iterator

from bot.language.answering import OFF, Answer, Sentence
from bot.rendering.terminal.console import MARK, Line


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
