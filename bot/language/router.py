"""Interpret a message, with the same rules for the terminal, `lineman diagnose`, and Slack.

Pure: no network, no clock. Never fails: a text without a meaning returns a `UsageError` or `NotUnderstood`.
"""

import re
from contextlib import suppress
from dataclasses import replace
from typing import Final

from bot.allowlist.request import asks_plainly
from bot.errors import UsageError
from bot.intake.read import read
from bot.language.addressing import is_addressed_to_bot
from bot.language.answer import Answer
from bot.language.answer_words import wrong_answer
from bot.language.answering import LOOKS, answer_question
from bot.language.case_context import CaseContext
from bot.language.command_slips import FEW, as_command, slip, wrong_word
from bot.language.follow_ups import LastQuestion, follow_up, in_context
from bot.language.free_text import answer_or_match, asks_only, is_question
from bot.language.intents import Intent, ThreadContext, read_intent
from bot.language.lookups import (
    LONGEST,
    is_entry,
    is_guide,
    unknown_code,
    wanted_inventory,
    wanted_link,
    wanted_list,
    wanted_meaning,
)
from bot.language.make_request import OF_PROGRAM, AmbiguousCode, make_request
from bot.language.routed_intent import (
    Conversation,
    HelpWanted,
    LanguageContext,
    NotForUs,
    NotUnderstood,
    RoutedIntent,
)
from bot.model.normalize import normalize
from bot.model.request import Request
from bot.model.symptom_match import SymptomMatch

SHORT: Final = 200  # characters; a follow-up question is short
NEW: Final = Conversation()
_COMMAND: Final = re.compile(r"\s*/diagnose\b", re.IGNORECASE)  # starts another case, wherever it is typed
CHANGES: Final = ("platform", "edge", "relay", "answer")


def route(text: str, language: LanguageContext, conversation: Conversation = NEW) -> RoutedIntent:
    """Interpret *text* in *conversation*."""
    if conversation.in_case and not _COMMAND.match(text):
        return _in_case(text, language, conversation)
    question = complete(text, language, conversation)
    return _anew(question.question, conversation.last.about, language)


def is_for_us(text: str, language: LanguageContext, conversation: Conversation) -> bool:
    """Tell whether *text* is addressed to the bot where people also talk to each other. `about` is not needed."""
    if conversation.addressed or asks_plainly(text) or as_command(text, language.vocabulary, words=2):
        return True
    return is_addressed_to_bot(text, _intent(text, language, conversation))


def complete(text: str, language: LanguageContext, conversation: Conversation) -> LastQuestion:
    """Complete *text* with the previous question if it is a follow-up, and return the case it refers to."""
    last = conversation.last
    question = follow_up(text, [last.question] if last.question else [], language.vocabulary) or text
    if not conversation.in_case:
        return LastQuestion(question, last.about)
    about = conversation.about
    if last.question:
        about = replace(
            about, platform=last.about.platform or about.platform, edge=last.about.edge or about.edge
        )
    return LastQuestion(question, in_context(text, about, language.vocabulary))


def _anew(text: str, about: CaseContext, language: LanguageContext) -> RoutedIntent:
    """Interpret *text* outside a case. *about* is the context of a follow-up, if any."""
    vocabulary = language.vocabulary
    # A command as documented needs no prose parsing, and is unambiguous.
    if request := wanted_link(text, language) or as_command(text, vocabulary):
        return request
    sentence = re.sub(r"^\W*diagnose\b(?=\s+\S)", "", normalize(text), flags=re.IGNORECASE).strip()
    intent = read_intent(sentence, ThreadContext(vocabulary)) if len(sentence) <= LONGEST else None
    if intent and intent.kind in ("help", "stop"):
        return HelpWanted() if intent.kind == "help" else intent
    try:
        if special := _lookup(sentence, about, language):
            return special
    except UsageError as error:
        return error
    if wrong := wrong_word(sentence, vocabulary):
        return wrong
    found = make_request(read(text, vocabulary), vocabulary)
    if isinstance(found, Request):
        return found
    codes = read(sentence, vocabulary).codes
    if isinstance(found, AmbiguousCode):
        free = answer_or_match(sentence, about, language) if is_question(sentence) else None
        return free if isinstance(free, Answer) and free.certain else found
    if codes:
        return found if codes[0] in language.knowledge.errors else unknown_code(codes[0], language)
    return _free(sentence, about, language, intent)


