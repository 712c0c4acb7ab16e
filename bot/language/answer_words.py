"""Parse answers that only a person can give: `yes`, `it's expired`, `slept=no`, `token good`.

Pure: no network, no clock. Options and their words come from the vocabulary.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from bot.errors import UsageError, join_or, quote
from bot.model.request import VERSION, Vocabulary
from knowledge.model.schema import Option

YES: Final = re.compile(
    r"^\W*(?:yes|yep|yeah|yup|y|ja|si|oui|true|correct|right|sure|(?:it|he|she) (?:does|is|did|was)"
    r"|(?:they|we|i) (?:do|did|are|were))\b(?!n't| not\b)"
)
NO: Final = re.compile(
    r"^\W*(?:no|nope|nah|n|nein|non|false|none|never"
    r"|(?:it|he|she) (?:does|is|did|was)(?:n't| not)|(?:they|we|i) (?:do|did|are|were)(?:n't| not))\b"
)
# Leaves the question open.
UNSURE: Final = re.compile(
    r"\b(?:not sure|no idea|don'?t know|do not know|dunno|idk|unsure|maybe|perhaps|no clue|can't say|cannot say)\b"
    r"|^\W*skip(?: (?:it|this|that))?\W*$"
)
_DOUBT: Final = re.compile(
    r"\W*(?:(?:sorry|hm+|well|we|i|they|am|are|i'm|we're)\W+)*(?:not sure|no idea|don'?t know|do not know|dunno|idk"
    r"|unsure|no clue|can't say|cannot say)(?:\W+(?:yet|sorry))?\W*",
    re.IGNORECASE,
)
NEGATION: Final = re.compile(r"\b(?:not|no|never|isn't|wasn't|neither|nor)\b|\?")
MOST: Final = 8  # words around an answer, if it is one of several words
_LEAD: Final = r"\W*(?:(?:and|but|so|ok|the|it's|its|set|please|answer)\W+)*(?:--)?"
_VERSION: Final = re.compile(
    r"(?<![\w.:])v?\d{1,4}(?:\.\d{1,6}){0,3}(?:[-+][0-9a-z.+-]{1,40})?(?![\w:]|\.\d)"
)


def is_doubt(text: str) -> bool:
    """Tell whether *text* only says that the answer is unknown."""
    return bool(_DOUBT.fullmatch(text.replace("\u2019", "'")))


def read_answer(text: str, meanings: Mapping[str, str] | None) -> str | None:
    """Return the answer in *text*. *meanings* maps an option's words: {} for a version, None for no option."""
    if meanings is None:
        return None
    lower = text.casefold().replace("\u2019", "'")
    if not meanings:
        version = _VERSION.search(lower)
        found = version and version[0].rstrip(".-+").removeprefix("v")
        return found if found and VERSION.fullmatch(found) else None
    words = re.findall(r"[a-z]+(?:-[a-z]+)*", lower)
    if words and words[0] in meanings:
        return meanings[words[0]]
    sentence = "no" if NO.match(lower) else "yes" if YES.match(lower) else ""
    if sentence in meanings:
        return meanings[sentence]
    return _one_word_of(lower, words, meanings)


def _one_word_of(lower: str, words: list[str], meanings: Mapping[str, str]) -> str | None:
    """Find the single answer named in a few words. “it says the key is the wrong one” names none."""
    if len(words) > MOST:
        return None
    spaced = f" {' '.join(lower.replace('-', ' ').split()).strip(' .!,')} "
    found = {}
    for word in sorted(meanings, key=len, reverse=True):
        name = f" {word.replace('-', ' ')} "
        if len(word) > 1 and name in spaced:
            found[meanings[word]] = name
            spaced = spaced.replace(name, "  ")
    if NEGATION.search(spaced) or len(found) != 1:
        return None
    return next(iter(found))


def read_named(text: str, vocabulary: Vocabulary) -> tuple[dict[str, str], str]:
    """Collect `name=answer`, `name: answer`, or a whole `NAME ANSWER` from *text*. Return them and the rest."""
    found: dict[str, str] = {}
    rest = text
    for name in sorted(vocabulary.options, key=len, reverse=True):
        signed, bare = _patterns(name, tuple(vocabulary.options[name]))
        if match := bare.fullmatch(rest) or signed.search(rest):
            found[name] = _usual(match["answer"], vocabulary.options[name])
            rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    return found, rest


def wrong_answer(text: str, vocabulary: Vocabulary) -> UsageError | None:
    """Return a sentence that lists the valid answers if *text* is `name=answer` with an invalid one."""
    match = re.fullmatch(r"\W*([a-z][a-z-]*)\s*[=:]\s*(\S+)\W*", text.strip().casefold())
    if match is None or match[1] not in vocabulary.options or read_named(text, vocabulary)[0]:
        return None
    words = vocabulary.options[match[1]]
    if not words:
        return UsageError(f"{quote(match[2])} is not a version for {match[1]}. Write it like 6.12.0.")
    known = join_or(list(dict.fromkeys(words.values())))
    return UsageError(f"{quote(match[2])} is not an answer for {match[1]}. Please answer {known}.")


@lru_cache(maxsize=128)
def _patterns(name: str, words: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return patterns for an answer by name: with a sign anywhere, without one only as the whole text."""
    spelled = re.escape(name).replace(r"\-", "[- _]?")
    longest_first = sorted(words, key=len, reverse=True)
    answer = "|".join(map(re.escape, longest_first)) or r"v?\d[\w.+]*(?:-[\w.+]+)*"
    return (
        re.compile(
            rf"(?<![\w-])(?:--)?{spelled}\s*[=:]\s*[\"']?(?P<answer>{answer})(?![\w-])[\"']?", re.IGNORECASE
        ),
        re.compile(rf"{_LEAD}{spelled}\s+(?:is\s+)?[\"']?(?P<answer>{answer})(?![\w-])\W*", re.IGNORECASE),
    )


def _usual(text: str, meanings: Mapping[str, str]) -> str:
    lower = text.casefold()
    return meanings[lower] if meanings else lower.removeprefix("v").rstrip(".-+")


def spoken(option: Option) -> str:
    """Return *option* as a user types it: one of its words, or a version in its range."""
    if option.words:
        return option.words[0]
    return option.from_ or "0"
