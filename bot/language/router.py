"""What somebody wants who writes to us without a case: a diagnosis, a meaning, an allow-list, an answer, a reading.

Pure: no network, no clock. Never fails: what cannot be meant comes back as a `UsageError`.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from bot.allowlist.request import ListRequest, called, make_list_request, read_words
from bot.errors import UsageError, nearest_codes
from bot.intake.clues import ON_DEVICE
from bot.intake.read import read
from bot.language.answering import Answer, answer_question
from bot.language.case_context import CaseContext
from bot.language.command_parser import parse
from bot.language.intents import ThreadContext, read_intent
from bot.language.make_request import AmbiguousCode, make_request
from bot.model.normalize import normalize
from bot.model.request import Request, Vocabulary
from bot.model.symptom_match import SymptomMatch
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge

FEW: Final = 3  # words that are meant as names more likely than as a story
_SENTENCE: Final = (
    300  # characters; what is longer is a log with a code in it, and no question about the code
)

_CODE: Final = r"(?:(?:the|an?|this|error|code|errorcode|err|twilio)\W+)*#?\d{5}"
_MEANING: Final = re.compile(
    r"^\W*(?:/?diagnose\s+)?(?:(?:the\s+)?(?:meaning|mean|explain|define|describe)\b)"
    rf"|\bwhat(?:'s|s|\s+is|\s+are|\s+was|\s+about)\s+{_CODE}\W*$"
    r"|\bwhat\b.*\b(?:means?|meant|stands? for)\b|\b(?:meaning|definition) of\b|\d{5}\s+(?:means?|meaning)\b"
    rf"|\b(?:explain|tell me (?:more )?about|describe)\s+{_CODE}",
    re.IGNORECASE,
)
_DIFFERENCE: Final = re.compile(r"\b(?:differen\w*|versus|vs\.?|same as|compared?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CodeMeanings:
    """Somebody asks what codes mean."""

    codes: tuple[str, ...]  # all of them known
    platform: str = ""


@dataclass(frozen=True, slots=True)
class UnknownCode:
    """A code that is not known here, the nearest ones, and whether its meaning was asked for."""

    code: str
    near: tuple[str, ...]
    meaning: bool = False


@dataclass(frozen=True, slots=True)
class HelpWanted:
    """Somebody asks what can be asked."""


@dataclass(frozen=True, slots=True)
class MissingPlatform:
    """An allow-list without a platform; whatever else was said about it, by name."""

    said: Mapping[str, str]


RoutedIntent: TypeAlias = (
    Request
    | AmbiguousCode
    | UsageError
    | HelpWanted
    | CodeMeanings
    | UnknownCode
    | ListRequest
    | MissingPlatform
    | Answer
    | SymptomMatch
)


@dataclass(frozen=True, slots=True)
class LanguageContext:
    """What words can be about."""

    knowledge: Knowledge
    network: Network
    vocabulary: Vocabulary


def route(text: str, about: CaseContext, language_context: LanguageContext) -> RoutedIntent:
    """Say what *text* wants; *about* is what it goes on from, if anything."""
    # A command as the documentation writes it needs no reading of prose, and can mean nothing else.
    with suppress(UsageError):
        return parse(text, language_context.vocabulary)
    sentence = re.sub(r"^\W*diagnose\b(?=\s+\S)", "", normalize(text), flags=re.IGNORECASE).strip()
    if (
        len(sentence) <= _SENTENCE
        and read_intent(sentence, ThreadContext(language_context.vocabulary)).kind == "help"
    ):
        return HelpWanted()
    try:
        special = wanted_list(sentence, about, language_context) or wanted_meaning(sentence, language_context)
    except UsageError as error:
        return error
    if special:
        return special
    found = make_request(read(text, language_context.vocabulary), language_context.vocabulary)
    if isinstance(found, Request):
        return found
    codes = read(sentence, language_context.vocabulary).codes
    if isinstance(found, AmbiguousCode):
        free = _free(sentence, about, language_context) if is_question(sentence) else None
        return free if isinstance(free, Answer) and free.answered else found
    if codes:
        known = codes[0] in language_context.knowledge.errors
        return (
            found
            if known
            else UnknownCode(codes[0], tuple(nearest_codes(codes[0], language_context.vocabulary.codes)))
        )
    free = _free(sentence, about, language_context)
    if isinstance(free, SymptomMatch):
        # A question may be general: nothing is looked into before somebody says that it is meant so.
        asks = is_question(sentence) and free.verdict == "sure"
        free = replace(free, verdict="close") if asks else free
    understood = free.answered if isinstance(free, Answer) else free.verdict != "none"
    return (
        free
        if understood or len(sentence.split()) > FEW
        else _slip(sentence, language_context.vocabulary) or free
    )


def _slip(text: str, vocabulary: Vocabulary) -> UsageError | None:
    """What is wrong with a few words that were meant as names, where one is nearly known."""
    try:
        parse(text, vocabulary)
    except UsageError as error:
        return error if "did you mean" in str(error) else None
    return None


def wanted_list(
    text: str, about: CaseContext, language_context: LanguageContext
) -> ListRequest | MissingPlatform | None:
    """The allow-list that *text* asks for, with what is known of the case; `UsageError` for a wrong word."""
    rest = called(text)
    if rest is None:
        return None
    platforms = language_context.vocabulary.platforms
    said_so = read_words(rest, platforms, language_context.network)
    known = {"platform": about.platform, "edge": about.edge} | said_so
    return (
        make_list_request(known, language_context.knowledge, language_context.network)
        if known["platform"]
        else MissingPlatform(said_so)
    )


def wanted_meaning(text: str, language_context: LanguageContext) -> CodeMeanings | UnknownCode | None:
    """The codes whose meaning *text* asks for."""
    if len(text) > _SENTENCE or not _MEANING.search(text) or _DIFFERENCE.search(text):
        return None
    reading = read(text, language_context.vocabulary)
    codes = reading.codes
    if not codes:
        return None
    known = tuple(code for code in codes if code in language_context.knowledge.errors)
    if not known:
        return UnknownCode(
            codes[0], tuple(nearest_codes(codes[0], language_context.vocabulary.codes)), meaning=True
        )
    return CodeMeanings(known, reading.clues.get("platform", ""))


def in_context(text: str, about: CaseContext, language_context: LanguageContext) -> CaseContext:
    """*about* with the platform and the edge that *text* names itself."""
    clues = read(text, language_context.vocabulary).clues
    return replace(about, platform=clues.get("platform", about.platform), edge=clues.get("edge", about.edge))


def _free(text: str, about: CaseContext, language_context: LanguageContext) -> Answer | SymptomMatch:
    return take(
        text,
        in_context(text, about, language_context),
        language_context.knowledge,
        language_context.network,
        language_context.vocabulary,
    )


def follow_up(text: str, before: Sequence[str], vocabulary: Vocabulary) -> str:
    """The question that *text* makes of the one *before* it, such as "and on iOS?"; empty where it makes none."""
    if not before:
        return ""
    sentence = normalize(text).strip()
    if not _ELLIPSIS.search(sentence):
        return ""
    platform = read(sentence, vocabulary).clues.get("platform")
    if not platform:
        return ""
    names = "|".join(re.escape(name) for name in sorted(vocabulary.platforms, key=len, reverse=True))
    bare = re.sub(
        rf"\b(?:(?:on|in|for|with|at)\s+(?:the\s+)?)?(?:{names})\b", " ", before[-1], flags=re.IGNORECASE
    )
    return f"{' '.join(bare.split()).rstrip(' ?.!')} on {platform.replace('-', ' ')}?"


_ELLIPSIS: Final = re.compile(
    r"^\W*(?:(?:and|but|or|ok|so|now)\W+)*(?:(?:what|how)\s+about\s+|same\s+(?:\w+\s+)?|(?:on|for|in|with)\s+)?"
    r"(?:(?:on|for|in|with|the|an?)\s+)*[\w -]{2,25}\s*(?:app|sdk|instead|then|too)?\W*$",
    re.IGNORECASE,
)


def is_from_device(words: str) -> bool:
    """Tell whether *words* say that what was pasted with them was made on the user's device."""
    return bool(ON_DEVICE.search(words))


