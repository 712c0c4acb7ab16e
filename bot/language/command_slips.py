"""Find the mistake in a text that is nearly a command, if reporting it helps more than guessing.

Pure: no network, no clock.
"""

import re
from typing import Final

from bot.errors import UsageError, nearest
from bot.intake.subject import is_subject
from bot.language.command_parser import parse
from bot.language.make_request import FILLER, OF_PROGRAM
from bot.model.request import Request, Vocabulary

FEW: Final = 3  # words that are more likely names than a symptom description


def as_command(text: str, vocabulary: Vocabulary, words: int = 1) -> Request | None:
    """Return the request of *text* as a command of at least *words* words; None if it is not a command."""
    if len(text.split(maxsplit=words)) < words:
        return None
    try:
        return parse(text, vocabulary)
    except UsageError:
        return None


def wrong_word(text: str, vocabulary: Vocabulary) -> UsageError | None:
    """Return the error for a code with one or two words of which one is unknown. Asking is better than ignoring it."""
    words = text.casefold().split()
    if len(words) > FEW or OF_PROGRAM.search(text) or not any(word in vocabulary.codes for word in words):
        return None
    names = (*vocabulary.platforms, *vocabulary.edges, *vocabulary.relays, *vocabulary.names)
    plain = (word for word in words if re.fullmatch(r"[a-z]{2,}(?:-[a-z]+)*", word))
    if all(word in FILLER or is_subject(word) or word in names or nearest(word, names) for word in plain):
        return None
    return _strict_error(text, vocabulary)


def slip(text: str, vocabulary: Vocabulary) -> UsageError | None:
    """Return the error for a few words that are probably names, one of them misspelled."""
    error = _strict_error(text, vocabulary)
    return error if "did you mean" in str(error) or text.casefold().strip(" /") == "diagnose" else None


def _strict_error(text: str, vocabulary: Vocabulary) -> UsageError | None:
    """Return the error of *text* as a command."""
    try:
        parse(text, vocabulary)
    except UsageError as error:
        return error
    return None
