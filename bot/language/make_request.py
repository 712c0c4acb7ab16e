"""Make a request from any text: a command, a sentence, or a pasted log.

Pure: no network, no clock. Never fails: for a text without a meaning, it returns a `UsageError` with
examples.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from bot.errors import UsageError, join_or, nearest, unknown_word
from bot.intake.clues import Reading
from bot.intake.subject import is_subject
from bot.language.command_parser import parse, parse_words
from bot.model.relay_names import NAMES, relays_in
from bot.model.request import TYPED, Assumed, Request, Vocabulary
from bot.model.symptom_match import CauseCandidate, SymptomMatch
from knowledge.model.schema import Knowledge

EXAMPLES: Final = (
    "`/diagnose 31009`, `/diagnose 31009 ios edge=frankfurt`, or any sentence or log with an error code in it"
)


@dataclass(frozen=True, slots=True)
class AmbiguousCode:
    """Several codes are possible: a question to the user, and a request for each label."""

    ask: str
    options: tuple[tuple[str, Request], ...]


Understood: TypeAlias = Request | AmbiguousCode | UsageError


# Minimum similarity of a misspelled option name: "trun" is 0.75 turn.
SLIP: Final = 0.7

# A code, one or two words, and a relay: this is a command, and no description.
COMMAND: Final = re.compile(
    rf"(?:/?diagnose\s+)?\d{{5}}(?:\s+[^\s,]+){{0,5}}?\s+from\s+{NAMES}\s*[.!]?$", re.IGNORECASE
)


# "AccessTokenExpired (20104)", "CallException: 53405", "error.code === 31003": written by a program, so not misspelled.
OF_PROGRAM: Final = re.compile(r"[a-z][A-Z][a-z]{2}|\(\d{5}\)|[A-Za-z]\.[A-Za-z]|==|\w(?i:error|exception)\b")

# Punctuation that no command has: "31301, Registration failed", "TwilioError: … (20104)".
_PROSE: Final = re.compile(
    r"\b(?i:code|error)\W{1,3}\d{5}[,;:]\s|\d{5}[\W_]+\s[^\W\d]+\s+\w|\wError:\s|[(\[{]\d{5}[)\]}]|[^\W\d]\.[^\W\d]\w+.*\d{5}"
)

# Words without information for a request. Next to a code, they can be ignored.
FILLER: Final = frozenset(
    word
    for line in (
        "a an and are at call calling calls can cannot cant client code codes connection customer device diagnose",
        "did does error errors err failed failing fails failure fix for from get gets getting got has have help hello",
        "hey hi how i in is issue it its keep keeps me my of on our pls please plz problem sdk see seeing still that",
        "the their this to transport twilio us user users voice we what whats why with wrong you your app again",
        "always sometimes now today version platform edge relay",
    )
    for word in line.split()
)


def make_request(reading: Reading, vocabulary: Vocabulary) -> Understood:
    """Return the request of *reading*, the choice for the user, or what to type instead."""
    sentence = reading.text
    try:
        return parse(sentence, vocabulary)
    except UsageError as error:
        strict = error
    codes = reading.codes
    known = [code for code in codes if code in vocabulary.codes]
    if not known:
        return _no_code(codes, vocabulary)
    clues = reading.clues
    if _is_slip(sentence, clues, vocabulary) or _names_no_relay(sentence, vocabulary):
        return strict
    requests = [request_for_code(code, clues, vocabulary) for code in known]
    requests = [
        replace(request, assumed="context") if request.code in reading.open_codes else request
        for request in requests
    ]
    if len(requests) == 1:
        return requests[0]
    ask = f"There are several error codes in that: {join_or(known)}. Which one should I diagnose?"
    return AmbiguousCode(ask, tuple(zip(known, requests, strict=True)))


def _no_code(codes: tuple[str, ...], vocabulary: Vocabulary) -> UsageError:
    if codes:
        return unknown_word("an error code known here", codes[0], vocabulary.codes, vocabulary.see)
    return UsageError(f"I found no error code in that. Try {EXAMPLES}.")


def request_for_code(code: str, clues: Mapping[str, str], vocabulary: Vocabulary) -> Request:
    """Make the request for *code*, with each clue that the strict parser accepts."""
    options = [("code", code)]
    for option in sorted(
        clues.items(), key=lambda texts: texts[0] != "platform"
    ):  # a version needs the platform
        try:
            parse_words((), vocabulary, [*options, option])
        except UsageError:  # such as a version without a platform
            continue
        options.append(option)
    return parse_words((), vocabulary, options)


def _is_slip(text: str, clues: Mapping[str, str], vocabulary: Vocabulary) -> bool:
    """Tell whether this is a command with an unknown word. Asking is better than ignoring the word."""
    if len(text) > TYPED or "\n" in text.strip() or OF_PROGRAM.search(text):
        return False
    bare = len(text.split()) <= 3 and not _PROSE.search(text)  # a code and one or two words
    return any(_means_nothing(word, clues, vocabulary, bare=bare) for word in text.split())


def _names_no_relay(text: str, vocabulary: Vocabulary) -> bool:
    """Tell whether a command's list of relays contains an unknown name. Another relay's result would mislead."""
    typed = COMMAND.match(text.strip()) if len(text) <= TYPED else None
    if typed is None:
        return False
    names = [item for item in re.split(r"[\s,&]+", typed[1].casefold()) if item and item != "and"]
    prose = any(name.strip(".") in FILLER for name in names)
    return not prose and len(relays_in(" ".join(names), vocabulary)) < len(set(names))


def _means_nothing(word: str, clues: Mapping[str, str], vocabulary: Vocabulary, *, bare: bool) -> bool:
    name, equals, _ = word.lstrip("-\u2014\u2013").casefold().partition("=")
    if re.search(r"\d{5}|[@/]", word):  # the code itself, a mention, an address
        return False
    if equals or word.startswith("--"):
        near = name if name in vocabulary.names else nearest(name, vocabulary.names, cutoff=SLIP)
        return near not in clues if near else bare
    plain_word = name.strip(".,:;!?()[]{}<>*_`\"'")
    if (
        not bare
        or not plain_word.isalpha()
        or len(plain_word) < 3
        or plain_word in FILLER
        or is_subject(plain_word)
    ):
        return False
    meant = (*vocabulary.platforms, *vocabulary.edges, *vocabulary.relays, *vocabulary.names)
    in_clue = any(plain_word in value for value in clues.values())
    in_name = any(plain_word in item for item in meant)
    return not (in_clue or in_name or nearest(plain_word, meant))


_HALF_MEANT: Final = 0.3  # minimum share of the best confidence for a reading to count


def request_for(
    readings: SymptomMatch, chosen: Sequence[CauseCandidate], knowledge: Knowledge, vocabulary: Vocabulary
) -> Request | None:
    """Return the case for *chosen*: with the given code, or the code that best covers the causes."""
    weighed = {candidate.cause: candidate.score for candidate in chosen}
    code = readings.codes[0] if readings.codes else _code_for(weighed, knowledge)
    if not code:
        return None
    clues = readings.clues
    # Versions differ between platforms, so a version without a platform has no meaning.
    names = (name for name in vocabulary.options if "platform" in clues or not vocabulary.is_version(name))
    answers = {name: clues[name] for name in names if name in clues}
    relays = (clues["relay"],) if "relay" in clues else vocabulary.relays[:1]
    assumed: Assumed = "" if readings.codes else "no-code"
    return Request(
        code, clues.get("platform"), clues.get("edge", vocabulary.roaming), answers, relays, assumed
    )


def request_for_match(readings: SymptomMatch, knowledge: Knowledge, vocabulary: Vocabulary) -> Request | None:
    """Return a case that covers all offered causes, if nobody is there to choose."""
    return request_for(readings, readings.offered, knowledge, vocabulary) if readings.offered else None


def _code_for(weighed: Mapping[str, float], knowledge: Knowledge) -> str:
    """Return the code that covers these causes best. Of two equal ones, take the one with more causes."""
    best = max(weighed.values(), default=0.0)
    meant = {name: score for name, score in weighed.items() if score >= _HALF_MEANT * best}
    crowd = {
        code: sum(code in cause.weight for cause in knowledge.causes.values()) for code in knowledge.errors
    }

    def value(code: str) -> float:
        fit = sum(score * knowledge.causes[name].weight.get(code, 0.0) for name, score in meant.items())
        return fit * math.log1p(crowd[code])

    def platforms(code: str) -> int:  # between equals, the code that more SDKs raise
        return len(knowledge.errors[code].platforms or knowledge.platforms)

    codes = sorted(knowledge.errors, key=lambda code: (-value(code), -platforms(code), code))
    return codes[0] if codes and value(codes[0]) > 0 else ""
