"""Choose among causes that match a description, or confirm the match.

Pure: no network, no clock.
"""

from collections.abc import Mapping
from typing import Final

from bot.model.request import Request
from bot.model.symptom_match import CauseCandidate, SymptomMatch
from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import context, section
from bot.rendering.blocks.elements import ButtonContext, button, row
from bot.rendering.blocks.message import Message, MessageBuilder
from bot.rendering.symptom_text import assumed_as, understood

_SAID: Final = 300


def which(readings: SymptomMatch, name: str, story: str, answers: Mapping[str, str]) -> Message:
    """Ask which of *readings* applies; *name* is the id of the stored story, *answers* describes the causes."""
    builder = MessageBuilder()
    none = button(
        "none",
        "None of these",
        ButtonContext(),
        values={"story": name},
        speak="None of these: describe it in a form",
    )
    builder.last(
        row(none), context("Lineman diagnoses the one that you choose, and learns how people describe it.")
    )
    builder.add(section("*It may be one of these.* Which one is closest?"))
    builder.add(context(f"You wrote: {text_limits.quote(text_limits.line(story), _SAID)}"))
    for number, candidate in enumerate(readings.offered, 1):
        press = button(
            "reading",
            "Diagnose this",
            ButtonContext(),
            number=number,
            speak=f"Diagnose: {candidate.title}",
            values={"story": name, "cause": candidate.cause},
        )
        about = text_limits.quote(text_limits.line(answers.get(candidate.cause, "")), 220)
        builder.add(
            section(f"*{text_limits.quote(text_limits.line(candidate.title), 200)}*\n{about}".rstrip(), press)
        )
    titles = "; ".join(
        f"{number}. {cause_candidate.title}" for number, cause_candidate in enumerate(readings.offered, 1)
    )
    return builder.message(f"It may be one of these: {titles}; or something else. Which one is closest?")


def taken(readings: SymptomMatch, request: Request, name: str, story: str) -> Message:
    """Say in one line what was understood and what will be diagnosed, with a button to reject it."""
    text = f"{understood(readings)} {assumed_as(request)}"
    builder = MessageBuilder()
    builder.add(section(text_limits.quote(text, 600)))
    if story:
        builder.add(context(f"You wrote: {text_limits.quote(text_limits.line(story), _SAID)}"))
    builder.add(row(button("none", "Choose another cause", ButtonContext(), values={"story": name})))
    return builder.message(text)


def unverified(candidate: CauseCandidate, customer: str) -> Message:
    """Say what a description sounds like where no check can confirm it, so that nothing is posted as a finding."""
    text = f"Sounds like: {candidate.title}."
    more = "No check from here can confirm that. If you know the error code, send it."
    builder = MessageBuilder()
    builder.add(section(f"*{text_limits.quote(text_limits.line(text), 200)}* {more}"))
    builder.add(context(text_limits.quote(text_limits.line(customer), 400)))
    return builder.message(f"{text} {more}")


def nothing(story: str = "") -> Message:
    """Confirm that no match fits, and say what helps."""
    text = "Noted: none of these."
    more = (
        "Describe it in more detail: what you see or hear, and where it works and where it does "
        "not, or send the error code. For example “connected, but no sound on the office Wi-Fi” "
        "or “31005 on iOS”."
    )
    builder = MessageBuilder()
    builder.add(section(f"*{text}* {text_limits.quote(more)}"))
    if story:
        builder.add(context(f"You wrote: {text_limits.quote(text_limits.line(story), _SAID)}"))
    builder.add(
        row(
            button("start", "Fill in a form instead", ButtonContext()),
            button("guide", "Help", ButtonContext()),
        )
    )
    return builder.message(f"{text} {more}")
