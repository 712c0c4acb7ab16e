"""What only a person can tell, asked with buttons.

Pure: no network, no clock.
"""

from typing import Final

from bot.replies.blocks import fit
from bot.replies.blocks.about import About, footer
from bot.replies.blocks.buttons import button, numbered, row
from bot.replies.blocks.message import Message, Sheet
from bot.replies.blocks.pieces import Block, section
from knowledge.model.conclusions import NextQuestion

_MOST: Final = 10  # answers in one row


def question(one: About, asked: NextQuestion) -> list[Block]:
    """Ask *asked*, one button for each answer, and one for those who do not know."""
    labels = [(answer, _capital(says or answer)) for answer, says in asked.choices[:_MOST]]
    more = {"option": asked.option, "question": asked.question}
    dunno = button("answer", "I don't know", one.asked, values=more)
    return [
        section(f"*One question:* {fit.quote(asked.ask, 1_000)}"),
        row(*numbered("answer", labels, one.asked, "answer", more), dunno),
    ]


def ask(one: About, asked: NextQuestion) -> Message:
    """Ask in a message of its own, in the thread."""
    sheet = Sheet()
    sheet.last(footer(one, "anybody in this thread may answer"))
    sheet.add(*question(one, asked))
    answers = ", ".join(fit.cut(says or answer, 80) for answer, says in asked.choices[:_MOST])
    return sheet.message(f"One question: {asked.ask} Answers: {answers}, or I don't know.")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
