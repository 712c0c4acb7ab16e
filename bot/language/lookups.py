"""Requests for what is written down: an allow-list, the meaning of a code, the list of relays, earlier diagnoses.

Pure: no network, no clock.
"""

import re
from typing import Final

from bot.allowlist.request import ListRequest, called, make_list_request, read_words
from bot.errors import nearest_codes
from bot.intake.read import read
from bot.language.answering import Answer
from bot.language.case_context import CaseContext
from bot.language.routed_intent import (
    CodeMeanings,
    HistoryWanted,
    LanguageContext,
    MissingPlatform,
    RelaysWanted,
    UnknownCode,
)

LONGEST: Final = 300  # characters; what is longer is a log with a code in it, and no question about the code

_CODE: Final = r"(?:(?:the|an?|this|error|code|errorcode|err|twilio)\W+)*#?\d{5}"
_MEANING: Final = re.compile(
    r"^\W*(?:/?diagnose\s+)?(?:(?:the\s+)?(?:meaning|mean|explain|define|describe)\b)"
    rf"|\bwhat(?:'s|s|\s+is|\s+are|\s+was|\s+about)\s+{_CODE}\W*$"
    r"|\bwhat\b.*\b(?:means?|meant|stands? for)\b|\b(?:meaning|definition) of\b|\d{5}\s+(?:means?|meaning)\b"
    rf"|\b(?:explain|tell me (?:more )?about|describe)\s+{_CODE}",
    re.IGNORECASE,
)
_DIFFERENCE: Final = re.compile(r"\b(?:differen\w*|versus|vs\.?|same as|compared?)\b", re.IGNORECASE)
_INVENTORY: Final = re.compile(
    r"\W*(?:(?:show|list)\s+(?:me\s+)?(?:the\s+|all\s+|my\s+)*)?(?:(?P<relays>relays?)|(?P<history>history))\W*",
    re.IGNORECASE,
)


def wanted_inventory(text: str) -> RelaysWanted | HistoryWanted | None:
    """The list of relays or of earlier diagnoses, if *text* asks for one in its own word."""
    match = _INVENTORY.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        return None
    return RelaysWanted() if match["relays"] else HistoryWanted()


def wanted_list(
    text: str, about: CaseContext, language: LanguageContext
) -> ListRequest | MissingPlatform | None:
    """The allow-list that *text* asks for, with what is known of the case; `UsageError` for a wrong word."""
    rest = called(text)
    if rest is None:
        return None
    options = read_words(rest, language.vocabulary.platforms, language.network)
    known = {"platform": about.platform, "edge": about.edge} | options
    if not known["platform"]:
        return MissingPlatform(options)
    return make_list_request(known, language.knowledge, language.network)


def wanted_meaning(text: str, language: LanguageContext) -> CodeMeanings | UnknownCode | None:
    """The codes whose meaning *text* asks for."""
    if len(text) > LONGEST or not _MEANING.search(text) or _DIFFERENCE.search(text):
        return None
    codes = read(text, language.vocabulary).codes
    if not codes:
        return None
    known = tuple(code for code in codes if code in language.knowledge.errors)
    if not known:
        return unknown_code(codes[0], language, meaning=True)
    return CodeMeanings(known, read(text, language.vocabulary).clues.get("platform", ""))


def unknown_code(code: str, language: LanguageContext, *, meaning: bool = False) -> UnknownCode:
    """*code*, which is not known here, with the nearest that are."""
    return UnknownCode(code, tuple(nearest_codes(code, language.vocabulary.codes)), meaning)


def is_entry(name: str, language: LanguageContext) -> bool:
    """Whether *name* is a cause, a question or a code, whose meaning is written down under it."""
    knowledge = language.knowledge
    return name in knowledge.causes or name in knowledge.questions or name in knowledge.errors


def is_guide(answer: Answer, language: LanguageContext) -> bool:
    """Whether all that was found is how to run the preflight test, for which there is a guide with code."""
    guides = {f"knowledge/answers/preflight-{platform}.md" for platform in language.knowledge.platforms}
    return all(source.file in guides for source in answer.sources)
