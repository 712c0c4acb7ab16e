"""Find secrets by the name before them: in assignments, sentences, tables, XML, and options.

Pure: no network, no clock.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from bot.redaction.named_forms import NAMED_FORMS, find_in_structures
from bot.redaction.secret_patterns import (
    API_KEY,
    AUTHORIZATION,
    BETWEEN,
    CODE,
    CREDENTIAL,
    ELEMENT,
    HARMLESS,
    INNER,
    JWT,
    LITERAL,
    NAMED,
    OPENED,
    OPTION,
    PAIR,
    PART,
    PASSWORD,
    PLAIN,
    PROPERTY,
    QUOTED,
    REMOVED,
    SECRET_WORD,
    TELLING,
    TRAILING,
    Found,
)

STRUCTURE: Final = re.compile(r"\{\s*\\*[\"']|[\[{]{2}|\[\]|\{\}")  # of JSON: the secret is inside, if any
QUOTED_WORD: Final = re.compile(r"(?:\"[^\s\"]{4,256}\"|'[^\s']{4,256}')(?![\w\"'])")


def find_named(text: str) -> Iterator[Found]:
    """Yield the spans of values after the name of a secret in *text*, in no order."""
    for name in NAMED.finditer(lower(text)):
        if between := BETWEEN.match(text, name.end()):
            yield from _after(text, name, between)
    for match in INNER.finditer(text):
        yield from _assigned(text, match.end(), match["name"] or PASSWORD, needs_form=bool(match["short"]))
    if "value" in text.casefold():
        for match in PAIR.finditer(text):
            yield from _assigned(text, match.end(), match["name"])
    small = text.casefold()
    forms = (form for needles, form in NAMED_FORMS if any(needle in small for needle in needles))
    for match in chain.from_iterable(form.finditer(text) for form in (ELEMENT, PROPERTY, PART, *forms)):
        if not HARMLESS.fullmatch(match["value"].strip()) and not REMOVED.match(text, match.start("value")):
            yield *match.span("value"), kind_of(match["name"])
    yield from find_in_structures(text, small)


def _after(text: str, name: re.Match[str], between: re.Match[str]) -> Iterator[Found]:
    at = between.end()
    if between["assigned"] or between["verb"]:
        start, end = _value(text, at)
        wrapped = "\n" in between[0] and text[start - 1] not in " \t\"'`"
        if "\n" in between[0] and text[end : end + 1] == ":":
            return  # the name of something else
        yield from _assigned(text, at, name[0], needs_form=bool(between["verb"]) or wrapped)
    elif between["gap"] and OPTION.search(text, max(0, name.start() - 24), name.start()):
        if text[at : at + 1] not in "-<[$":
            yield from _assigned(text, at, name[0])
    else:
        start, end = _value(text, at)
        kind = kind_of(name[0])
        if name[0] == "passwd" and text[max(0, name.start() - 2) : name.start()] in ("$ ", "# "):
            return  # the command, and the name of a user
        listed = (
            bool(between["bar"]) and text.rfind("-[ RECORD", max(0, name.start() - 2000), name.start()) >= 0
        )
        marked = kind == PASSWORD or text[max(0, name.start() - 1)] in ":("
        if (
            (listed and start < end)
            or (
                between["bar"]
                and _begins_line(name)
                and TELLING.fullmatch(text, start, end)
                and not REMOVED.match(text, start)
            )
            or (marked and QUOTED_WORD.match(text, at) and not HARMLESS.fullmatch(text[start:end]))
            or (
                (
                    kind == PASSWORD
                    or between["bar"]
                    or (_begins_line(name) and between["gap"] not in ("", " "))
                )
                and SECRET_WORD.fullmatch(text, start, end)
            )
        ):
            yield start, end, kind


def _assigned(text: str, at: int, name: str, *, needs_form: bool = False) -> Iterator[Found]:
    """The value at *at* of a secret's *name*. With *needs_form*, only one that looks like a secret."""
    start, end = _value(text, at)
    if REMOVED.match(text, at) or REMOVED.match(text, start):
        return
    value, kind = text[start:end], kind_of(name)
    if not value.strip() or HARMLESS.fullmatch(value.strip()):
        return
    if kind in (JWT, CREDENTIAL) and CODE.fullmatch(value):
        return
    if STRUCTURE.match(value) or (name.casefold() == "pwd" and value[0] in "/~"):
        return
    if not needs_form or TELLING.fullmatch(value):
        yield start, end, kind


def _begins_line(match: re.Match[str]) -> bool:
    """Whether the line begins with this name, as in a list of names and values."""
    begin = match.string.rfind("\n", max(0, match.start() - 40), match.start()) + 1
    if not begin and match.start() > 40:
        return False
    return not match.string[begin : match.start()].strip(" \t>|*-│┃║")


def _value(text: str, at: int) -> tuple[int, int]:
    """The span of the value that begins at *at*: inside its quotes, or up to the next space or `&`."""
    if literal := LITERAL.match(text, at):
        at = literal.end()
    if quoted := QUOTED.match(text, at):
        return quoted.span(str(quoted.lastgroup))
    if opened := OPENED.match(text, at):
        at = opened.end()
    plain = PLAIN.match(text, at)
    if not plain:
        return at, at
    return at, at + len(plain[0].rstrip(TRAILING))


def lower(text: str) -> str:
    """The text in lower case, character by character; one letter (U+0130) would become two."""
    return text.replace("\u0130", "i").lower()


def kind_of(name: str) -> str:
    """Say what kind of secret has *name*."""
    name = name.casefold()
    if name.endswith(("authorization", "cookie")):
        return AUTHORIZATION
    if "credential" in name or "user" in name or name.startswith(("ice", "turn")):
        return CREDENTIAL
    if "token" in name or name == "jwt":
        return JWT
    if "secret" in name or "key" in name:
        return API_KEY
    return PASSWORD
