"""Render the SDK's own preflight test: its call, needs, steps, code, and how to read its report.

Pure: no network, no clock. What all platforms share comes first, once.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from bot.rendering.terminal.console import Line
from bot.rendering.terminal.diagnosis import code_lines, items, section
from knowledge.model.advice import Guide

TITLE: Final = "The SDK's own test, inside the app"


def render_guides(guides: Sequence[Guide]) -> Iterator[Line]:
    """Render *guides* in full: first what all of them share, then each."""
    lists = [_lists(guide) for guide in guides]
    shared = {
        title: [text for text in lists[0][title] if all(text in each[title] for each in lists)]
        for title in (lists[0] if len(guides) > 1 else {})
    }
    yield from section(f"{TITLE}: every platform", _subs(shared))
    for guide, own in zip(guides, lists, strict=True):
        rest = {
            title: [text for text in texts if text not in shared.get(title, ())]
            for title, texts in own.items()
        }
        yield from section(f"{TITLE}: {guide.title}", _guide(guide, rest))


def _lists(guide: Guide) -> dict[str, Sequence[str]]:
    return {
        "Needs": guide.needs,
        "Steps": guide.steps,
        "How to read the report": guide.read,
        "Beware": guide.traps,
    }


def _guide(guide: Guide, texts: dict[str, list[str]]) -> Iterator[Line]:
    yield Line(f"{guide.call}, since {guide.since}", indent=2)
    before = {title: texts[title] for title in ("Needs", "Steps")}
    yield from _subs(before)
    for sample in guide.samples:
        yield from code_lines(sample.code, sample.note, sample.title)
    yield from _subs({title: lines for title, lines in texts.items() if title not in before})


def _subs(texts: dict[str, list[str]]) -> Iterator[Line]:
    for title, lines in texts.items():
        if lines:
            yield Line(title, "underline", indent=2)
            yield from _numbered(lines) if title == "Steps" else items(lines)


def _numbered(lines: Sequence[str]) -> Iterator[Line]:
    for number, text in enumerate(lines, 1):
        yield Line(text, indent=2, mark=f"{number}.")
