"""Answer what a case covers: where its checks ran, with which code and edge, what the line can do, and who is affected.

Pure: no network, no clock. Says only what was observed; what was not checked is called that.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from bot.language.case_checks import where_checked
from bot.language.case_context import CaseContext

Found: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]  # sentences, and ids of passages to go after them
# Whether a question is of this kind, and what answers it.
Rule: TypeAlias = tuple[Callable[[str], object], Callable[[CaseContext], Found]]

_AFFECTED: Final = re.compile(
    r"\b(?:everyone|everybody|all (?:the |of )?(?:users|agents|people|them|staff|calls)|"
    r"other (?:users|agents|people|staff)|others|whole (?:office|site|team|company|building)|"
    r"(?:only|just) (?:her|him|this (?:user|one|agent|person)|one (?:user|agent)))\b|"
    r"\b(?:is|are|who else is)\b[^.?]{0,40}\b(?:affected|hit)\b"
)
_LINE: Final = re.compile(
    r"\b(?:line|connection|link|internet|network|wi-?fi|bandwidth)\b[^.?]{0,20}"
    r"\b(?:good|fast|ok|okay|fine|enough|strong|stable|sufficient|cope|handle|carry|take|big|healthy)\b[^.?]*"
    r"\b(?:calls?|agents?|seats?|people|users?|voice)\b"
)
_PLACE: Final = re.compile(
    r"\b(?:where|from where|which (?:network|place|site))\b[^.?]{0,20}"
    r"\b(?:test\w*|check\w*|r[ua]n|measur\w+|look\w*|prob\w+|(?:it|this|that) (?:from|come))\b|"
    r"\b(?:tested|checked|measured|probed|ran)\b[^.?]{0,12}\bfrom (?:where|which)\b|"
    r"\b(?:is|was|are|were) (?:this|that|it|these|the (?:test|check|result|run)s?)\b[^.?]{0,15}\b(?:from|inside|in|on) "
    r"(?:their|his|her|the (?:user|customer|agent|client)(?:'s|s)?|our) (?:own )?(?:network|office|site|lan|side)"
)
_WITH: Final = re.compile(
    r"\b(?:which|what) (?:edge|platform|sdk|code|region)\b[^.?]{0,15}\b(?:was|were|did|is) "
    r"(?:this|that|it|you|used|tested|checked|diagnosed)\b"
)
_LOST: Final = re.compile(
    r"\b(?:which|what) (?:hop|router|box)\b|\bwhere\b[^.?]{0,25}"
    r"\b(?:dropp?\w*|lost|los(?:e|es|ing)|block\w*|stops?|dies?|rejected|disappear\w*|get stuck)\b"
)
_HERE: Final = re.compile(r"\b(?:it|this|that|these|those|here|there|they|them|the \w+)\b")
_OF_A_CASE: Final = re.compile(
    r"\b(?:fix\w*|chang\w+|causes?|problems?|issues?|wrong|results?|found|verdict|errors?|fail\w*|block\w*|exempt\w*|"
    r"allow\w*|open\w*|risk\w*|urgent|bad|serious|bugs?|known|normal|happen\w*|solutions?|solv\w+|wait|refus\w+|"
    r"affect\w*|explain\w*|mean\w*|firewall|network|diagnosis|diagnosed|summary|conclusion|maintenance)\b"
)
_QUESTION: Final = re.compile(
    r"\?|^\W*(?:(?:so|and|ok)\W+)*(?:is|are|does|do|will|would|who|how|could|can|has|have)\b"
)


def in_network(about: CaseContext) -> bool:
    """Tell whether the team that manages the network has to act first."""
    return about.owners[:1] == ("firewall",)


def what_was_found(about: CaseContext) -> str:
    """Return what was found, in one sentence."""
    return f"Found here: {'; '.join(about.titles[cause].rstrip('.') for cause in about.found)}."


def points_here(lower: str) -> bool:
    """Tell whether *lower* seems to be about the case, although no rule knows what it asks."""
    return bool(_HERE.search(lower) and _OF_A_CASE.search(lower))


def in_short(about: CaseContext) -> tuple[str, ...]:
    """Return what was found and what can be passed on, or that nothing was found."""
    if about.found:
        return what_was_found(about), *about.customer
    return ("No check found a problem so far.", *where_checked(about))


def answer_from_scope(lower: str, about: CaseContext) -> Found:
    """Return sentences that answer *lower*, and the ids of general passages to go after them; both may be empty."""
    return first_answer(_KINDS, lower, about)


def first_answer(rules: Iterable[Rule], lower: str, about: CaseContext) -> Found:
    """Return what the first of *rules* for *lower* answers; nothing if there is none."""
    return next((answer(about) for asks, answer in rules if asks(lower)), ((), ()))


def _affected(about: CaseContext) -> Found:
    """Say whether other people have the same problem."""
    if in_network(about):
        return (what_was_found(about), "It is in the network, so others there probably have it, too."), ()
    if about.found:
        return (what_was_found(about), "Whether others are affected was not checked."), ()
    return (
        "No check found a problem that others in this network would have, too.",
        *where_checked(about),
    ), ()


def _lost(about: CaseContext) -> Found:
    """Say where packets are lost, as far as the evidence names a hop."""
    if not about.found:
        return ("No check of this case lost packets on its path.", *where_checked(about)), ()
    named = any(" hop" in text for text in about.evidence)
    unknown = () if named else ("The checks do not show which hop does it.",)
    return (what_was_found(about), *about.evidence, *unknown), ()


def _line(about: CaseContext) -> Found:
    """Give the line's figures. How much it can carry is not measured."""
    measured = (
        f"Measured here: {about.measured}." if about.measured else "The line was not measured in this case."
    )
    return (measured, "How many calls it can carry at a time was not measured."), ("bandwidth",)


def _place(about: CaseContext) -> Found:
    return tuple(f"{name}: {place}." for name, place, _ in about.relays), ()


def _with(about: CaseContext) -> Found:
    known = {"code": about.code, "platform": about.platform, "edge": about.edge}
    named = ", ".join(f"{name} {value}" for name, value in known.items() if value)
    return (f"This case is about {named}.",) if named else (), ()


_KINDS: Final[tuple[Rule, ...]] = (
    (_PLACE.search, _place),
    (_WITH.search, _with),
    (_LOST.search, _lost),
    (lambda lower: _QUESTION.search(lower) and _LINE.search(lower), _line),
    (lambda lower: _QUESTION.search(lower) and _AFFECTED.search(lower), _affected),
)
