"""Find secrets in text, by the forms and names of `bot/redaction/secret_patterns.py`. Pure: no network, no clock."""

import base64
import json
from collections.abc import Callable, Iterator

from bot.redaction.secret_patterns import (
    API_KEY,
    AUTHORIZATION,
    BEARER,
    BEGIN,
    BROKEN,
    BROKEN_JWT,
    BY_FORM,
    CODE,
    CREDENTIAL,
    END,
    HARMLESS,
    HEADER,
    JWT,
    KEY_LINES,
    NAMED,
    NEXT_LINE,
    OPENED,
    PASSWORD,
    PLAIN,
    PRIVATE_KEY,
    QUOTED,
    REMOVED,
    SCHEME,
    SIGNATURE,
    SIGNED,
    TELLING,
    TRAILING,
    TWILIO,
)

Found = tuple[int, int, str]  # from, to, kind


def find_secrets(text: str) -> Iterator[Found]:
    """Yield the spans of secrets in *text*, in no order; spans may overlap."""
    yield from _private_keys(text)
    for start, end, kind in _in_line(text):
        yield start, _goes_on(text, start, end), kind


def _in_line(text: str) -> Iterator[Found]:
    for kind, pattern in BY_FORM:
        for match in pattern.finditer(text):
            if kind is not TWILIO or _is_random(match[0]):
                yield *match.span(pattern.groups), kind
    yield from _headers(text)
    yield from _named(text)


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
        elif (value := SCHEME.match(text, start, end)) and not HARMLESS.fullmatch(value[0]):
            yield *value.span(), AUTHORIZATION


def _named(text: str) -> Iterator[Found]:
    for match in NAMED.finditer(text):
        if REMOVED.match(text, match.end()):
            continue
        start, end = _value(text, match.end())
        value = text[start:end]
        if not value.strip() or HARMLESS.fullmatch(value.strip()):
            continue
        kind = _kind(match["name"].casefold())
        if kind in (JWT, CREDENTIAL) and CODE.fullmatch(value):
            continue
        sentence = match["after"].strip(" :\t").casefold() in ("is", "was", "are")
        if sentence and not TELLING.fullmatch(value):
            continue
        yield start, end, kind


def _value(text: str, at: int) -> tuple[int, int]:
    """The span of the value that begins at *at*: inside its quotes, or up to the next space or `&`."""
    if quoted := QUOTED.match(text, at):
        return quoted.span(str(quoted.lastgroup))
    if opened := OPENED.match(text, at):
        at = opened.end()
    plain = PLAIN.match(text, at)
    if not plain:
        return at, at
    return at, at + len(plain[0].rstrip(TRAILING))


def _kind(name: str) -> str:
    if "credential" in name or "user" in name or name.startswith(("ice", "turn")):
        return CREDENTIAL
    if "token" in name or name == "jwt":
        return JWT
    if "secret" in name or "key" in name:
        return API_KEY
    return PASSWORD


def _line_end(text: str, start: int) -> int:
    """The end of the line, but at most 8 kB: no header value is longer."""
    end = text.find("\n", start, start + 8192)
    return end if end >= 0 else min(len(text), start + 8192)
