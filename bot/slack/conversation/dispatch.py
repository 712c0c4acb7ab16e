"""A text that somebody typed, said or pasted is understood without its secrets, and done: at the bench, then here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot.allowlist.request import ListRequest, called
from bot.errors import UsageError
from bot.language.answering import Answer
from bot.language.case_context import CaseContext
from bot.language.command_parser import parse_words
from bot.language.make_request import AmbiguousCode
from bot.language.router import (
    CodeMeanings,
    HelpWanted,
    LanguageContext,
    MissingPlatform,
    RoutedIntent,
    UnknownCode,
    follow_up,
    route,
)
from bot.model.request import Request
from bot.model.symptom_match import SymptomMatch
from bot.redaction.redact import hint, redact
from bot.rendering.blocks import notices
from bot.rendering.blocks.notices import note
from bot.rendering.symptom_text import understood
from bot.slack.api.actor import Actor
from bot.slack.conversation import allowlists, answers, symptom_choices, thread_replies
from bot.slack.runs import lifecycle
from bot.slack.state.context import AppContext

LONGEST = 40_000  # characters: what a Slack message can hold; the rest of a longer text is not read
TAKEN_OUT: Final = re.compile(r"\[[\w ]{1,40} removed\]")
LISTS: Final = ("/diagnose allowlist ios", "/diagnose allowlist ios edge=frankfurt turn=yes format=nft")
KEPT: Final = 500  # characters of a text that are shown again or kept


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """What a text wants, the text without its secrets, and what was taken out of it (a sentence; empty if nothing)."""

    want: RoutedIntent
    text: str
    taken_out: str

    @property
    def says_nothing(self) -> bool:
        """Whether all there is to answer is how to say it."""
        found = self.want
        return isinstance(found, UsageError) or (isinstance(found, SymptomMatch) and found.verdict == "none")


async def handle_text(context: AppContext, actor: Actor, text: str) -> None:
    """Do what *text* asks for, or say what to type instead; secrets in it are neither kept nor repeated."""
    talk, here = (
        context.thread_memory.last(actor),
        answers.language_context(context, await context.words_for(actor)),
    )
    about = talk.about
    heard = await context.worker.call(read, text, about, here, talk.question)
    if heard.taken_out and not heard.says_nothing:
        await context.post_ephemeral(actor, note(heard.taken_out))
    await dispatch(context, actor, heard, about)


async def dispatch(context: AppContext, actor: Actor, heard: ParsedMessage, about: CaseContext) -> None:
    """Do what was heard; *about* is the context it was understood in."""
    match heard.want:
        case Request() as request:
            await lifecycle.start(context, actor, request)
        case SymptomMatch() as readings if readings.verdict == "none":
            await context.post_ephemeral(actor, notices.usage(understood(readings), hint=heard.taken_out))
        case SymptomMatch() as readings:
            await symptom_choices.take(context, actor, readings, heard.text[:KEPT])
        case UsageError() as wrong:
            examples = LISTS if called(heard.text) is not None else notices.EXAMPLES
            await context.post_ephemeral(actor, notices.usage(str(wrong), examples, heard.taken_out))
        case AmbiguousCode(_, options):
            named = [(code, answers.name_of(context, code)) for code, _ in options]
            platforms = {request.platform or "" for _, request in options}
            await context.post_ephemeral(
                actor, notices.choose(named, platforms.pop() if len(platforms) == 1 else "")
            )
        case _:
            await _answer(context, actor, heard, about)


async def _answer(context: AppContext, actor: Actor, heard: ParsedMessage, about: CaseContext) -> None:
    """Tell what somebody wants to know; nothing is looked into."""
    text = heard.text[:KEPT]
    match heard.want:
        case Answer() as answer:
            await answers.answer(context, actor, answer, text, about)
        case CodeMeanings(codes, platform):
            await answers.meanings(context, actor, codes, platform, text)
        case UnknownCode() as unknown:
            await answers.unknown(context, actor, unknown)
        case ListRequest() as wanted:
            await allowlists.send_allowlist(context, actor, wanted)
        case MissingPlatform(rest):
            await allowlists.ask_platform(context, actor, rest)
        case HelpWanted():
            await answers.say(context, actor, thread_replies.help_text(context))


async def handle_form_story(context: AppContext, actor: Actor, story: str, fields: Mapping[str, str]) -> None:
    """Do what a *story* in the form tells; what was filled in beside it (*fields*) counts more than its words."""
    here = answers.language_context(context, await context.words_for(actor))
    heard = await context.worker.call(read, story, CaseContext(), here)
    match heard.want:
        case SymptomMatch() as found:
            heard = replace(heard, want=replace(found, clues={**found.clues, **fields}))
        case Request() as found:
            named = [("code", found.code), *fields.items()]
            heard = replace(heard, want=parse_words((), context.vocabulary, named))
    if heard.taken_out and not heard.says_nothing:
        await context.post_ephemeral(actor, note(heard.taken_out))
    await dispatch(context, actor, heard, CaseContext())


def read(text: str, about: CaseContext, language_context: LanguageContext, before: str = "") -> ParsedMessage:
    """Understand *text* without its secrets; “and on iOS?” goes on from the question *before*."""
    safe = redact(text[:LONGEST])
    answer = TAKEN_OUT.sub(" ", safe.text)  # "access token removed" are words of ours, and tell nothing
    sentence = follow_up(answer, [before] if before else [], language_context.vocabulary) or answer
    return ParsedMessage(route(sentence, about, language_context), sentence, hint(safe.kinds))
