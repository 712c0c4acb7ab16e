"""Render an answer with its sources for a terminal.

Pure: no network, no clock.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from bot.language.answer import OFF, Answer, Sentence, Source
from bot.rendering.terminal.console import MARK, Line
from knowledge.search.languages import ENGLISH, name_of


def render_answer(answer: Answer) -> Iterator[Line]:
    """Render *answer*: sentences with source numbers, then the sources."""
    if not answer.answered:
        yield Line("I don't know." + (f" {answer.nearest}:" if answer.closest else ""))
        for _, title in answer.closest:
            yield Line(title, indent=2, mark=MARK)
        return
    if answer.opening:
        yield Line(answer.opening)
    yield from _paragraphs(answer)
    yield from _sources(answer.sources)
    if answer.language != ENGLISH:
        yield Line(f"The question was read as {name_of(answer.language)}. Answers are in English.", "dim")
    if answer.phrased:
        yield Line("Worded by a language model. Each sentence was checked against its sources.", "dim")
    elif answer.because not in ("", OFF):
        yield Line(f"Not worded by the language model: {answer.because}.", "dim")


def _paragraphs(answer: Answer) -> Iterator[Line]:
    """One paragraph per source, marked once at its end. Each sentence of a reworded answer has its own marks."""
    if answer.phrased:
        yield Line(" ".join(f"{sentence.text} {_marks(sentence)}" for sentence in answer.sentences))
        return
    bullet = MARK if len(answer.sources) > 1 else ""
    for number, sentences in groupby(answer.sentences, key=lambda sentence: sentence.source):
        text = " ".join(sentence.text for sentence in sentences)
        title = f"{answer.sources[number].title.rstrip('.')}: " if answer.either else ""
        yield Line(f"{title}{text} {_mark(number)}", mark=bullet)


def _sources(sources: Sequence[Source]) -> Iterator[Line]:
    """Each page once, with the numbers of all sources that refer to it. A source without a page has its title."""
    numbers: dict[Line, str] = {}
    for number, source in enumerate(sources):
        for line in _pages(source):
            numbers[line] = numbers.get(line, "") + _mark(number)
    for line, marks in numbers.items():
        yield Line(f"{marks} {line.text}", "dim")


def _pages(source: Source) -> Iterator[Line]:
    for reference in source.references:
        yield Line(f"{reference.title}: {reference.url}")
    if not source.references:
        yield Line(source.title or source.file)


def _marks(sentence: Sentence) -> str:
    return "".join(map(_mark, (sentence.source, *sentence.also)))


def _mark(number: int) -> str:
    return f"[{number + 1}]"
