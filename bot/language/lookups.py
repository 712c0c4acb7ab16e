"""Recognize requests for reference text: an allow-list, a code's meaning, relays, earlier diagnoses.

Pure: no network, no clock.
"""

import re
from typing import Final

from bot.allowlist.request import ListRequest, called, make_list_request, read_words
from bot.errors import UsageError, nearest_codes
from bot.intake.read import read
from bot.language.answer import Answer
from bot.language.case_context import CaseContext
from bot.language.command_parser import parse
from bot.language.routed_intent import (
    CodeMeanings,
    HistoryWanted,
    LanguageContext,
    LinkWanted,
    MissingPlatform,
    RelaysWanted,
    UnknownCode,
)

LONGEST: Final = 300  # characters; a longer text is a log that contains a code, and no question about it

_CODE: Final = r"(?:(?:the|an?|this|error|code|errorcode|err|twilio)\W+)*#?\d{5}"
_MEANING: Final = re.compile(
    r"^\W*(?:/?diagnose\s+)?(?:(?:the\s+)?(?:meaning|mean|explain|define|describe)\b)"
    rf"|\bwhat(?:'s|s|\s+is|\s+are|\s+was|\s+about)\s+{_CODE}\W*$"
    r"|\bwhat\b.*\b(?:means?|meant|stands? for)\b|\b(?:meaning|definition) of\b|\d{5}\s+(?:means?|meaning)\b"
    rf"|\b(?:explain|tell me (?:more )?about|describe)\s+{_CODE}",
    re.IGNORECASE,
)
_LINK: Final = re.compile(r"(?<![\w-])(?:(?:check|test)[ -]?)?link(?![\w-])", re.IGNORECASE)
_LINK_WORDS: Final = re.compile(
    r"/?(?<![\w-])(?:diagnose|please|make|create|send|give|get|me|us|an?|the|new|another|for|to|this|customer|user|as)"
    r"(?![\w-])(?!=)",
    re.IGNORECASE,
)
_DIFFERENCE: Final = re.compile(r"\b(?:differen\w*|versus|vs\.?|same as|compared?)\b", re.IGNORECASE)
_INVENTORY: Final = re.compile(
    r"\W*(?:(?:show|list)\s+(?:me\s+)?(?:the\s+|all\s+|my\s+)*)?"
    r"(?:(?P<relays>relays?)|(?P<history>history)(?P<here>(?:\s+(?:of|in))?\s+(?:here|(?:(?:this|the)\s+)?channel))?)\W*",
    re.IGNORECASE,
)


def wanted_inventory(text: str) -> RelaysWanted | HistoryWanted | None:
    """Return the list of relays or diagnoses if *text* asks for it by name."""
    match = _INVENTORY.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        return None
    return RelaysWanted() if match["relays"] else HistoryWanted(here=bool(match["here"]))


def wanted_link(text: str, language: LanguageContext) -> LinkWanted | None:
    """Return the check link that *text* asks for, if every other word of it belongs to a request."""
    if len(text) > LONGEST or not _LINK.search(text):
        return None
    rest = _LINK_WORDS.sub(" ", _LINK.sub(" ", text, count=1)).strip(" .!?,:")
    if not rest:
        return LinkWanted()
    try:
        return LinkWanted(parse(rest, language.vocabulary))
    except UsageError:
        return None


def wanted_list(
    text: str, about: CaseContext, language: LanguageContext
) -> ListRequest | MissingPlatform | None:
    """Return the allow-list that *text* asks for, with the case's options; `UsageError` for an invalid word."""
    rest = called(text)
    if rest is None:
        return None
    options = read_words(rest, language.vocabulary.platforms, language.network)
    known = {"platform": about.platform, "edge": about.edge} | options
    if not known["platform"]:
        return MissingPlatform(options)
    return make_list_request(known, language.knowledge, language.network)


def wanted_meaning(text: str, language: LanguageContext) -> CodeMeanings | UnknownCode | None:
    """Return the codes whose meaning *text* asks for."""
    if len(text) > LONGEST or not _MEANING.search(text) or _DIFFERENCE.search(text):
        return None
    reading = read(text, language.vocabulary)
    codes = reading.codes
    if not codes:
        return None
    known = tuple(code for code in codes if code in language.knowledge.errors)
    if not known:
        return unknown_code(codes[0], language, meaning=True)
    return CodeMeanings(known, reading.clues.get("platform", ""))


def unknown_code(code: str, language: LanguageContext, *, meaning: bool = False) -> UnknownCode:
    """Return the unknown *code* with the nearest known codes."""
    return UnknownCode(code, tuple(nearest_codes(code, language.vocabulary.codes)), meaning)


def is_entry(name: str, language: LanguageContext) -> bool:
    """Tell whether *name* is a cause, a question, or a code with an explanation."""
    knowledge = language.knowledge
    return name in knowledge.causes or name in knowledge.questions or name in knowledge.errors


def is_guide(answer: Answer, language: LanguageContext) -> bool:
    """Tell whether the answer is only the preflight guide, for which there is a version with code."""
    guides = {f"knowledge/answers/preflight-{platform}.md" for platform in language.knowledge.platforms}
    return all(source.file in guides for source in answer.sources)
