"""Parse strict commands and options to a Request."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from bot.errors import UsageError, join_or, quote, unknown_word
from bot.model.request import DASHES, LONGEST, MAX_RELAYS, VERSION, Request, Vocabulary, too_many_relays

USAGE: Final = (
    "write the error code, and then what you know: `/diagnose 31009 [platform] [edge=E] "
    "[name=answer, such as vpn=no] [from RELAY]`"
)


def parse(text: str, vocabulary: Vocabulary) -> Request:
    """Parse *text*, such as `/diagnose 31009 ios edge=frankfurt from acme-hq`; raises `UsageError`."""
    words = text.translate(DASHES).split()
    if words and words[0].lstrip("/").casefold() == "diagnose":
        words = words[1:]
    return parse_words(words, vocabulary)


def parse_words(
    words: Sequence[str], vocabulary: Vocabulary, options: Iterable[tuple[str, str]] = ()
) -> Request:
    """Parse *words* and the *options* that a command line has already separated; raises `UsageError`."""
    if sum(len(word) + 1 for word in words) > LONGEST:
        raise UsageError(f"The request is longer than {LONGEST} characters; {USAGE}.")
    if not all(word.isprintable() for word in words):
        raise UsageError(f"The request contains unprintable characters; {USAGE}.")
    plain, named = _sort(words, vocabulary)
    given = [_meaning(word, vocabulary) for word in plain]
    return _make_request([*given, *named, *options], vocabulary)


def _make_request(text: Iterable[tuple[str, str]], vocabulary: Vocabulary) -> Request:
    """Make the request from all named options in *text*."""
    given: dict[str, str] = {}
    for name, value in text:
        clean = _value(name, value, vocabulary)
        if given.setdefault(name, clean) != clean:
            raise UsageError(f"{name} is given twice, as {given[name]} and {clean}. Use only one.")
    if "code" not in given:
        raise UsageError(f"No error code is given; {USAGE}.")
    answers = {name: given[name] for name in vocabulary.options if name in given}
    platform = given.get("platform")
    for name in answers:
        if not vocabulary.options[name] and platform is None:
            raise UsageError(
                f"{name} also needs a platform, because versions differ between platforms. Add "
                f"{join_or(sorted(set(vocabulary.platforms.values())))}."
            )
    return Request(
        code=given["code"],
        platform=platform,
        edge=given.get("edge", vocabulary.roaming),
        answers=answers,
        relays=tuple(given["relay"].split(",")) if "relay" in given else vocabulary.relays[:1],
    )


def _sort(words: Sequence[str], vocabulary: Vocabulary) -> tuple[list[str], list[tuple[str, str]]]:
    """Separate plain words from options: `--name value`, `--name=value`, `name=value`, `from relay`."""
    plain: list[str] = []
    options: list[tuple[str, str]] = []
    rest = deque(words)
    while rest:
        word = rest.popleft()
        name, equals, value = word.removeprefix("--").partition("=")
        name = name.casefold()
        if name == "from" and not equals:
            options.append(("relay", _relays(rest)))
        elif word.startswith("--") or equals:
            if name not in vocabulary.names:
                raise unknown_word("an option", name, vocabulary.names)
            options.append((name, value if equals else _next(rest, f"--{name}", "a value")))
        else:
            plain.append(word)
    return plain, options


def _relays(rest: deque[str]) -> str:
    """Take the relay names after `from`, in a list such as `a and b`, `a, b and c`, or `a,b`."""
    names = [_next(rest, "from", "a relay's name")]
    while rest and (names[-1].endswith(",") or rest[0].casefold() in ("and", "&") or rest[0][0] == ","):
        after = names[-1].rstrip(",") or "from"
        if rest[0].casefold() in ("and", "&"):
            after = rest.popleft()
        names.append(_next(rest, after, "a relay's name"))
    return ",".join(names)


def _next(words: deque[str], after: str, what: str) -> str:
    if words:
        return words.popleft()
    raise UsageError(f"{what.capitalize()} is missing after {after}.")


def _meaning(word: str, vocabulary: Vocabulary) -> tuple[str, str]:
    """Return the option of a plain *word*: digits are a code, other words are a platform or an edge."""
    lower = word.casefold()
    if word.isdecimal():
        return "code", word
    if lower in vocabulary.platforms:
        return "platform", word
    if lower in vocabulary.edges:
        return "edge", word
    raise unknown_word(
        "a code, a platform or an edge", word, [*vocabulary.platforms, *vocabulary.edges], vocabulary.see
    )


def _value(name: str, value: str, vocabulary: Vocabulary) -> str:
    """Return the usual spelling of *value*, or raise `UsageError`."""
    lower = value.casefold()
    match name:
        case "code":
            return _one_of("a known error code", lower, vocabulary.codes, vocabulary.see)
        case "platform":
            found = _one_of("a platform", lower, tuple(vocabulary.platforms), vocabulary.see)
            return vocabulary.platforms[found]
        case "edge":
            return _one_of("an edge", lower, vocabulary.edges, vocabulary.see)
        case "relay":
            names = dict.fromkeys(part for part in lower.split(",") if part)
            if len(names) > MAX_RELAYS:
                raise UsageError(too_many_relays(len(names)))
            return ",".join(_relay(item, vocabulary) for item in names or [""])
    words = vocabulary.options[name]
    if words:
        return words[_one_of(f"an answer for {name}", lower, tuple(words))]
    if not VERSION.fullmatch(value):
        raise UsageError(f"{quote(value)} is not a version for {name}. Write it like 6.12.0.")
    return lower.removeprefix("v")


def _relay(name: str, vocabulary: Vocabulary) -> str:
    if name in vocabulary.relays:
        return name
    if because := vocabulary.unusable.get(name):
        raise UsageError(f"{quote(name)} {because}.")
    offered = vocabulary.relays if vocabulary.offered is None else vocabulary.offered
    unknown = unknown_word("a relay", name, offered)
    raise UsageError(f"{unknown} {vocabulary.relay_note}".strip())


def _one_of(kind: str, word: str, known: tuple[str, ...], see: str = "") -> str:
    if word in known:
        return word
    raise unknown_word(kind, word, known, see)
