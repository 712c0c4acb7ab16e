"""Texts that are commands, or nearly: what is wrong with one, where that helps more than to guess.

Pure: no network, no clock.
"""

import re
from typing import Final

from bot.errors import UsageError, nearest
from bot.language.command_parser import parse
from bot.language.make_request import FILLER
from bot.model.request import Request, Vocabulary

FEW: Final = 3  # words that are meant as names more likely than as a story


def as_command(text: str, vocabulary: Vocabulary, words: int = 1) -> Request | None:
    """The request that *text* makes as a command of so many words at least; None if it is none."""
    if len(text.split(maxsplit=words)) < words:
        return None
    try:
        return parse(text, vocabulary)
    except UsageError:
        return None


def wrong_word(text: str, vocabulary: Vocabulary) -> UsageError | None:
    """What is wrong with a code and a word or two, one of which means nothing: better asked about than ignored."""
    words = text.casefold().split()
    if len(words) > FEW or not any(word in vocabulary.codes for word in words):
        return None
    names = (*vocabulary.platforms, *vocabulary.edges, *vocabulary.relays, *vocabulary.names)
    plain = (word for word in words if re.fullmatch(r"[a-z]{2,}(?:-[a-z]+)*", word))
    if all(word in FILLER or word in names or nearest(word, names) for word in plain):
        return None
    return _strict_error(text, vocabulary)


def slip(text: str, vocabulary: Vocabulary) -> UsageError | None:
    """What is wrong with a few words that were meant as names, where one is nearly known."""
    error = _strict_error(text, vocabulary)
    return error if "did you mean" in str(error) or text.casefold().strip(" /") == "diagnose" else None


def _strict_error(text: str, vocabulary: Vocabulary) -> UsageError | None:
    """What is wrong with *text* as a command."""
    try:
        parse(text, vocabulary)
    except UsageError as error:
        return error
    return None
