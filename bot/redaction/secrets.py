"""Find secrets in text, by the forms and names of `bot/redaction/secret_patterns.py`. Pure: no network, no clock."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from typing import Final

from bot.redaction.command_forms import COMMAND_FORMS
from bot.redaction.device_forms import DEVICE_FORMS
from bot.redaction.message_forms import MESSAGE_FORMS
from bot.redaction.named_secrets import find_named
from bot.redaction.secret_forms import FORMS
from bot.redaction.secret_patterns import (
    AUTHORIZATION,
    BEARER,
    BEGIN,
    BROKEN,
    BROKEN_JWT,
    CHECKSUM,
    END,
    HARMLESS,
    HEADER,
    JWT,
    KEY_LINES,
    NEXT_LINE,
    PLACEHOLDER,
    PRIVATE_KEY,
    REMOVED,
    SCHEME,
    SIGNATURE,
    SIGNED,
    TWILIO,
    VARIABLE,
    Found,
)
from bot.redaction.sentence_forms import SENTENCE_FORMS

ALL_FORMS: Final = (*FORMS, *COMMAND_FORMS, *DEVICE_FORMS, *MESSAGE_FORMS, *SENTENCE_FORMS)


def find_secrets(text: str) -> Iterator[Found]:
    """Yield the spans of secrets in *text*, in no order; spans may overlap."""
    yield from _private_keys(text)
    for start, end, kind in _in_line(text):
        yield start, _goes_on(text, start, end), kind


def _in_line(text: str) -> Iterator[Found]:
    small = text.casefold()
    for form in ALL_FORMS:
        if form.needles and not any(needle in small for needle in form.needles):
            continue
        for match in form.pattern.finditer(text):
            start, end = match.span(match.lastindex or 0)
            if REMOVED.match(text, start) or PLACEHOLDER.fullmatch(text, start, end):
                continue
            if form.kind is not TWILIO or (_is_random(match[0]) and not _is_checksum(match)):
                yield start, end, form.kind
    yield from _headers(text)
    yield from find_named(text)


def find_broken(text: str, is_end: Callable[[int], bool]) -> Iterator[Found]:
    """Yield the secrets of known length in *text*, from which line breaks have been removed.

    *is_end* returns whether a word ended at a position before the line breaks were removed.
    """
    for kind, pattern in BROKEN:
        for match in pattern.finditer(text):
            if is_end(match.end()) and (kind is not TWILIO or _is_random(match[0])):
                yield *match.span(), kind
    for match in BROKEN_JWT.finditer(text):
        rest = SIGNATURE.match(text, match.end(), match.end() + _signature_length(match[1]))
        yield match.start(), rest.end() if rest else match.end(), JWT


def _goes_on(text: str, start: int, end: int) -> int:
    """The end of a secret that may be wrapped: extends it while the next line looks like more of it."""
    while end - start >= 16 and (more := NEXT_LINE.match(text, end)):
        piece = more[1]
        if not (
            any(map(str.isdigit, piece)) and any(map(str.isupper, piece)) and any(map(str.islower, piece))
        ):
            break
        end = more.end()
    return end


def _is_random(token: str) -> bool:
    """Whether *token* mixes digits and letters at random: not a word, not a row of one digit."""
    body = token[-32:]
    letters = sum(letter.isalpha() for letter in body)
    is_hex = all(letter in "0123456789abcdef" for letter in body.lower())
    mixed = is_hex or (any(map(str.isupper, body)) and any(map(str.islower, body)))
    return len(set(body)) > 5 and 1 <= letters < len(body) and mixed


def _is_checksum(match: re.Match[str]) -> bool:
    """Whether these 32 digits come after a name such as `ETag` or `md5`."""
    return len(match[0]) == 32 and bool(
        CHECKSUM.search(match.string, max(0, match.start() - 24), match.start())
    )


def _signature_length(header: str) -> int:
    try:
        value = json.loads(base64.urlsafe_b64decode(header[:400] + "=" * (-len(header) % 4)))
        return SIGNED.get(str(value["alg"]), 43)
    except (ValueError, KeyError, TypeError, RecursionError):
        return 43


def _private_keys(text: str) -> Iterator[Found]:
    at = 0
    while begin := BEGIN.search(text, at):
        end = END.search(text, begin.end())
        lines = KEY_LINES.match(text, begin.end())
        at = end.end() if end else lines.end() if lines else begin.end()
        yield begin.start(), at, PRIVATE_KEY
        if not end:  # there is no later end either: search for headers only
            for other in BEGIN.finditer(text, at):
                lines = KEY_LINES.match(text, other.end())
                yield other.start(), lines.end() if lines else other.end(), PRIVATE_KEY
            return


def _headers(text: str) -> Iterator[Found]:
    for match in BEARER.finditer(text):
        yield *match.span(1), AUTHORIZATION
    for match in HEADER.finditer(text):
        start, end = match.end(), _line_end(text, match.end())
        if REMOVED.match(text, start):
            continue
        if match["quote"]:
            closed = text.find(match["quote"], start, end)
            yield start, closed if closed >= 0 else end, AUTHORIZATION
        elif match["cookie"]:
            if "=" in text[start:end]:
                yield start, end, AUTHORIZATION
        elif VARIABLE.match(text, start, end):
            continue
        elif (value := SCHEME.match(text, start, end)) and not HARMLESS.fullmatch(value[0]):
            yield *value.span(), AUTHORIZATION


def _line_end(text: str, start: int) -> int:
    """The end of the line, but at most 8 kB: no header value is longer."""
    end = text.find("\n", start, start + 8192)
    return end if end >= 0 else min(len(text), start + 8192)
