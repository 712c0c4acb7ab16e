"""Find signs in a text: messages of machines and turns of speech that point to a cause more clearly than their words.

Pure, except that it reads `signs.yaml`. Works on any text; a pattern never looks beyond one line.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from knowledge.loading.yaml_lines import parse_yaml
from knowledge.search.small_letters import CaselessPattern

LONGEST: Final = 8_000  # characters; a story with its log lines is shorter
_HOST: Final = re.compile(
    r"\b(?!(?:com|org|net|io)\.)(?:[a-z0-9-]{1,63}\.){1,6}(?:com|net|org|io|dev|cloud|local|example|de|uk|eu)\b(?!\.\w)",
    re.IGNORECASE,
)
_FILE: Final = Path(__file__).parent / "signs.yaml"


@dataclass(frozen=True, slots=True)
class Sign:
    """One line of the file: when it holds, and what it speaks for."""

    any: tuple[CaselessPattern, ...]
    all: tuple[CaselessPattern, ...]
    unless: tuple[CaselessPattern, ...]
    codes: frozenset[str]
    points: Mapping[str, float]
    against: tuple[str, ...]
    platform: str
    decides: bool
    opens: bool
    of_host: bool

    def holds(self, text: str, codes: Collection[str]) -> bool:
        """Tell whether *text*, which names *codes*, has this sign."""
        if self.codes and self.codes.isdisjoint(codes):
            return False
        if self.any and not self.is_in(text):
            return False
        if not all(pattern.search(text) for pattern in self.all):
            return False
        return not any(pattern.search(text) for pattern in self.unless)

    def is_in(self, text: str) -> bool:
        """Tell whether *text* has one of the forms of this sign."""
        return any(pattern.search(text) for pattern in self.any)

    @property
    def main(self) -> str:
        """The cause that this sign speaks for most."""
        return max(self.points, key=lambda name: self.points[name])


@dataclass(frozen=True, slots=True)
class Signs:
    """Everything that the signs of one text say together."""

    points: Mapping[str, float] = field(default_factory=dict)  # cause: points, negative if spoken against
    named: frozenset[str] = frozenset()  # causes that a machine's message names, even in passing
    decided: frozenset[str] = frozenset()  # those of them whose message was seen
    platform: str = ""
    opened: frozenset[str] = frozenset()  # codes that have several causes in this context


_AGAINST: Final = -1.2  # more than the words of a text usually give


def find_signs(text: str, codes: Collection[str] = (), log: str = "", firsthand: str | None = None) -> Signs:
    """Find the signs in *text*, which names *codes*, and in the lines of a *log* that concern no other service.

    Only the log and the *firsthand* part of the text (all of it, unless given) decide.
    """
    lines = _without_other_hosts(log)
    decisive = "\n".join([text if firsthand is None else firsthand, *lines])
    searched = "\n".join([text[:LONGEST], *lines])
    of_ours = "\n".join([*_without_other_hosts(text), *lines])
    present = [sign for sign in _signs() if sign.holds(of_ours if sign.of_host else searched, codes)]
    points: dict[str, float] = {}
    for sign in present:
        for cause, value in sign.points.items():
            points[cause] = max(points.get(cause, 0.0), value)
    for cause in {cause for sign in present for cause in sign.against}:
        points[cause] = points.get(cause, 0.0) + _AGAINST
    deciding = [sign for sign in present if sign.decides and sign.points]
    named = frozenset(sign.main for sign in deciding)
    decided = frozenset(sign.main for sign in deciding if sign.is_in(decisive))
    platforms = {sign.platform for sign in present if sign.platform}
    opened = frozenset(code for sign in present if sign.opens for code in sign.codes & {*codes})
    return Signs(points, named, decided, platforms.pop() if len(platforms) == 1 else "", opened)


def _without_other_hosts(text: str) -> list[str]:
    """Return the lines of *text* that do not name only hosts of other services."""
    lines = text[:LONGEST].split("\n")
    return [line for line in lines if "twilio" in line.casefold() or not _HOST.search(line)]


def known_causes() -> frozenset[str]:
    """Return every cause that the file names."""
    return frozenset(cause for sign in _signs() for cause in (*sign.points, *sign.against))


@cache
def _signs() -> tuple[Sign, ...]:
    lines: Any = parse_yaml(_FILE.read_bytes(), "knowledge/search/signs.yaml").value
    return tuple(_sign(line) for line in lines)


def _sign(line: Mapping[str, Any]) -> Sign:
    return Sign(
        any=_patterns(line.get("any", ())),
        all=_patterns(line.get("all", ())),
        unless=_patterns(line.get("unless", ())),
        codes=frozenset(map(str, line.get("codes", ()))),
        points={str(cause): float(value) for cause, value in line.get("for", {}).items()},
        against=tuple(map(str, line.get("against", ()))),
        platform=str(line.get("platform", "")),
        decides=bool(line.get("decides", False)),
        opens=bool(line.get("opens", False)),
        of_host=bool(line.get("of_host", False)),
    )


def _patterns(lines: Iterable[str]) -> tuple[CaselessPattern, ...]:
    return tuple(map(CaselessPattern, lines))
