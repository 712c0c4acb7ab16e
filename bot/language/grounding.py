"""Check sentences of a language model against the sources that they cite, and reject unsupported ones.

Pure: no network, no clock. The words of a sentence must be in its sources. Every fact (a number, a host, a
port, a call, a link) must match exactly, a number with the same unit. A sentence may say "not" only if its
sources do. This keeps new facts out. It cannot prove that the words are combined correctly, so the plain
answer stays one click away, in its file.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from knowledge.search.passages import sentences_of
from knowledge.search.tokens import telling, words_of

MOST_SENTENCES: Final = 8
MOST_LETTERS: Final = 1500

_CITED: Final = re.compile(r"(?P<text>.+?)\s*(?P<marks>(?:\[[0-9]{1,3}\][ ,]*)+)(?P<end>[.!?]?)(?=\s|$)")
_MARK: Final = re.compile(r"\[([0-9]{1,3})\]")

# Function words. `telling` already drops most of them.
_JOINING: Final = frozenset(
    words_of("however since instead therefore thus otherwise though although while once rather even")
)
# `telling` drops these too, but they change the meaning.
_STRONG: Final = frozenset(
    words_of("always ever must should need every all maybe perhaps use after again please")
)
_NOT: Final = frozenset(words_of("not no never nobody nothing neither nor without unless"))
_UNITS: Final = frozenset(
    {"udp", "tcp", "tls", "dtls", "http", "https", "websocket", "ms", "s", "sec", "second", "seconds", "minute",
     "minutes", "h", "hour", "hours", "day", "days", "percent", "kbps", "kbit", "mbps", "mbit", "byte", "bytes",
     "v", "version", "rfc"}
)  # fmt: skip
_NEAR: Final = 3  # words between a number and its unit

_REPLY: Final = re.compile(r"\W*(yes|no)(?=[,.:;!-]|$)", re.IGNORECASE)
_PIECE: Final = re.compile(r"[a-z]+|\d+(?:\.\d+)*")
# Typographic quotes and dashes, as typed on a keyboard.
_TYPOGRAPHY: Final[dict[int, int | str]] = {
    **dict.fromkeys((0x201C, 0x201D, 0x201E), '"'),
    **dict.fromkeys((0x2018, 0x2019), "'"),
    **dict.fromkeys((0x2010, 0x2011, 0x2013, 0x2014), "-"),
    0x2026: "...",
    0xA0: " ",
}
_FACT: Final = re.compile(r"\d|[./:_@=#<>{}|$%&*+~^`\\]|^--|[a-z][A-Z]")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")


class NotGroundedError(ValueError):
    """The text says something that its sources do not. The message says why, without repeating the text."""


@dataclass(frozen=True, slots=True)
class Cited:
    """One sentence, and the numbers of its sources, from 1."""

    text: str
    sources: tuple[int, ...]


def check_grounding(text: str, sources: Sequence[str]) -> tuple[Cited, ...]:
    """Return the sentences of *text*, such as `Open TCP 443 [1].`, all supported; raises `NotGroundedError`."""
    if not text.strip():
        raise NotGroundedError("the model's answer is empty")
    if len(text) > MOST_LETTERS:
        raise NotGroundedError("the model's answer is too long")
    found = tuple(_cited(text.translate(_TYPOGRAPHY)))
    if len(found) > MOST_SENTENCES:
        raise NotGroundedError("the model's answer is too long")
    for number, item in enumerate(found, 1):
        if not set(item.sources) <= set(range(1, len(sources) + 1)):
            raise NotGroundedError(f"sentence {number} cites a source that does not exist")
        cited = [sources[source - 1].translate(_TYPOGRAPHY) for source in item.sources]
        if reason := _unborne(item.text, cited):
            raise NotGroundedError(f"sentence {number} {reason}")
    return found


def _cited(text: str) -> Iterable[Cited]:
    """Split *text* after each group of citations. Reject sentences without one, and brackets that cite nothing."""
    at = 0
    plain = " ".join(text.split())
    for match in _CITED.finditer(plain):
        sentence = match["text"].strip()
        if plain[at : match.start()].strip() or len(sentences_of(sentence)) != 1:
            raise NotGroundedError("a sentence cites nothing")
        closed = sentence if sentence.endswith((".", "!", "?")) else f"{sentence}{match['end'] or '.'}"
        yield Cited(closed, tuple(dict.fromkeys(map(int, _MARK.findall(match["marks"])))))
        at = match.end()
    if plain[at:].strip():
        raise NotGroundedError("a sentence cites nothing")


def _unborne(sentence: str, cited: Sequence[str]) -> str:
    """Return why the texts *cited* do not support *sentence*, or "" if they do."""
    whole = " ".join(cited)
    if any(not (" " <= letter <= "~") and letter not in whole for letter in sentence):
        return "has letters that are not in its sources"
    if not all(_occurs(token, whole) for token in _facts(sentence)):
        return "has a number, name, or address that is not in its sources"
    words = words_of(sentence)
    telltale = (set(telling(words)) - _JOINING) | (_STRONG & set(words))
    if not telltale <= set(words_of(whole)):
        return "has words that are not in its sources"
    if not _units_fit(sentence, whole):
        return "has a number with a different unit than its sources"
    sentences = [item for text in cited for item in sentences_of(text)]
    if (reply := _reply(sentence)) and all(_reply(item) != reply for item in sentences):
        return "answers yes or no, but its sources do not"
    rest = words[1:] if reply else words
    if rest and _denies(rest) != any(_denies(words_of(item)) for item in _rests_on(rest, sentences)):
        return "says the opposite of its sources"
    return ""


def _facts(text: str) -> Iterable[str]:
    """Return the parts of *text* that must be in its sources exactly."""
    for token in text.split():
        bare = token.strip("\"'()[],;:!?").rstrip(".")
        if _FACT.search(bare):
            yield bare


def _occurs(token: str, text: str) -> bool:
    """Tell whether *token* is in *text* as a whole, not as part of a longer number, name, or address."""
    number, percent = token.removesuffix("%"), token.endswith("%")
    if _NUMBER.fullmatch(number):
        after = r"\s*%" if percent else r"(?![A-Za-z0-9]|[.,:]\d)"
        return bool(re.search(rf"(?<![A-Za-z0-9])(?<!\d[.,:]){re.escape(number)}{after}", text))
    inside = r"[.\-/:@_]"
    pattern = rf"(?<![A-Za-z0-9/@])(?<![A-Za-z0-9]{inside}){re.escape(token)}(?![A-Za-z0-9/@])(?!{inside}[A-Za-z0-9])"
    return bool(re.search(pattern, text, re.IGNORECASE))


def _units_fit(text: str, whole: str) -> bool:
    here, there = _PIECE.findall(text.casefold()), _PIECE.findall(whole.casefold())
    for at, piece in enumerate(here):
        if not piece[0].isdigit():
            continue
        for unit in {*here[max(at - 1, 0) : at], *here[at + 1 : at + 2]} & _UNITS:
            places = [place for place, other in enumerate(there) if other == piece]
            if not any(unit in there[max(place - _NEAR, 0) : place + _NEAR + 1] for place in places):
                return False
    return True


def _rests_on(words: Sequence[str], cited: Iterable[str]) -> list[str]:
    """Return nearly the fewest sentences that together contain all the content *words*."""
    open_ = set(telling(words)) - _NOT
    sentences = {item: set(words_of(item)) for item in cited}
    chosen: list[str] = []
    while open_ and (best := max(sentences, key=lambda entry: len(open_ & sentences[entry]), default=None)):
        if not open_ & sentences[best]:
            break
        chosen.append(best)
        open_ -= sentences.pop(best)
    return chosen


def _reply(sentence: str) -> str:
    """Return the yes or no that *sentence* begins with, if any."""
    found = _REPLY.match(sentence)
    return found[1].casefold() if found else ""


def _denies(words: Iterable[str]) -> bool:
    return not _NOT.isdisjoint(words)