def without_place(words: str) -> str:
    """Give *words* without those that say so."""
    return ON_DEVICE.sub(" ", words)


# Stories are told; these ask.
_QUESTION: Final = re.compile(
    r"\?\s*$|^\W*(?:and |but |so |ok )*(?:what|what's|whats|why|how|which|where|when|who|can|could|do|does|did|is|are|"
    r"should|must|may|explain|define|tell me|show me|give me)\b",
    re.IGNORECASE,
)


# These ask what something is or how it is done, and tell nothing that has happened.
_ASKS_WHAT: Final = re.compile(
    r"^\W*(?:and |but |so |ok )*(?:what(?:'s|s| is| are| does| do)|how (?:do|does|can|to|much|many)|which|explain|"
    r"define|describe|who|where|when)\b",
    re.IGNORECASE,
)


_LIKELY: Final = 0.3  # confidence that a question which nothing answers must have as a story


def is_question(text: str) -> bool:
    """Whether *text* is put as a question."""
    return bool(_QUESTION.search(text))


def take(
    text: str, about: CaseContext, knowledge: Knowledge, network: Network, vocabulary: Vocabulary
) -> Answer | SymptomMatch:
    """Answer *text* if it is a question, read it if it is a story; where that says nothing, the other way round."""
    if is_question(text):
        answer = answer_question(text, about, knowledge, network)
        if answer.answered or _ASKS_WHAT.search(text):
            return answer
        readings = read(text, vocabulary, knowledge).match
        likely = readings.verdict != "none" and readings.causes[0].score >= _LIKELY
        return readings if likely else answer
    readings = read(text, vocabulary, knowledge).match
    if readings.verdict != "none":
        return readings
    answer = answer_question(text, about, knowledge, network)
    return answer if answer.answered else readings
