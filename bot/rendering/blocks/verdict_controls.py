"""The controls of a verdict: the row below it, and the private message behind More.

Pure: no network, no clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.rendering.blocks.block_types import Block, context
from bot.rendering.blocks.elements import block_id, button, row, select, thumbs
from bot.rendering.blocks.fixes import platform_choice
from bot.rendering.blocks.message import Message, MessageBuilder
from bot.rendering.blocks.question import question
from bot.rendering.blocks.run_header import RunHeader, footer
from knowledge.model.conclusions import Diagnosis


@dataclass(frozen=True, slots=True)
class VerdictOptions:
    """The choices offered below a verdict."""

    platforms: tuple[tuple[str, str], ...] = ()  # (id, title)
    platform: str = ""  # the platform whose fixes are shown; empty: all
    relays: tuple[str, ...] = ()  # other relays that the reader may use
    earlier: bool = False  # there is an earlier run to compare with
    judged: str = ""  # feedback already given on this verdict: right or wrong
    resolved: bool = False  # an earlier run of this case found something
    views: tuple[str, ...] = ()  # for several relays: those whose own verdict can be opened
    link: bool = False  # check links can be made
    checked: bool = False  # the run has the result of a customer's browser, so its link makes the next one
    part: bool = False  # this is one relay's verdict, so the case continues in its main message


def verdict_row(header: RunHeader, diagnosis: Diagnosis, choices: VerdictOptions) -> Block:
    """Make the row below a verdict: at most five buttons, the next step first."""
    platform = {"platform": choices.platform}
    buttons = [] if choices.part else [_again(header, choices, found=bool(diagnosis.found))]
    buttons.append(button("customer", "Copy for customer", header.asked))
    if diagnosis.found or diagnosis.risks:
        buttons.append(button("fixes", "Fix steps", header.asked, values=platform))
    elif choices.link and not choices.checked and not choices.part:
        buttons.append(_link(header))
    buttons.append(button("evidence", "Evidence", header.asked, speak="Show the evidence for engineers"))
    speak = "More about this run: ticket, preflight, relays, platform"
    buttons.append(button("more", "More", header.asked, speak=speak, values=platform))
    return row(*buttons)


def _link(header: RunHeader) -> Block:
    return button(
        "link", "Check link", header.asked, speak="Make a link for the customer, whose browser then tests"
    )


def _again(header: RunHeader, choices: VerdictOptions, *, found: bool) -> Block:
    label = "Fixed: test again" if found else "Test again"
    if choices.checked:
        speak = "Make the same link good for one more check by the customer"
        return button("recheck", label, header.asked, style="primary", speak=speak)
    speak = "Run the same case again and say what changed"
    return button("again", label, header.asked, style="primary", speak=speak)


def more(header: RunHeader, diagnosis: Diagnosis, choices: VerdictOptions) -> Message:
    """Render what else can be done with a run, for the person who pressed More."""
    builder = MessageBuilder()
    builder.last(footer(header))
    platform = {"platform": choices.platform}
    builder.add(
        row(
            button("ticket", "Copy for the ticket", header.asked),
            button("preflight", "Preflight test", header.asked, values=platform),
            button("tree", "How it was decided", header.asked, speak="Show the questions and answers"),
            *([button("compare", "Compare with the run before", header.asked)] if choices.earlier else []),
            *([_link(header)] if choices.link and not choices.part else []),
        )
    )
    if not choices.part:
        builder.add(*_of_case(header, diagnosis, choices))
    return builder.message(
        "More about this run: copy it for the ticket, run the preflight test, see how it was decided."
    )


def _of_case(header: RunHeader, diagnosis: Diagnosis, choices: VerdictOptions) -> Iterator[Block]:
    """Make the controls that change the case, or its message."""
    selects = []
    if choices.views:
        names = [(name, name) for name in choices.views]
        selects.append(select("view", "See one relay's verdict", names))
    if choices.relays:
        names = [(name, name) for name in choices.relays]
        selects.append(select("relay", "Test from another relay", names))
    if selects:
        yield row(*selects, block_id=block_id("relay", header.asked))
    label = "Show the steps for another platform"
    yield platform_choice(header, choices.platform, choices.platforms, "verdict", label)
    if diagnosis.next_question:
        yield from question(header, diagnosis.next_question)


def feedback(header: RunHeader, choices: VerdictOptions) -> list[Block]:
    """Make the thumbs below a verdict, and confirm in small text what was pressed last."""
    return [] if choices.part else [thumbs(header.asked), *_noted(choices.judged)]


def _noted(judged: str) -> list[Block]:
    text = "that was it" if judged == "right" else "that was not it"
    return (
        [context(f"Thank you: noted as \u201c{text}\u201d. Lineman uses this for later verdicts.")]
        if judged
        else []
    )
