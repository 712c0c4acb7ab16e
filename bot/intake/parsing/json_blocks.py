"""Find JSON, or nearly JSON, in a text, and the maps in it that are preflight reports.

Pure. The work is bounded for any text. What cannot be read within the limits is skipped.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.intake.parsing.fields import folded, folded_text
from bot.intake.parsing.loose_json import load_strict, parse

ENOUGH: Final = 3  # points from which a map counts as a report

# The points of each key.
_POINTS: Final[Mapping[str, int]] = {
    "isturnrequired": 3, "icecandidatestats": 3, "statssamples": 3, "selectedicecandidatepairstats": 3,
    "selectedicecandidatepair": 3, "selectededge": 2, "networktiming": 2, "networktimings": 2, "networkstats": 2,
    "icecandidates": 2, "callquality": 2, "testtiming": 2, "preflighttest": 2, "warningscleared": 2, "callsid": 1,
    "edge": 1, "stats": 1, "samples": 1, "totals": 1, "warnings": 1,
}  # fmt: skip

# The Voice Diagnostics Tool's test of the bandwidth has times as well, and makes no call.
_BANDWIDTH: Final = "averagebitrate"

_BEFORE: Final = 200  # characters that may precede the JSON in a text inside JSON
_NODES: Final = 4_000  # maps and lists that are searched
_DEEP: Final = 10
_TRIES: Final = 5_000  # positions at which a value is tried
_WORK: Final = 3  # times the length of the text, spent on failed attempts
_RECURSION: Final = 5_000  # characters of work if brackets are nested too deeply
_REPORTS: Final = 12  # per text

_STRICT_START: Final = re.compile(
    r"\{\s*[\"}]|\[\s*(?:[\"\[{\]]|-?\d[\d.eE+-]{0,30}\s*[,\]]|(?:true|false|null|NaN|-?Infinity)\b)"
)
_BRACKET: Final = re.compile(r"[{\[]")
_TAG: Final = re.compile(r"\[[\w .:$#/-]{0,80}\]")  # of a logger: words without quotes or commas


def score(value: Any) -> int:
    """Count the points of a map."""
    if not isinstance(value, dict):
        return 0
    keys = {folded(key) for key in list(value)[:200]}
    if _BANDWIDTH in keys:
        return 0
    return sum(_POINTS[key] for key in keys & _POINTS.keys())


@dataclass(frozen=True, slots=True)
class JsonBlock:
    """A value in a text: where it starts and ends, and the maps in it that are reports."""

    value: Any
    cut: bool  # truncated, or with gaps
    start: int
    end: int
    reports: Sequence[tuple[Mapping[str, Any], Any]] = ()


def find_blocks(forms: Sequence[str]) -> tuple[str, tuple[JsonBlock, ...]]:
    """Find the values in the first of *forms* that contains a report, or else in the first with any value.

    *forms* are the same text, first unchanged and then cleaned. Strict JSON is tried first. Returns also the
    form that the positions refer to.
    """
    best: tuple[str, tuple[JsonBlock, ...]] = (forms[0], ())
    search = _may_hold_report(forms[0])
    tries = [*((form, strict_values) for form in forms), *((form, loose_values) for form in reversed(forms))]
    for form, values in tries:
        blocks = tuple(values(form, search=search))
        if any(block.reports for block in blocks):
            return form, blocks
        if not best[1]:
            best = form, tuple(block for block in blocks if block.value)
        if best[1] and not search:
            break
    return best


def _may_hold_report(text: str) -> bool:
    """Tell whether *text* has the keys of a report somewhere. A long log has none, and is read in half the time."""
    letters = folded_text(text)
    return sum(points for key, points in _POINTS.items() if key in letters) >= ENOUGH


def strict_values(text: str, *, search: bool = True) -> Iterator[JsonBlock]:
    """Yield the outermost values of *text* that are strict JSON. Reports are looked for with *search*."""
    at, tries, work = 0, 0, 0
    while tries < _TRIES and work < _WORK * len(text) + 20_000 and (start := _strict_start(text, at)) >= 0:
        tries += 1
        try:
            value, at = load_strict(text, start)
        except (ValueError, RecursionError) as error:
            work += getattr(error, "pos", start + _RECURSION) - start
            at = start + 1
        else:
            yield JsonBlock(value, False, start, at, reports_in(value) if search else ())


def loose_values(text: str, *, search: bool = True) -> Iterator[JsonBlock]:
    """Yield the values of *text* that are nearly JSON. Reports are looked for with *search*."""
    at, tries, work = 0, 0, 0
    while tries < _TRIES and work < len(text) + 20_000 and (start := _bracket(text, at)) >= 0:
        if tag := _TAG.match(text, start):
            at = tag.end()
            continue
        tries += 1
        value, end, cut = parse(text, start)
        work += end - start
        at = end if not cut or score(value) >= ENOUGH else start + 1
        if value:
            yield JsonBlock(value, cut, start, min(end, len(text)), reports_in(value) if search else ())


def _strict_start(text: str, at: int) -> int:
    """Find where the next strict value may begin. A failed attempt costs far more than this search."""
    found = _STRICT_START.search(text, at)
    return found.start() if found else -1


def _bracket(text: str, at: int) -> int:
    """Find where the next value may begin."""
    found = _BRACKET.search(text, at)
    return found.start() if found else -1


def reports_in(value: Any) -> list[tuple[Mapping[str, Any], Any]]:
    """List the maps inside *value* that are reports, with the map around each, outermost first."""
    found: list[tuple[Mapping[str, Any], Any]] = []
    waiting: list[tuple[Any, Any, int]] = [(value, None, 0)]
    looked = 0
    while waiting and looked < _NODES and len(found) < _REPORTS:
        item, around, depth = waiting.pop(0)
        looked += 1
        if isinstance(item, str):
            item = _written_json(item)
        if isinstance(item, dict):
            inner = _better_inside(item)
            if score(item) >= ENOUGH and inner is None:
                found.append((item, around))
                continue
            waiting += [
                (child, item, depth + 1) for child in list(item.values())[:200] if _worth(child, depth)
            ]
        elif isinstance(item, list):
            waiting += [(child, around, depth + 1) for child in item[:200] if _worth(child, depth)]
    return found


def _worth(value: Any, depth: int) -> bool:
    return depth < _DEEP and isinstance(value, (dict, list, str)) and bool(value)


def _better_inside(item: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return a nested map that is more of a report than the map itself."""
    own = score(item)
    inside = (child for child in list(item.values())[:100] if isinstance(child, dict))
    return next((child for child in inside if score(child) >= max(ENOUGH, own)), None)


def _written_json(text: str) -> Any:
    """Return the value of a text that is JSON itself, as in doubly encoded JSON."""
    start = text.find("{", 0, _BEFORE)
    if start < 0 or len(text) < 20:
        return None
    try:
        return load_strict(text, start)[0]
    except (ValueError, RecursionError):
        return None