def _free(text: str, about: CaseContext, language: LanguageContext, intent: Intent | None) -> RoutedIntent:
    """Interpret *text* without a code: an answer, a symptom description, “again”, or misspelled words."""
    free = answer_or_match(text, about, language)
    few = len(text.split()) <= FEW
    sure = isinstance(free, SymptomMatch) and free.verdict == "sure"
    if few and intent and intent.kind == "again" and not sure:
        return intent
    if isinstance(free, SymptomMatch) and sure and is_question(text):
        # A question may be general, so no checks run until the user confirms.
        return replace(free, verdict="close")
    if free.certain if isinstance(free, Answer) else free.verdict != "none":
        return free
    return (slip(text, language.vocabulary) if few else None) or free


def _in_case(text: str, language: LanguageContext, conversation: Conversation) -> RoutedIntent:
    """Interpret *text* in an open case: a change or an answer first, then questions about it."""
    if not is_for_us(text, language, conversation):
        return NotForUs()
    if request := wanted_link(text, language) or as_command(text, language.vocabulary):
        return request
    if conversation.addressed and (inventory := wanted_inventory(normalize(text))):
        return inventory
    intent = _intent(text, language, conversation)
    if intent.kind == "help":
        return HelpWanted()
    if _is_plain(text, intent, language, conversation):
        return intent
    with suppress(UsageError):
        if special := _lookup(text, conversation.about, language):
            return special
    if intent.kind == "unknown":
        return wrong_answer(text, language.vocabulary) or _question(text, language, conversation)
    return _asked_about(text, intent, language, conversation)


def _is_plain(text: str, intent: Intent, language: LanguageContext, conversation: Conversation) -> bool:
    """Tell whether *text* clearly is *intent*, and not a question that only contains its words."""
    match intent.kind:
        case "stop" | "again" | "evidence" | "unsure":
            return True
        case "platform" | "edge" | "relay" | "answer":
            return not asks_only(text) and not _goes_on(text, language, conversation)
        case "preflight":
            return not asks_only(text)
        case "meaning":
            name = intent.values.get("about", "")
            return "-" in name and is_entry(name, language)
    return False


def _asked_about(
    text: str, intent: Intent, language: LanguageContext, conversation: Conversation
) -> RoutedIntent:
    """Interpret *text* that matches *intent* and may be a question. A question changes nothing."""
    answer = _answer(text, language, conversation)
    if answer.certain and not (intent.kind == "preflight" and is_guide(answer, language)):
        return answer
    if intent.kind in CHANGES and (asks_only(text) or intent.kind == "answer"):
        if not conversation.addressed:
            return NotForUs()
        return _question(text, language, conversation) if intent.kind == "answer" else intent
    if intent.kind == "meaning" and not is_entry(intent.values.get("about", ""), language):
        return _question(text, language, conversation)
    return intent


def _question(text: str, language: LanguageContext, conversation: Conversation) -> RoutedIntent:
    """Answer *text*. If addressed to the bot, it may also be a symptom description or name another code."""
    answer = _answer(text, language, conversation)
    if not conversation.addressed:
        return answer if answer.certain else NotForUs()
    if answer.certain and is_question(text):
        return answer
    wanted = _anew(text, conversation.about, language)
    # A case is open already, so no other cause is tested until the user confirms.
    match wanted:
        case AmbiguousCode():
            return wanted
        case SymptomMatch(verdict="none"):
            return answer if answer.answered else NotUnderstood()
        case SymptomMatch() if answer.sources and answer.sources[0].title == LOOKS and is_question(text):
            return answer
        case SymptomMatch():
            return replace(wanted, verdict="close")
    # A log that names another code is no question about that code.
    if isinstance(wanted, Request) and (not answer.answered or OF_PROGRAM.search(text)):
        return wanted
    return (
        answer if answer.answered or (isinstance(wanted, Answer) and is_question(text)) else NotUnderstood()
    )


def _intent(text: str, language: LanguageContext, conversation: Conversation) -> Intent:
    return read_intent(text, ThreadContext(language.vocabulary, conversation.asked, conversation.topics))


def _lookup(text: str, about: CaseContext, language: LanguageContext) -> RoutedIntent | None:
    return wanted_inventory(text) or wanted_list(text, about, language) or wanted_meaning(text, language)


def _answer(text: str, language: LanguageContext, conversation: Conversation) -> Answer:
    question = complete(text, language, conversation)
    return answer_question(question.question, question.about, language.knowledge, language.network)


def _goes_on(text: str, language: LanguageContext, conversation: Conversation) -> bool:
    """Tell whether *text* repeats the previous question for another platform."""
    before = conversation.last.question
    return bool(before and follow_up(text[:SHORT], [before], language.vocabulary))
