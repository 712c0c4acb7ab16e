"""The verdict: one screen with the result, the customer message, who does what, and the evidence in one line.

Pure: no network, no clock. Everything else opens from the buttons: see `verdict_controls.py`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from bot.diagnosis.comparison_text import listed
from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import (
    Block,
    TextElement,
    bullets,
    context,
    header,
    lines,
    paragraph,
    quotation,
    rich,
    run,
    runs,
    title,
)
from bot.rendering.blocks.customer import customer_text
from bot.rendering.blocks.fixes import for_platform
from bot.rendering.blocks.message import Message, MessageBuilder, first_that_fits
from bot.rendering.blocks.risks import risk_blocks
from bot.rendering.blocks.run_header import RunHeader, byline, footer
from bot.rendering.blocks.vantage_summary import SIGNS, side_blocks
from bot.rendering.blocks.verdict_controls import VerdictOptions, feedback, verdict_row
from bot.rendering.blocks.verdict_text import in_text
from bot.rendering.customer_text import without_asides
from bot.rendering.marks import WHO
from bot.rendering.verdict_text import brief, named
from bot.rendering.view import WORKS_ELSEWHERE, View
from knowledge.model.advice import AdvisedCause, AdvisedFix
from knowledge.model.conclusions import Diagnosis
from knowledge.model.impact import Impact

# The sign of the severity, which the headline says in words.
SEVERITY: Final[dict[Impact, str]] = {
    "blocks": "\N{LARGE RED CIRCLE}",
    "degrades": "\N{LARGE ORANGE CIRCLE}",
    "risk": "\N{LARGE YELLOW CIRCLE}",
}
_ROLES: Final = {"firewall": "Firewall", "developer": "Developer", "support": "Support", "user": "User"}
_DETAILED: Final = (3, 1, 0)  # causes with evidence and a step: the first number that fits
_ROLES_SHOWN: Final = 2  # roles with a step
_POSSIBLE: Final = 3  # causes that are still possible, by name
_STEP: Final = 170  # characters of a step; the rest is under Fix steps
_WHY: Final = 170  # characters of a line of evidence
_SENTENCE: Final = re.compile(r"(?<=[a-z0-9)][.;:]) +(?=[A-Z])")


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
    """Blocks of the verdict with evidence and a step for *detailed* causes, and the names of all."""
    builder = MessageBuilder()
    builder.last(
        verdict_row(run_header, diagnosis, choices),
        *feedback(run_header, choices),
        _measured(run_header, diagnosis),
        footer(run_header),
    )
    sign = sign_of(view, diagnosis)
    builder.add(
        header(f"{sign} {_headline(view, resolved=choices.resolved)}"), byline(run_header, line=False)
    )
    for block in side_blocks(view.vantages) if view.vantages else ():
        builder.add(block)
    if len(view.found) > 1 and not (view.vantages and view.vantages.compared):
        builder.add(rich(bullets(_named(view.found, detailed), ordered=True)))
    builder.add(rich(quotation(customer_text(view), _room(view))))
    if diagnosis.found:
        builder.add(*_to_do(view.found[:detailed], choices))
    else:
        builder.add(*_open(view, diagnosis, choices))
    if len(view.found) == 1 and detailed:
        builder.add(*_why(view.found[0]))
    builder.add(*risk_blocks(view))
    return builder


def _headline(view: View, *, resolved: bool) -> str:
    text = brief(view.headline)
    return f"Fixed: {text[:1].lower()}{text[1:]}" if resolved else text


def sign_of(view: View, diagnosis: Diagnosis) -> str:
    """Return the sign of the verdict: of its outcome, or of the worst impact found."""
    if diagnosis.outcome != "found" or not view.found:
        return SIGNS[diagnosis.outcome]
    order = list(SEVERITY)
    return SEVERITY[min((found.impact for found in view.found), key=order.index)]


def _room(view: View) -> int:
    return 700 if len(view.found) < 2 else 900


def _named(causes: Sequence[AdvisedCause], detailed: int) -> Iterator[list[TextElement]]:
    """Name every cause, the first *detailed* ones with a sentence of evidence."""
    for number, found in enumerate(causes):
        why = found.evidence[:1] if number < detailed else ()
        yield [run(named(found), 150, bold=True), *(run(f". {_fitting(text)}", _WHY) for text in why)]


def _fitting(text: str) -> str:
    """Drop what is in parentheses from a *text* that would be cut off."""
    return text if len(text) < _WHY else without_asides(text)


def _why(found: AdvisedCause) -> list[Block]:
    """Give the first sentence of evidence, and where the packets are lost if that is known."""
    texts = found.evidence[: 2 if found.blocked_at else 1]
    return [rich(lines([[run(_fitting(text), _WHY, italic=True)] for text in texts]))] if texts else []


def _to_do(causes: Sequence[AdvisedCause], choices: VerdictOptions) -> list[Block]:
    """Say who does what: for one cause the first steps of two roles, for several the first step of each."""
    each = _ROLES_SHOWN if len(causes) == 1 else 1
    steps = [step for found in causes for step in list(_by_role(found, choices.platform))[:each]]
    rows = [
        [run(f"{_role(step, choices)}: ", bold=True), *runs(_first_sentence(step), _STEP)] for step in steps
    ]
    if len(causes) > 1:
        return [rich(title("Do this"), bullets(rows, ordered=True))] if rows else []
    return [rich(lines([[run("Do this: ", bold=True), *rows[0]], *rows[1:]]))] if rows else []


def _by_role(found: AdvisedCause, platform: str) -> Iterator[AdvisedFix]:
    """Yield the first step of each role, in the order of roles."""
    fitting = [fix for fix in found.fixes if for_platform(fix, platform)]
    for who in dict.fromkeys((*WHO, *(fix.who for fix in fitting))):
        yield from [fix for fix in fitting if fix.who == who][:1]


def _role(fix: AdvisedFix, choices: VerdictOptions) -> str:
    titles = dict(choices.platforms)
    names = [] if choices.platform else [titles.get(name, name) for name in fix.platforms]
    return f"{_ROLES.get(fix.who, fix.who)}{f' ({listed(names)})' if names else ''}"


def _first_sentence(fix: AdvisedFix) -> str:
    return _SENTENCE.split(fix.do, maxsplit=1)[0]


def _open(view: View, diagnosis: Diagnosis, choices: VerdictOptions) -> Iterator[Block]:
    """Say, for a verdict without a cause, what is still possible and what to do next."""
    if possible := diagnosis.possible[:_POSSIBLE]:
        names = "; ".join(judged.title for judged in possible)
        left = len(diagnosis.possible) - len(possible)
        more = f"; and {left} more" if left > 0 else ""
        yield rich(paragraph(run("It may be: ", bold=True), run(f"{names}{more}.", 500)))
    if count := len(diagnosis.unexplained):
        text = "One check failed" if count == 1 else f"{count} checks failed"
        yield rich(paragraph(run(f"{text}, and no known cause explains that: see Evidence.")))
    yield rich(paragraph(run("Next: ", bold=True), run(_next(view, diagnosis, choices))))


def _next(view: View, diagnosis: Diagnosis, choices: VerdictOptions) -> str:
    if view.vantages and view.vantages.disputes:
        return "Make sure that the relay and the customer's device are on the same network. Then test again."
    if diagnosis.outcome == "clear" and choices.checked:
        return "Ask the customer whether calls fail on the device and the network that ran the check."
    if diagnosis.outcome == "clear":
        says = WORKS_ELSEWHERE if view.works_elsewhere else ""
        return f"{says}Check that the user is on the same network as the relay: same office, Wi-Fi, and VPN."
    if view.vantages and view.vantages.missing:
        return "Test again when the relay is back, or from another one on the same network."
    if choices.link and not choices.checked:
        return "Send the customer a check link, or test from a relay in the user's network."
    return "Test from a relay in the user's network. Only that can confirm a cause or rule it out."


def _measured(header: RunHeader, diagnosis: Diagnosis) -> Block:
    """Say in small text what was measured of the line, and count the other judgments; Evidence lists them."""
    ruled, unchecked = len(diagnosis.ruled_out), len(diagnosis.not_checked)
    counts = f"{ruled} {'cause' if ruled == 1 else 'causes'} ruled out, {unchecked} not checked"
    return context(" · ".join(text_limits.quote(text, 400) for text in (header.line, counts) if text))
