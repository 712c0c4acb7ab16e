"""The labeled blocks of the short answer, and how much of them fits.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.rendering.customer_text import split_sentences, without_asides
from bot.rendering.terminal.console import Line
from knowledge.model.advice import AdvisedCause

ROLES: Final = {"firewall": "Firewall", "developer": "Developer", "support": "Support", "user": "User"}
_LABEL: Final = 10  # width of the labels on the left


@dataclass(frozen=True, slots=True)
class AnswerRoom:
    """How much the answer says, and how far its blocks are apart."""

    roles: int
    sentences: int  # of evidence for each cause
    gaps: int  # empty lines: 2 between all blocks, 1 without those around the evidence, 0 only where needed
    brief: bool = False  # without asides


# The first that fits.
TRIES: Final = (
    AnswerRoom(2, 2, 2),
    AnswerRoom(2, 1, 2),
    AnswerRoom(1, 1, 2),
    AnswerRoom(1, 1, 1),
    AnswerRoom(1, 1, 0),
    AnswerRoom(1, 1, 0, brief=True),
)


def block(label: str, texts: Iterable[str | tuple[str, str]], *, gap: bool = True) -> Iterator[Line]:
    """Put *label* beside *texts*, after an empty line; a pair has a second label. Nothing without texts."""
    for number, text in enumerate(texts):
        if number == 0 and gap:
            yield Line()
        second, body = text if isinstance(text, tuple) else ("", text)
        mark = ("" if number else label).ljust(_LABEL)
        yield Line(body, mark=f"{mark} {second.ljust(_LABEL)}" if second or body is not text else mark)


def numbered(texts: Sequence[str]) -> list[str]:
    """Number *texts* if there are several."""
    several = len(texts) > 1
    return [f"{number}. {text}" if several else text for number, text in enumerate(texts, 1) if text]


def evidence_of(causes: Sequence[AdvisedCause], room: AnswerRoom) -> list[str]:
    """One line per cause; a single cause may have more sentences."""
    count = room.sentences if len(causes) == 1 else 1
    texts = [" ".join(cause.evidence[:count]) for cause in causes]
    return [_brief(text) for text in texts] if room.brief else texts


def _brief(text: str) -> str:
    """Return *text* without what is in parentheses and what comes after a semicolon."""
    main = without_asides(text).partition("; ")[0]
    return main if main.endswith(".") else f"{main}."


def steps_of(causes: Sequence[AdvisedCause], room: AnswerRoom) -> list[tuple[str, str]]:
    """The first step of each role, or of each cause if there are several, grouped by role."""
    several = len(causes) > 1
    found: list[tuple[str, str]] = []
    for number, cause in enumerate(causes, 1):
        by_role: dict[str, str] = {}
        for fix in cause.fixes:
            by_role.setdefault(ROLES.get(fix.who, fix.who), split_sentences(fix.do)[0])
        for role, text in list(by_role.items())[: 1 if several else room.roles]:
            text = without_asides(text) if room.brief else text
            found.append((role, f"{number}. {text}" if several else text))
    order = list(dict.fromkeys(role for role, _ in found))
    grouped = sorted(found, key=lambda item: order.index(item[0]))
    return [
        ("" if number and grouped[number - 1][0] == role else role, text)
        for number, (role, text) in enumerate(grouped)
    ]
