"""Interpret a text and carry out what it asks for: remove secrets, parse off the event loop, then act."""

import re
from dataclasses import dataclass, field, replace
from typing import Final

from bot.allowlist.request import ListRequest, called
from bot.diagnosis.call_data import CallData
from bot.diagnosis.device_evidence import PastedEvidence, evidence_in
from bot.errors import UsageError
from bot.language.answer import Answer
from bot.language.follow_ups import LastQuestion
from bot.language.intents import Intent
from bot.language.make_request import AmbiguousCode
from bot.language.routed_intent import (
    CodeMeanings,
    Conversation,
    HelpWanted,
    HistoryWanted,
    LanguageContext,
    LinkWanted,
    MissingPlatform,
    RelaysWanted,
    RoutedIntent,
    UnknownCode,
)
from bot.language.router import NEW, complete, route
from bot.model.request import Request
from bot.model.symptom_match import SymptomMatch
from bot.redaction.redact import hint, redact
from bot.rendering.blocks import notices
from bot.rendering.blocks.notices import note
from bot.rendering.symptom_text import understood
from bot.slack.api.actor import Actor
from bot.slack.conversation import allowlists, answers, calls, inventories, symptom_choices, thread_replies
from bot.slack.runs import check_links, lifecycle
from bot.slack.state.context import AppContext

LONGEST = 40_000  # characters: the most that a Slack message holds; the rest of a longer text is ignored
TAKEN_OUT: Final = re.compile(r"\[[\w ]{1,40} removed\]")
LISTS: Final = ("/diagnose allowlist ios", "/diagnose allowlist ios edge=frankfurt turn=yes format=nft")
KEPT: Final = 500  # characters of a text that are stored or repeated


NOTHING_RUNS: Final = "Nothing is running here at the moment."
NOTHING_TO_REPEAT: Final = (
    "There is no diagnosis here to run again. Start one with the error code, such as `/diagnose 31009 ios`."
)


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """What a text asks for, the text without secrets, and a sentence about what was removed (or "")."""

    want: RoutedIntent
    text: str
    taken_out: str
    question: LastQuestion = field(
        default_factory=LastQuestion
    )  # the text as a question, and the case it refers to
    call: CallData | None = None  # the call that the text names
    evidence: PastedEvidence | None = None  # what the text, or the service's data, contain of the call

    @property
    def says_nothing(self) -> bool:
        """Whether the only possible reply is how to phrase a request."""
        found = self.want
        return isinstance(found, UsageError) or (isinstance(found, SymptomMatch) and found.verdict == "none")


async def handle_text(context: AppContext, actor: Actor, text: str) -> None:
    """Carry out what *text* asks for, or say what to type instead. Secrets are neither stored nor repeated."""
    conversation = Conversation(last=context.thread_memory.last(actor))
    language = answers.language_context(context, await context.words_for(actor))
    call, text = await calls.find_call(context, actor, text) if "CA" in text else (None, text)
    heard = await context.worker.call(read, text, language, conversation)
    if call:
        heard = with_call(context, heard, call)
    if heard.taken_out and not heard.says_nothing:
        await context.post_ephemeral(actor, note(heard.taken_out))
    await dispatch(context, actor, heard)


async def dispatch(context: AppContext, actor: Actor, heard: ParsedMessage) -> None:
    """Carry out a parsed message."""
    match heard.want:
        case Request() as request if heard.call:
            case_id = await lifecycle.start(context, actor, request, heard.evidence)
            await calls.show(context, actor, case_id, heard.call)
        case _ if heard.call:
            await calls.show(context, actor, "", heard.call)
            await dispatch(context, actor, replace(heard, call=None))
        case Request() as request:
            await lifecycle.start(context, actor, request, heard.evidence)
        case SymptomMatch() as readings if readings.verdict == "none":
            examples = await context.examples(actor)
            await context.post_ephemeral(
                actor, notices.usage(understood(readings), examples, heard.taken_out)
            )
        case SymptomMatch() as readings:
            await symptom_choices.take(context, actor, readings, heard.text[:KEPT])
        case UsageError() as wrong:
            examples = LISTS if called(heard.text) is not None else await context.examples(actor)
            await context.post_ephemeral(actor, notices.usage(str(wrong), examples, heard.taken_out))
        case AmbiguousCode(_, options):
            named = [(code, answers.name_of(context, code)) for code, _ in options]
            platforms = {request.platform or "" for _, request in options}
            await context.post_ephemeral(
                actor, notices.choose(named, platforms.pop() if len(platforms) == 1 else "")
            )
        case Intent(kind="stop"):
            await _stop(context, actor)
        case Intent():
            await context.post_ephemeral(actor, note(NOTHING_TO_REPEAT))
        case _:
            await _answer(context, actor, heard)


async def _stop(context: AppContext, actor: Actor) -> None:
    """Stop what *actor* started here; what other people started goes on until somebody presses Stop below it."""
    stopped, others = await lifecycle.stop_own(context, actor)
    if stopped:
        text = f"Stopped {'your diagnosis' if stopped == 1 else f'your {stopped} diagnoses'}."
    else:
        text = NOTHING_RUNS if not others else "No diagnosis of yours is running here."
    if others:
        left = "one diagnosis" if others == 1 else f"{others} diagnoses"
        text += f" Still running, started by other people: {left}. Press Stop in its message to end it."
    await context.post_ephemeral(actor, note(text))


def with_call(context: AppContext, heard: ParsedMessage, call: CallData) -> ParsedMessage:
    """Add the data of the *call* that a message names to what it asks for."""
    want = calls.request_with(context, heard.want, call, says_nothing=heard.says_nothing)
    evidence = PastedEvidence(call.reading, call_sid=call.sid) if call.reading else heard.evidence
    return replace(heard, want=want, call=call, evidence=evidence)


async def _answer(context: AppContext, actor: Actor, heard: ParsedMessage) -> None:
    """Answer a question. No checks run."""
    text = heard.text[:KEPT]
    match heard.want:
        case Answer() as answer:
            await answers.answer(context, actor, answer, heard.question)
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
        case LinkWanted(request):
            await check_links.make(context, actor, request)
        case RelaysWanted():
            await inventories.post_relays(context, actor)
        case HistoryWanted(here):
            post = inventories.post_channel_history if here and actor.channel else inventories.post_history
            await post(context, actor)


def read(text: str, language: LanguageContext, conversation: Conversation = NEW) -> ParsedMessage:
    """Parse *text* after removing secrets from it."""
    safe, taken_out = without_secrets(text)
    question = complete(safe, language, conversation)
    want = route(safe, language, conversation)
    evidence = evidence_in(safe) if isinstance(want, Request) else None
    return ParsedMessage(want, question.question, taken_out, question, evidence=evidence)


def without_secrets(text: str) -> tuple[str, str]:
    """Truncate *text*, remove its secrets, and return it with a sentence about what was removed."""
    safe = redact(text[:LONGEST])
    return TAKEN_OUT.sub(" ", safe.text), hint(safe.kinds)  # our words, not the user's
