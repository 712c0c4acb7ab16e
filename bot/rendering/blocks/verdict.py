"""The verdict for the support agent: result, customer message, fixes, buttons, and the open question.

Pure: no network, no clock. The evidence for network engineers is in `evidence.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import (
    DIVIDER,
    Block,
    bullets,
    context,
    header,
    paragraph,
    quotation,
    rich,
    run,
    section,
    title,
)
from bot.rendering.blocks.elements import block_id, button, numbered, row, select
from bot.rendering.blocks.fixes import first_step, platform_choice, remedies
from bot.rendering.blocks.message import Message, MessageBuilder, first_that_fits
from bot.rendering.blocks.risks import risk_blocks, risks_in_text
from bot.rendering.blocks.run_header import RunHeader, byline, footer
from bot.rendering.blocks.vantage_summary import SIGNS, side_blocks, unchecked_block
from bot.rendering.blocks.vantage_summary import in_text as sides_in_text
from bot.rendering.view import View
from knowledge.model.advice import AdvisedCause
from knowledge.model.conclusions import Diagnosis, Judged, NextQuestion

_CAUSES: Final = 12  # causes listed one by one
_DETAILED: Final = (_CAUSES, 6, 3, 1)  # causes with steps and evidence: the first number that fits
_FEW: Final = 4  # causes described in full
_EVIDENCE: Final = 3  # sentences per cause; the evidence message has the rest


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
    part: bool = False  # this is one relay's verdict, so the case continues in its main message


def verdict(run_header: RunHeader, view: View, diagnosis: Diagnosis, choices: VerdictOptions) -> Message:
    """Render the verdict as one message, with any number of causes."""
    builder = first_that_fits(
        _verdict_blocks(run_header, view, diagnosis, choices, count) for count in _DETAILED
    )
    return builder.message(
        in_text(view, diagnosis, choices), "Not everything fits here: press Evidence for the rest."
    )


def _verdict_blocks(
    run_header: RunHeader, view: View, diagnosis: Diagnosis, choices: VerdictOptions, detailed: int
) -> MessageBuilder:
    """Blocks of the verdict with steps and evidence for *detailed* causes, and the names of all."""
    builder = MessageBuilder()
    builder.last(*_buttons(run_header, view, diagnosis, choices), footer(run_header))
    builder.add(header(headline(view, diagnosis, resolved=choices.resolved)), byline(run_header))
    for block in side_blocks(view.vantages) if view.vantages else ():
        builder.add(block)
    if len(view.found) > 1 and not (view.vantages and view.vantages.compared):
        builder.add(
            rich(bullets(([run(_named(found), 200, bold=True)] for found in view.found), ordered=True))
        )
    if diagnosis.outcome == "found":
        _add_found(builder, run_header, view, choices, detailed)
    else:
        _add_open(builder, view, diagnosis, part=choices.part)
    builder.add(*risk_blocks(view, choices.platform))
    if diagnosis.next_question and not choices.part:
        builder.add(DIVIDER, *question(run_header, diagnosis.next_question))
    builder.add(*unchecked_block(view.vantages), *_rest(diagnosis, view))
    return builder


def headline(view: View, diagnosis: Diagnosis, *, resolved: bool = False) -> str:
    """Return the outcome in one line, with its sign."""
    text = f"Resolved: {view.headline[:1].lower()}{view.headline[1:]}" if resolved else view.headline
    return f"{SIGNS[diagnosis.outcome]} {text}"


def in_text(view: View, diagnosis: Diagnosis, choices: VerdictOptions) -> str:
    """Return the verdict as text: every cause, the customer message, the fixes, the open question."""
    parts = [view.headline + ".", *sides_in_text(view.vantages)]
    if len(view.found) > 1 and not (view.vantages and view.vantages.compared):
        parts.append(f"{'; '.join(text_limits.cut(_named(found), 120) for found in view.found)}.")
    parts += [f"Tell the customer: {text_limits.cut(text, 400)}" for text in view.customer[:4]]
    steps = [text_limits.cut(first_step(found, choices.platform), 250) for found in view.advised[:4]]
    parts += [f"To do: {step}" for step in dict.fromkeys(steps) if step]
    parts += [text_limits.cut(text, 150) for text in risks_in_text(view)]
    if diagnosis.possible:
        parts.append(
            f"Possible: {'; '.join(text_limits.cut(judged.title, 120) for judged in diagnosis.possible)}."
        )
    if diagnosis.next_question:
        parts.append(f"Still to answer: {text_limits.cut(diagnosis.next_question.ask, 300)}")
    return " ".join(text_limits.line(part) for part in parts)


def _add_found(
    builder: MessageBuilder, header: RunHeader, view: View, choices: VerdictOptions, detailed: int
) -> None:
    single = len(view.found) == 1
    room = 700 if single else 350
    builder.add(
        rich(
            title("Tell the customer"), *(quotation(text, room) for text in view.customer[: max(detailed, 1)])
        )
    )
    place = "part" if choices.part else "verdict"
    builder.add(platform_choice(header, choices.platform, choices.platforms, place, "*What to do*"))
    for found in view.found[:detailed]:
        steps = remedies(
            found, choices.platform, lines=700 if _shows_code(view, choices) else 0, each=12 if single else 1
        )
        builder.add(rich(*([] if single else [title(_named(found) + _seen_from(found, view))]), *steps))
    for found in view.found[:detailed]:
        answer = _EVIDENCE if len(view.found) <= _FEW else 1
        builder.add(rich(title("Why" if single else f"Why: {found.title}"), *_why(found, answer)))


def _why(found: AdvisedCause, most: int) -> Iterator[Block]:
    texts = found.evidence[:most]
    if texts:
        yield bullets([run(text, 400)] for text in texts)
    left = len(found.evidence) - len(texts)
    if left > 0:
        yield paragraph(run(f"and {left} more under Evidence", italic=True))


def _add_open(builder: MessageBuilder, view: View, diagnosis: Diagnosis, *, part: bool) -> None:
    """Render a verdict without a cause: what that means, what is still possible, and the next steps."""
    builder.add(rich(title("Tell the customer"), *(quotation(text, 700) for text in view.customer)))
    if diagnosis.possible:
        builder.add(
            rich(title("It may be"), bullets(_judged(judged) for judged in diagnosis.possible[:_CAUSES]))
        )
    if diagnosis.unexplained:
        count = len(diagnosis.unexplained)
        looks = "One look" if count == 1 else f"{count} looks"
        builder.add(
            rich(paragraph(run(f"{looks} failed in a way that no known cause explains; see Evidence.")))
        )
    builder.add(
        rich(title("What helps now"), bullets([run(text)] for text in _helps(view, diagnosis, part=part)))
    )


def _helps(view: View, diagnosis: Diagnosis, *, part: bool) -> Iterator[str]:
    if diagnosis.outcome == "clear":
        yield "The relay speaks for its own network only. Is the user in the same one: same office, Wi-Fi and VPN?"
    elif view.vantages and view.vantages.missing:
        yield "Test again when the relay is back, or from another one in the same network."
    else:
        yield "Choose a relay inside the user's network: only that can clear or convict it."
    if diagnosis.next_question and not part:
        yield "Answer the question below, if you can: it narrows things down without another test."
    yield "Let the app run the SDK's own test (see Preflight), and compare what it says."


def _judged(judged: Judged) -> list[Block]:
    return (
        [run(judged.title, 150, bold=True), run(f": {judged.because}", 300)]
        if judged.because
        else [run(judged.title, 150)]
    )


def _rest(diagnosis: Diagnosis, view: View) -> list[Block]:
    """List the other judgments in small text."""
    ruled = [judged.title for judged in diagnosis.ruled_out]
    effects = [judged.title for judged in diagnosis.explained]
    unchecked = [name for group in view.not_checked for name in group.titles]
    lines = [
        _listed("Gone with it", effects),
        _listed("Possible too", [judged.title for judged in diagnosis.possible] if diagnosis.found else []),
        _listed("Ruled out", ruled),
        _listed("Not checked", unchecked),
    ]
    texts = [text for text in lines if text]
    return [context(*texts)] if texts else []


def _listed(name: str, titles: Sequence[str]) -> str:
    if not titles:
        return ""
    visible = "; ".join(text_limits.quote(text_limits.line(text), 80) for text in titles[:4])
    more = f"; and {len(titles) - 4} more" if len(titles) > 4 else ""
    return f"*{name} ({len(titles)}):* {visible}{more}"


def _buttons(header: RunHeader, view: View, diagnosis: Diagnosis, choices: VerdictOptions) -> Iterator[Block]:
    found, steps = bool(diagnosis.found), bool(diagnosis.found or diagnosis.risks)
    if choices.part:
        yield row(*_to_read(header, choices, steps=steps))
        return
    again = button(
        "again",
        "I fixed it: test again" if found else "Test again",
        header.asked,
        style="primary",
        speak="Run the same case again and say what changed",
    )
    *main, tree = _to_read(header, choices, steps=steps)
    yield row(again, *main)
    more = [tree]
    if choices.earlier:
        more.append(button("compare", "Compare with the run before", header.asked))
    if choices.views:
        more.append(select("view", "See one relay's verdict", [(name, name) for name in choices.views]))
    if choices.relays:
        more.append(select("relay", "Look from another relay", [(name, name) for name in choices.relays]))
    yield row(*more, block_id=block_id("relay", header.asked))
    if found:
        yield _feedback(header, choices.judged)


def _to_read(header: RunHeader, choices: VerdictOptions, *, steps: bool) -> Iterator[Block]:
    """Make the buttons that open parts of this run; the decision path is last."""
    platform = {"platform": choices.platform}
    yield button("evidence", "Evidence", header.asked, speak="Show the evidence for engineers")
    if steps:
        yield button("fixes", "Steps with code", header.asked, values=platform)
    yield button("preflight", "Preflight", header.asked, values=platform)
    yield button("ticket", "Copy for the ticket", header.asked)
    yield button(
        "tree", "How it was decided", header.asked, speak="Show the questions and answers as a picture"
    )


def _feedback(header: RunHeader, judged: str) -> Block:
    if judged:
        text = "that was it" if judged == "right" else "that was not it"
        return context(f"Thank you: noted as “{text}”. It counts for the next verdicts.")
    return row(
        button("right", "That was it", header.asked, speak="The verdict was right"),
        button("wrong", "That was not it", header.asked, speak="The verdict was wrong"),
    )


def _shows_code(view: View, choices: VerdictOptions) -> bool:
    """Whether the verdict includes code to copy: for one cause on one platform."""
    return len(view.found) == 1 and bool(choices.platform)


def _seen_from(found: AdvisedCause, view: View) -> str:
    relays = view.vantages.seen_from.get(found.id, "") if view.vantages else ""
    return f" (from {text_limits.cut(relays, 80)})" if relays else ""


def _named(found: AdvisedCause) -> str:
    return found.title if found.confidence == "certain" else f"{found.title} (likely)"


_MOST: Final = 10  # answers in one row


def question(header: RunHeader, asked: NextQuestion) -> list[Block]:
    """Render the question with one button per answer, and one for "I don't know"."""
    labels = [(answer, _capital(says or answer)) for answer, says in asked.choices[:_MOST]]
    more = {"option": asked.option, "question": asked.question}
    dunno = button("answer", "I don't know", header.asked, values=more)
    return [
        section(f"*One question:* {text_limits.quote(asked.ask, 1_000)}"),
        row(*numbered("answer", labels, header.asked, "answer", more), dunno),
    ]


def ask(header: RunHeader, asked: NextQuestion) -> Message:
    """Render the question as a separate message in the thread."""
    builder = MessageBuilder()
    builder.last(footer(header, "anybody in this thread may answer"))
    builder.add(*question(header, asked))
    answers = ", ".join(text_limits.cut(says or answer, 80) for answer, says in asked.choices[:_MOST])
    return builder.message(f"One question: {asked.ask} Answers: {answers}, or I don't know.")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
