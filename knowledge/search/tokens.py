"""Reduce text to words and concepts: each word in one form, each phrase as the concept that it means.

Pure. Takes any text; cuts it after `LONGEST` characters.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

LONGEST: Final = 2000  # characters; a description in one's own words is shorter, the rest is a log

GAP: Final = ".."  # in a phrase: up to three words may be here
_WIDEST_GAP: Final = 3

_WORD: Final = re.compile(r"[a-z0-9]+")
_JOINED: Final = (
    (re.compile(r"['\u2019\u02bc`]"), "'"),
    (re.compile(r"\b(what|where|how|it|that|there)'s\b"), r"\1 is"),
    (re.compile(r"(?<=\w)'s\b"), ""),
    (re.compile(r"\b(?:can't|cannot|cant)\b"), "can not"),
    (re.compile(r"\b(?:won't|wont)\b"), "will not"),
    (re.compile(r"\b(is|are|was|were|do|does|did|has|have|had|would|could|should)n'?t\b"), r"\1 not"),
    (re.compile(r"\bnumber of\b"), "count of"),
    (re.compile(r"\bwi[ -]fi\b|\bwlan\b"), "wifi"),
    (re.compile(r"\bweb[ -]sockets?\b|\bwss\b"), "websocket"),
    (re.compile(r"\bhot[ -]spot\b"), "hotspot"),
    (re.compile(r"\bfire[ -]wall"), "firewall"),
    (re.compile(r"\bhead[ -]?(?:set|phone)"), "headset"),
    (re.compile(r"\blog(?:ged|ging|s)?[ -]?in\b|\bsign(?:ed|ing|s)?[ -]?in\b"), "login"),
    (re.compile(r"\bre-?(connect|register|load|start|try)"), r"re\1"),
    (re.compile(r"\bpre-?flights?\b"), "preflight"),
    (re.compile(r"\bweb[ -]?rtc\b"), "webrtc"),
    (re.compile(r"\breact[ -]?native\b"), "reactnative"),
    (re.compile(r"\bjava[ -]?script\b"), "javascript"),
    (re.compile(r"\be-?mail"), "email"),
)

# Words that occur in any sentence. "Not", "no", "only", "one" are informative and are not listed.
_COMMON_WORDS: Final = (
    "whatever anyway maybe perhaps thanks thank well quite rather somehow okay yes yeah sure sorry",
    "a about after again all also always am an and any anybody are as at be because been being both but by",
    "can could did do does doing during each for from further get gets getting go goes going got had has have",
    "having he her here hi hello hey him his how i if in into is it its just know like make may me might must",
    "my of on or our ours please really s say says see she should so some still such t than that the their",
    "them then there these they thing this those to too us use used user using very via was we were what when",
    "whenever where which while who whom whose why will with would you your yours m re ve d ll tell explain",
    "mean meaning give show want need happen happens something someone",
)

_IRREGULAR: Final = {
    "heard": "hear", "lost": "lose", "loses": "lose", "losing": "lose", "loss": "lose", "broke": "break",
    "broken": "break", "spoke": "speak", "sent": "send", "left": "leave", "went": "go", "woke": "wake",
    "waking": "wake", "slept": "sleep", "rang": "ring", "rung": "ring", "said": "say", "ran": "run",
    "running": "run", "died": "die", "dies": "die", "dying": "die", "dead": "dead", "hung": "hang",
    "wrong": "wrong", "nobody": "nobody", "noone": "nobody", "none": "no", "nothing": "nothing",
    "does": "do", "doing": "do", "did": "do", "having": "have", "always": "always", "audio": "audio",
    "dns": "dns", "tls": "tls", "https": "https", "ios": "ios",
    "ports": "port", "was": "was", "has": "has", "this": "this", "address": "address", "addresses": "address",
    "access": "access", "process": "process", "wireless": "wifi", "windows": "windows", "status": "status",
    "microphone": "mic", "microphones": "mic", "mics": "mic", "javascript": "js", "browsers": "browser",
    "certificates": "certificate", "cert": "certificate", "certs": "certificate", "servers": "server",
    "sdks": "sdk", "signalling": "signal", "signaling": "signal", "expired": "expire", "expires": "expire",
    "expiry": "expire", "expiration": "expire", "blocked": "block", "blocks": "block", "blocking": "block",
    "during": "during", "anything": "anything", "everything": "everything", "thing": "thing", "bring": "bring",
    "renewal": "renew", "decryption": "decrypt", "validity": "valid", "ring": "ring", "king": "king",
    "string": "string", "ping": "ping", "morning": "morning",
}  # fmt: skip


Phrase: TypeAlias = tuple[tuple[str, ...], ...]  # parts of words; up to three other words between two parts


@dataclass(frozen=True, slots=True)
class Concepts:
    """Phrases with the same meaning, by concept: the synonym file in the form that `words_of` returns.

    Compared word by word: as regular expressions, they would take 0.1 s to compile.
    """

    phrases: Mapping[str, tuple[Phrase, ...]]
    _starts: Mapping[str, list[tuple[str, Phrase]]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the phrases by their first word."""
        starts: dict[str, list[tuple[str, Phrase]]] = {}
        for name, phrases in self.phrases.items():
            for phrase in phrases:
                starts.setdefault(phrase[0][0], []).append((name, phrase))
        object.__setattr__(self, "_starts", starts)

    def found_in(self, words: Sequence[str]) -> list[str]:
        """The concepts in *words* (in the form that `words_of` returns), each once."""
        found = {
            name
            for at, word in enumerate(words)
            for name, phrase in self._starts.get(word, ())
            if _fits(phrase, words, at)
        }
        return [name for name in self.phrases if name in found]

    def without(self, beginning: str) -> "Concepts":
        """The concepts whose names do not start with *beginning*."""
        return Concepts(
            {name: phrases for name, phrases in self.phrases.items() if not name.startswith(beginning)}
        )


def make_concepts(phrases: Mapping[str, Iterable[str]]) -> Concepts:
    """Make the concepts of the synonym file: each with its phrases, `..` for a gap of up to three words."""
    return Concepts(
        {name: tuple(filter(None, map(_phrase, map(str, some)))) for name, some in phrases.items()}
    )


def _phrase(text: str) -> Phrase:
    return tuple(filter(None, (tuple(words_of(part)) for part in text.split(GAP))))


def _fits(phrase: Phrase, words: Sequence[str], at: int) -> bool:
    """Whether *phrase* begins at the word number *at*."""
    part, *others = phrase
    after = at + len(part)
    if tuple(words[at:after]) != part:
        return False
    return not others or any(_fits(tuple(others), words, after + gap) for gap in range(_WIDEST_GAP + 1))


def words_of(text: str) -> list[str]:
    """All words of *text* in one form: lower case, without endings."""
    sentence = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
    for pattern, instead in _JOINED:
        sentence = pattern.sub(instead, sentence)
    return [_stem(word) for word in _WORD.findall(sentence)]


def telling(words: Iterable[str]) -> list[str]:
    """The *words* that are informative."""
    return [word for word in words if word not in _COMMON and (len(word) > 1 or word.isdigit())]


def _stem(word: str) -> str:
    """Remove endings: calls, calling, called become call. Codes and short words stay."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or word[0].isdigit():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "shes", "ches", "xes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= 3 and re.search("[aeiouy]", stem):
            doubled = len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "lsz"
            word = stem[:-1] if doubled else stem
            break
    word = word.removesuffix("ly") if len(word) > 5 else word
    return word.removesuffix("e") if len(word) > 4 else word


_COMMON: Final = frozenset(_stem(word) for line in _COMMON_WORDS for word in line.split())
