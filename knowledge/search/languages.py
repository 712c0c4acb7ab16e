"""Recognize the language of a description, and put its words into English, as far as descriptions of trouble need it.

Pure, except that it reads `languages.yaml`. No translation for people: the result only feeds the search.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from knowledge.loading.yaml_lines import parse_yaml

ENGLISH: Final = "en"
LONGEST: Final = 4_000  # characters
_FILE: Final = Path(__file__).parent / "languages.yaml"
_MARK: Final = 0xE000  # the first character of the private use area
_WORD: Final = re.compile(r"[a-z][a-z']*")
_KANA: Final = re.compile("[\u3040-\u30ff]")
# Cyrillic, Greek, Hebrew, Arabic, Indic and Thai letters, Hangul, and Chinese.
_OTHER_LETTER: Final = re.compile("[\u0370-\u052f\u0590-\u0e7f\u1100-\u11ff\u4e00-\u9fff\uac00-\ud7af]")
_KANJI: Final = "\u3005-\u30ff\u4e00-\u9fff"
# English words in a Japanese sentence have no spaces around them, and its clauses end with other marks.
_JOINED: Final = re.compile(f"(?<=[a-z0-9])(?=[{_KANJI}])|(?<=[{_KANJI}])(?=[a-z0-9])", re.IGNORECASE)
_STOPS: Final = str.maketrans({"\u3002": ". ", "\u3001": ", "})
# "Con la VPN no, sin ella sí": a yes at the end of a clause; elsewhere, the word means "if" or "oneself".
_YES: Final = re.compile(r"\b(?:s[i\u00ec\u00ed]|sim|oui)(?=\s*(?:$|[.,;!\n]))", re.IGNORECASE)
_SHORTEST: Final = 2  # words of the language, and more of them than English ones


@dataclass(frozen=True, slots=True)
class Language:
    """A language, the words that show it, and its phrases, each with its English."""

    id: str
    name: str
    knows: frozenset[str]
    phrases: tuple[tuple[str, str], ...]  # of descriptions, the longest first
    questions: tuple[tuple[str, str], ...]  # of questions: these too, and those that only questions have


def language_of(text: str) -> str:
    """Return the id of the language of *text*: one of the file's, or English, also if unsure; "" for others."""
    sentence = _bare(text[:LONGEST])
    if _KANA.search(sentence):
        return "ja"
    # Letters that look like Latin ones may have been replaced by these.
    if 5 * len(_OTHER_LETTER.findall(sentence)) > sum(map(str.isalpha, sentence)):
        return ""
    words = _WORD.findall(sentence)
    counts = {
        language.id: sum(word in language.knows for word in words) for language in _languages().values()
    }
    english = counts.pop(ENGLISH)
    best = max(counts, key=lambda name: counts[name])
    if max(sum(map(knows.__contains__, words)) for knows in _others()) > max(2, counts[best], english):
        return ""
    return best if counts[best] >= _SHORTEST and counts[best] > 1.3 * english else ENGLISH


def name_of(language: str) -> str:
    """Return the English name of a language."""
    return _languages()[language].name if language in _languages() else "English"


def to_english(text: str, language: str, *, asking: bool = False) -> str:
    """Replace the known phrases of *language* in *text* by English ones; names and codes stay.

    With *asking*, those of questions too: "which ports", "what is".
    """
    if language not in _languages():
        return text
    sentence = _bare(
        _YES.sub(" yes ", text[:LONGEST]) if language in ("es", "it", "pt", "fr") else text[:LONGEST]
    )
    says = _patterns(language, asking=asking)
    for number, (pattern, _) in enumerate(says):  # marked first, so that no English word is replaced again
        sentence = pattern.sub(f" {chr(_MARK + number)} ", sentence)
    if asking:  # what is left of its articles and pronouns says nothing in English
        known = _languages()[language].knows
        sentence = _WORD.sub(lambda word: "" if word[0] in known else word[0], sentence)
    english = re.sub(
        f"[{chr(_MARK)}-{chr(_MARK + len(says))}]", lambda mark: says[ord(mark[0]) - _MARK][1], sentence
    )
    if language == "ja":
        english = _JOINED.sub(" ", english.translate(_STOPS))
    return re.sub(r"[ \t]+", " ", english)


def english_words() -> frozenset[str]:
    """Return frequent English words, which are no misspelled ones."""
    return frozenset(_file()["english"]["frequent"])


@cache
def shorthand() -> Mapping[str, str]:
    """Return how people shorten or misspell words in a hurry, with the full words."""
    return {str(short): str(full) for short, full in _file()["english"]["shorthand"].items()}


def _bare(text: str) -> str:
    """Lower case without accents; Japanese keeps its marks."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    if _KANA.search(folded):
        return folded
    return "".join(sign for sign in unicodedata.normalize("NFD", folded) if not unicodedata.combining(sign))


@cache
def _languages() -> dict[str, Language]:
    return {name: _language(name, entry) for name, entry in _file()["languages"].items()}


@cache
def _others() -> tuple[frozenset[str], ...]:
    """Return frequent words of each language that is recognized and not read."""
    return tuple(frozenset(map(str, words)) for words in _file()["others"].values())


@cache
def _file() -> dict[str, Any]:
    found: dict[str, Any] = parse_yaml(_FILE.read_bytes(), "knowledge/search/languages.yaml").value
    return found


def _language(name: str, entry: Any) -> Language:
    return Language(
        name,
        entry["name"],
        frozenset(map(str, entry["knows"])),
        _phrases(entry["says"]),
        _phrases(entry.get("asks", {}), entry["says"]),
    )


def _phrases(*groups: Mapping[Any, Any]) -> tuple[tuple[str, str], ...]:
    """Return each phrase with its English, the longest first. Of the same phrase, the first group's."""
    found: dict[str, str] = {}
    for group in groups:
        for english, many in group.items():
            for phrase in many:
                found.setdefault(str(phrase), str(english))
    return tuple(sorted(found.items(), key=lambda pair: (-len(pair[0]), pair[0])))


@cache
def _patterns(language: str, *, asking: bool) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The phrases of *language*, compiled when a text in it comes: all languages together take 0.1 s."""
    known = _languages()[language]
    phrases = known.questions if asking else known.phrases
    return tuple((_pattern(phrase, spaced=language != "ja"), english) for phrase, english in phrases)


def _pattern(phrase: str, *, spaced: bool) -> re.Pattern[str]:
    if not spaced:
        return re.compile(re.escape(phrase))
    phrase = phrase.replace("wi-fi", "wifi")
    body = r"\s+".join(re.escape(word).replace(r"\*", r"[\w]*") for word in phrase.split())
    body = body.replace("wifi", "wi-?fi")
    # "l'horloge", "dell'orologio": an article may be joined to the word.
    return re.compile(rf"(?:(?<![\w'])|(?<=\b[ld]')|(?<=[elnu]l')){body}(?![\w])")
