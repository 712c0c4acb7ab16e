"""What a sentence must not contain: words to avoid, and more words than a reader can hold."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
LONGEST: Final = 30  # words
LONG: Final = "long sentence"

# What is not prose: code, addresses, targets of links, placeholders.
_CODE: Final = re.compile(r"``.+?``|`[^`]*`|https?://\S+|\]\([^)]*\)|\{[^{}]*\}|<[^<>\s]+>")


@dataclass(frozen=True, slots=True)
class Word:
    """A word to avoid, with what to use instead, and an example of each kind."""

    name: str
    pattern: re.Pattern[str]
    instead: str
    flagged: str
    allowed: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a sentence: the rule, the text that broke it, what to write instead."""

    rule: str
    match: str
    advice: str


@dataclass(frozen=True, slots=True)
class WordException:
    """A sentence that may use a word, and why."""

    word: str
    part: str
    reason: str


def load_words(path: Path = HERE / "words.tsv") -> tuple[Word, ...]:
    """Read the words to avoid."""
    rows = _read_table(path, 5)
    return tuple(Word(name, re.compile(regex, re.IGNORECASE), *rest) for name, regex, *rest in rows)


def load_exceptions(path: Path = HERE / "exceptions.tsv") -> tuple[WordException, ...]:
    """Read the sentences that may use a word."""
    return tuple(WordException(*row) for row in _read_table(path, 3))


def _read_table(path: Path, columns: int) -> Iterator[list[str]]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            row = line.split("\t")
            if len(row) != columns or not all(row):
                raise SystemExit(f"{path}:{number}: expected {columns} columns with tabs between them")
            yield row


def check_sentence(sentence: str, words: Iterable[Word]) -> Iterator[Finding]:
    """Find the words to avoid in *sentence*, and say when it is too long."""
    prose = _CODE.sub("`", sentence)
    for word in words:
        for match in word.pattern.finditer(prose):
            yield Finding(word.name, match[0], f"use {word.instead}")
    if (count := sum(any(map(str.isalnum, token)) or token == "`" for token in prose.split())) > LONGEST:
        yield Finding(LONG, "", f"{count} words; split it: {LONGEST} at most, better under 20")


def excuse(sentence: str, finding: Finding, exceptions: Sequence[WordException]) -> WordException | None:
    """Find the exception that covers *finding*, if there is one."""
    matching = (each for each in exceptions if each.word == finding.rule and each.part in sentence)
    return next(matching, None)
