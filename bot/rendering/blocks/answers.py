"""Answers to questions with their sources, or the nearest topics if there is no answer.

Pure: no network, no clock.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from bot.language.answer import Answer, Sentence, Source
from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import (
    Block,
    TextElement,
    context,
    lines,
    link,
    paragraph,
    rich,
    run,
    runs,
)
from bot.rendering.blocks.elements import ButtonContext, button, numbered, row
from bot.rendering.blocks.message import Message, MessageBuilder
from knowledge.search.languages import ENGLISH, name_of

NOBODY: Final = ButtonContext()
WORDED: Final = "Worded by a language model, checked against the sources."
_LONGEST: Final = 6_000  # characters of one answer; the longest written one has half of that
_SENTENCE: Final = 900
_REFERENCES: Final = 3  # per source
_CODES: Final = 3  # error codes that get a Diagnose button


def answer(
    sentence: Answer, question: str = "", asked: ButtonContext = NOBODY, codes: Sequence[tuple[str, str]] = ()
) -> Message:
    """Render an answer; *question* is repeated if nobody else saw it, *codes* (code, name) get Diagnose buttons.

    *asked* is the case that the question refers to, if any: its evidence gets a button.
    """
    if not sentence.answered:
        return unknown(sentence, question)
    builder = MessageBuilder()
    if question:
        builder.add(_question(question))
    if sentence.opening:
        builder.add(rich(paragraph(run(sentence.opening, bold=True))))
    for sentences in _paragraphs(sentence):
        builder.add(rich(paragraph(*_title(sentence, sentences), *_sentences(sentences, sentence.sources))))
    builder.add(
        rich(lines(_source(number, source) for number, source in enumerate(sentence.sources[:10], 1)))
    )
    if sentence.language != ENGLISH:
        builder.add(
            context(f"The question was read as {name_of(sentence.language)}. Answers are in English.")
        )
    if sentence.phrased:
        builder.add(context(WORDED))
    presses = list(_presses(sentence, asked, codes))
    if presses:
        builder.add(row(*presses))
    named = "; ".join(f"[{number}] {_name(source)}" for number, source in enumerate(sentence.sources, 1))
    text = " ".join(
        f"{item.text} {''.join(f'[{n + 1}]' for n in _cited(item))}" for item in sentence.sentences
    )
    worded = f" {WORDED}" if sentence.phrased else ""
    opening = f"{sentence.opening} " if sentence.opening else ""
    return builder.message(f"{opening}{text_limits.cut(text, 3_000)} Sources: {named}{worded}")


def unknown(answer: Answer, question: str = "") -> Message:
    """Say that there is no answer, and offer the nearest topics."""
    builder = MessageBuilder()
    if question:
        builder.add(_question(question))
    nearest = answer.closest[:3]
    more = (
        f" {answer.nearest}:"
        if nearest
        else " Ask about an error code, the network, TURN, edges or the SDKs."
    )
    builder.add(rich(paragraph(run("I don't know that.", bold=True), run(more))))
    if nearest:
        builder.add(row(*numbered("nearest", nearest, NOBODY, "about")))
    builder.add(
        context("I answer from the documentation and from the results of this case. I make nothing up.")
    )
    return builder.message(answer.text)


def _question(question: str) -> Block:
    return context(f"You asked: {text_limits.quote(text_limits.line(question), 300)}")


def _paragraphs(answer: Answer) -> Iterator[Sequence[Sentence]]:
    """Group sentences by source; reworded answers are one paragraph, because a sentence may cite several sources."""
    if answer.phrased:
        yield answer.sentences
        return
    for number in range(len(answer.sources)):
        yield [sentence for sentence in answer.sentences if sentence.source == number]


def _title(answer: Answer, sentences: Sequence[Sentence]) -> Iterator[TextElement]:
    """Name the subject of one of several answers."""
    if answer.either and not answer.phrased:
        yield from runs(f"{answer.sources[sentences[0].source].title.rstrip('.')}: ", 200)


def _sentences(sentences: Sequence[Sentence], sources: Sequence[Source]) -> Iterator[TextElement]:
    """Sentences with their marks; sentences in a row with the same marks have them once, after the last."""
    left = _LONGEST
    for number, sentence in enumerate(sentences):
        following = sentences[number + 1 : number + 2]
        visible = text_limits.cut(sentence.text, min(_SENTENCE, left))
        left -= len(visible)
        yield from runs(f"{visible} ", _SENTENCE + 1)
        if left >= 2 and following and _cited(following[0]) == _cited(sentence):
            continue
        for source in _cited(sentence):
            yield _mark(source + 1, sources[source])
        yield run(" ")
        if left < 2:
            return


def _cited(sentence: Sentence) -> tuple[int, ...]:
    return (sentence.source, *sentence.also)


def _mark(number: int, source: Source) -> TextElement:
    """Render a source number as a link to the source's page."""
    mark = f"[{number}]"
    return link(source.references[0].url, mark) if source.references else run(mark)


def _source(number: int, source: Source) -> list[TextElement]:
    """Render one source: its pages, and its file or title."""
    elements = [run(f"[{number}] ", bold=True)]
    for page in source.references[:_REFERENCES]:
        elements += [link(page.url, page.title), run(" · ")]
    if source.file:
        return [*elements, run(source.file, 200, italic=True)]
    return [*elements, run(source.title, 200, italic=True)]


def _name(source: Source) -> str:
    pages = ", ".join(reference.title for reference in source.references[:1])
    return f"{source.file or source.title}{f' ({pages})' if pages else ''}"


def _presses(answer: Answer, asked: ButtonContext, codes: Sequence[tuple[str, str]]) -> Iterator[Block]:
    if asked.run and any(not source.file for source in answer.sources):
        yield button("evidence", "Evidence", asked, speak="Show the evidence for engineers")
    for number, (code, name) in enumerate(codes[:_CODES], 1):
        yield button(
            "start",
            f"Diagnose {code}",
            NOBODY,
            number=number,
            speak=f"Diagnose {code} {name}",
            values={"code": code},
        )
