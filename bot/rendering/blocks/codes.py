"""The meaning of an error code: its SDKs, similar codes, related codes; and unknown codes.

Pure: no network, no clock.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from bot.errors import family_of
from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import (
    Block,
    bullets,
    header,
    link,
    paragraph,
    rich,
    run,
    runs,
    section,
    title,
)
from bot.rendering.blocks.elements import ButtonContext, button, row
from bot.rendering.blocks.message import Message, MessageBuilder
from knowledge.advice.meaning import Meaning

_OTHERS = 5  # number of buttons for other codes
THREAD: Final = "thread"  # the place of a button whose run belongs below the message that it is on


def code_meaning(meaning: Meaning, platform: str = "") -> Message:
    """Render the meaning of a code; *platform* is the id of the platform that was asked about."""
    builder = MessageBuilder()
    builder.last(row(*_buttons(meaning, platform)))
    builder.add(header(f"{meaning.code} {meaning.name}"))
    if meaning.elsewhere:
        whose = run("This is not a code of the Voice SDKs. ", bold=True)
        builder.add(rich(paragraph(whose, *runs(meaning.elsewhere, 900))))
    first, *rest = meaning.texts or ("The documentation has nothing about it.",)
    builder.add(rich(paragraph(*runs(first, 1_500))))
    if rest:
        builder.add(rich(bullets(_on_platform(text) for text in rest)))
    if meaning.notes:
        builder.add(rich(paragraph(run(" ".join(meaning.notes), 700, italic=True))))
    if meaning.confused_with:
        builder.add(
            rich(title("Not the same as"), bullets(_other(*other) for other in meaning.confused_with))
        )
    if meaning.related:
        related = ", ".join(f"{code} {name}".strip() for code, name in meaning.related)
        builder.add(rich(paragraph(run("Related: ", bold=True), run(related, 900))))
    if meaning.references:
        builder.add(
            rich(title("Read more"), bullets([link(page.url, page.title)] for page in meaning.references[:5]))
        )
    answer = " ".join(meaning.texts)
    confused = "; ".join(f"{code}: {text}" for code, _, text in meaning.confused_with)
    return builder.message(
        f"{meaning.code} {meaning.name}. {text_limits.cut(answer, 2_000)} {meaning.elsewhere}"
        + (f" Not the same as {text_limits.cut(confused, 800)}" if confused else "")
    )


def code_card(meaning: Meaning) -> Message:
    """Render a code in one sentence, with a button to diagnose it, as a card below a link."""
    name, first = f"{meaning.code} {meaning.name}".strip(), _first_sentence(meaning)
    builder = MessageBuilder()
    values = {"code": meaning.code, "place": THREAD}
    builder.last(row(button("start", f"Diagnose {meaning.code}", ButtonContext(), values=values)))
    builder.add(section(f"*{text_limits.quote(name, 150)}*\n{text_limits.quote(first, 400)}".rstrip()))
    return builder.message(f"{name}. {first}")


def _first_sentence(meaning: Meaning) -> str:
    text = " ".join(next(iter(meaning.texts), "").split())
    return re.split(r"(?<=[.!?]) (?=[A-Z])", text, maxsplit=1)[0]


def unknown_code(code: str, near: Sequence[tuple[str, str]], *, meaning: bool) -> Message:
    """Say that a code is unknown and offer the nearest ones (code, name), to diagnose or to explain (*meaning*)."""
    builder = MessageBuilder()
    first = run(f"I don't know the error code {text_limits.cut(code, 20)}.", bold=True)
    family = f" {known[0].upper()}{known[1:]}." if (known := family_of(code)) else ""
    if not near:
        more = family.lstrip() or (
            "It does not belong to the Voice SDKs and is not similar to their codes. What text "
            "is around it, and which product showed it?"
        )
        builder.add(rich(paragraph(first, run(f" {more}"))))
        builder.add(
            row(
                button("start", "Fill in a form instead", ButtonContext()),
                button("guide", "Help", ButtonContext()),
            )
        )
        return builder.message(f"{code} is not an error code that I know. {more}")
    builder.add(rich(paragraph(first, run(f"{family} Did you mean one of these?"))))
    verb, label = ("meaning", "What is {} ({})?") if meaning else ("start", "Diagnose {} {}")
    buttons = [
        button(verb, label.format(item, name), ButtonContext(), number=number, values={"code": item})
        for number, (item, name) in enumerate(near[:_OTHERS], 1)
    ]
    builder.add(row(*buttons))
    named = ", ".join(f"{item} {name}" for item, name in near)
    return builder.message(
        f"{code} is not an error code that I know.{family} Did you mean one of these? {named}"
    )


def _on_platform(text: str) -> list[Block]:
    """Render a text, with the platform's name in bold if the text begins with one."""
    name, colon, rest = text.partition(": ")
    named = bool(colon) and len(name) < 30
    return [run(f"{name}: ", bold=True), run(rest, 900)] if named else [run(text, 900)]


def _other(code: str, name: str, difference: str) -> list[Block]:
    return [run(f"{code} {name}".strip(), 120, bold=True), run(f": {difference}", 400)]


def _buttons(meaning: Meaning, platform: str) -> Iterator[Block]:
    if not meaning.elsewhere:
        values = {"code": meaning.code} | ({"platform": platform} if platform else {})
        yield button("start", f"Diagnose {meaning.code}", ButtonContext(), style="primary", values=values)
    others = [(code, name) for code, name, _ in meaning.confused_with] + list(meaning.related)
    known = [(code, name) for code, name in others if name]  # only codes that have a file
    for number, (code, name) in enumerate(known[:_OTHERS], 1):
        yield button(
            "meaning",
            f"What is {code}?",
            ButtonContext(),
            number=number,
            speak=f"{code} {name}",
            values={"code": code},
        )
    if meaning.elsewhere and not known:
        yield button("guide", "What can I ask?", ButtonContext())
