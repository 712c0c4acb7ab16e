"""Fixes by role, for one platform or for all.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import (
    Block,
    bullets,
    code,
    context,
    header,
    link,
    paragraph,
    rich,
    run,
    runs,
    section,
    title,
)
from bot.rendering.blocks.elements import block_id, select
from bot.rendering.blocks.message import Message, MessageBuilder, first_that_fits
from bot.rendering.blocks.run_header import RunHeader, footer
from bot.rendering.marks import WHO
from bot.rendering.view import View
from knowledge.model.advice import AdvisedCause, AdvisedFix

ALL: Final = "all"  # the option for all platforms: an option's value may not be empty
LONG: Final = "The lines to copy are too long for here: see Fix steps, or Everything as JSON under Evidence."
_TIMES: Final = 12  # fixes per cause
_FEW: Final = 4  # causes; with more than that, code is left out
_MANY: Final = 12  # causes; with more than that, one step per role is shown
_DO: Final = 600
_SHORT: Final = (0, 400, 150)  # characters of a step where all steps do not fit; 0: all steps


def fixes(run_header: RunHeader, view: View, platform: str, platforms: Sequence[tuple[str, str]]) -> Message:
    """Render all fixes for *platform* (an id; empty: all), with code to copy."""
    name = dict(platforms).get(platform, platform) or "every platform"
    builder = first_that_fits(
        _fixes_blocks(run_header, view, platform, platforms, name, short) for short in _SHORT
    )
    text = "; ".join(f"{found.title}: {first_step(found, platform)}" for found in view.advised)
    return builder.message(
        f"What to do on {name}. {text or 'No cause was found.'}",
        "Not everything fits here; choose one platform, or copy the whole text for the ticket.",
    )


def _fixes_blocks(
    run_header: RunHeader,
    view: View,
    platform: str,
    platforms: Sequence[tuple[str, str]],
    name: str,
    short: int,
) -> MessageBuilder:
    """Blocks with all steps, or with *short* characters of the first step of each cause."""
    builder = MessageBuilder()
    builder.last(footer(run_header))
    builder.add(header(f"What to do on {name}"))
    builder.add(platform_choice(run_header, platform, platforms, "fixes", "*Choose another platform:*"))
    if short:
        steps = [(found.title, first_step(found, platform)) for found in view.advised]
        builder.add(
            rich(bullets([run(title_, 150, bold=True), run(f" {do}", short)] for title_, do in steps))
        )
        return builder
    few = len(view.advised) <= _FEW
    each = _TIMES if few else 2 if len(view.advised) <= _MANY else 1
    for found in view.advised:
        room = 2_500 if len(view.advised) == 1 else 900 if few else 0
        blocks = [*remedies(found, platform, room, each), *_read_on(found)]
        builder.add(rich(title(found.title), *blocks)) or builder.add(
            rich(title(found.title), *remedies(found, platform, lines=0, each=1))
        )
    if not view.advised:
        builder.add(context("No cause was found, so there is nothing to fix yet."))
    return builder


def platform_choice(
    header: RunHeader, platform: str, platforms: Sequence[tuple[str, str]], place: str, label: str
) -> Block:
    """A line with a select for the platform; *label* is our markup, *place* says which message the choice changes."""
    options = [(ALL, "Every platform"), *platforms]
    chosen = platform or ALL
    accessory = select("platform", "Choose a platform", options, chosen)
    return section(label, accessory, block_id("platform", header.asked, place))


def remedies(found: AdvisedCause, platform: str, lines: int, each: int = _TIMES) -> list[Block]:
    """List fixes by role, the first *each* per role, with at most *lines* characters of code (0: none)."""
    blocks: list[Block] = []
    fitting = [fix for fix in found.fixes if for_platform(fix, platform)]
    ordered = sorted(fitting[:_TIMES], key=lambda fix: [*WHO, fix.who].index(fix.who))
    for who, theirs in groupby(ordered, key=lambda fix: fix.who):
        blocks.append(paragraph(run(f"{WHO.get(who, who)}:", 80, italic=True)))
        blocks += _steps([*theirs][:each], lines)
    return blocks


def for_platform(fix: AdvisedFix, platform: str) -> bool:
    """Whether *fix* applies to *platform*; without a platform, every fix does."""
    return not platform or not fix.platforms or platform in fix.platforms


def first_step(found: AdvisedCause, platform: str = "") -> str:
    """Return the first fix, in one or two sentences."""
    fitting = [fix for fix in found.fixes if for_platform(fix, platform)]
    return fitting[0].do if fitting else ""


def _steps(theirs: Sequence[AdvisedFix], lines: int) -> list[Block]:
    """Render fixes as bullets with code between them; a fix for several platforms appears once."""
    blocks: list[Block] = []
    for do, same in groupby(theirs, key=lambda fix: fix.do):
        variants = list(same)
        blocks.append(bullets([runs(do + _only(variants), _DO)]))
        for fix in variants if lines else ():
            blocks += _lines(fix, lines, several=len(variants) > 1)
    return blocks


def _only(variants: Iterable[AdvisedFix]) -> str:
    names = dict.fromkeys(name for fix in variants for name in fix.platforms)
    return f" ({', '.join(names)})" if names and not any(fix.code for fix in variants) else ""


def _lines(fix: AdvisedFix, most: int, *, several: bool) -> list[Block]:
    if not fix.code.strip():
        return []
    blocks = [paragraph(run(f"{', '.join(fix.platforms)}:", 80))] if several else []
    if text_limits.size(fix.code) > most:  # half a list of rules is worse than none
        return [*blocks, paragraph(run(LONG, italic=True))]
    blocks.append(code(fix.code, most))
    return [*blocks, paragraph(run(fix.note, 400, italic=True))] if fix.note else blocks


def _read_on(found: AdvisedCause) -> list[Block]:
    if not found.references:
        return []
    links = [[link(reference.url, reference.title)] for reference in found.references[:4]]
    return [paragraph(run("Read more:", italic=True)), bullets(links)]
