"""The open question of a run, with one button per answer.

Pure: no network, no clock.
"""

from typing import Final

from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import Block, paragraph, rich, run, section
from bot.rendering.blocks.elements import button, numbered, row
from bot.rendering.blocks.message import Message, MessageBuilder
from bot.rendering.blocks.run_header import RunHeader, footer, mention
from knowledge.model.conclusions import NextQuestion

_MOST: Final = 10  # answers in one row


def question(header: RunHeader, asked: NextQuestion) -> list[Block]:
    """Render the question with one button per answer, and one for "I don't know"."""
    labels = [(answer, _capital(says or answer)) for answer, says in asked.choices[:_MOST]]
    more = {"option": asked.option, "question": asked.question}
    dunno = button("answer", "I don't know", header.asked, values=more)
    return [
        rich(paragraph(run("Question: ", bold=True), run(asked.ask, 1_000))),
        row(*numbered("answer", labels, header.asked, "answer", more), dunno),
    ]


def ask(header: RunHeader, asked: NextQuestion) -> Message:
    """Render the question as a separate message in the thread."""
    builder = MessageBuilder()
    builder.last(footer(header, "anyone in this thread can answer"))
    builder.add(*question(header, asked))
    answers = ", ".join(text_limits.cut(says or answer, 80) for answer, says in asked.choices[:_MOST])
    return builder.message(f"Question: {asked.ask} Answers: {answers}, or I don't know.")


def ended(header: RunHeader, headline: str, asked: NextQuestion | None) -> Message:
    """Mention the person who asked when a long run has ended, with the open question."""
    builder = MessageBuilder()
    person = f"{named} " if (named := mention(header.user)) else ""
    result = text_limits.quote(text_limits.line(headline), 300)
    builder.add(section(f"{person}{result}. The message above has the details."))
    if asked:
        builder.add(*question(header, asked))
    return builder.message(f"{headline}. The message above has the details.")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
