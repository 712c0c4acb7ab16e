"""What a form asks for: a code, a description, or both. Its fields count more than the words of the description."""

from collections.abc import Mapping
from dataclasses import replace

from bot.diagnosis.revise import apply_changes, override
from bot.errors import UsageError
from bot.language.command_parser import parse_words
from bot.language.make_request import AmbiguousCode, request_for_code, request_for_match
from bot.language.routed_intent import RoutedIntent
from bot.model.request import Request, Vocabulary
from bot.model.symptom_match import SymptomMatch
from bot.rendering.blocks.notices import note
from bot.slack.api.actor import Actor
from bot.slack.conversation import answers, calls
from bot.slack.conversation.dispatch import dispatch, read, with_call
from bot.slack.state.context import AppContext

UNCLEAR = (
    "Lineman cannot tell from this description what to test. Give the error code, such as 31009, or describe "
    "what happens and on which network."
)


async def start(context: AppContext, actor: Actor, story: str, fields: Mapping[str, str]) -> None:
    """Start a case from the *story* in the form, and its other *fields*."""
    vocabulary = await context.words_for(actor)
    call, story = await calls.find_call(context, actor, story) if "CA" in story else (None, story)
    heard = await context.worker.call(read, story, answers.language_context(context, vocabulary))
    if call:
        heard = with_call(context, heard, call)
    heard = replace(heard, want=with_fields(heard.want, fields, vocabulary))
    if heard.taken_out and not heard.says_nothing:
        await context.post_ephemeral(actor, note(heard.taken_out))
    await dispatch(context, actor, heard)


async def request_without_choice(
    context: AppContext, actor: Actor, story: str, fields: Mapping[str, str]
) -> Request:
    """Make the request where nobody is there to choose; raises `UsageError` if *story* and *fields* leave it open."""
    vocabulary = await context.words_for(actor)
    parse_words(
        (), vocabulary, list({"code": vocabulary.codes[0], **fields}.items())
    )  # `UsageError` if one is wrong
    if not story:
        return parse_words((), vocabulary, list(fields.items()))
    heard = await context.worker.call(read, story, answers.language_context(context, vocabulary))
    match with_fields(heard.want, fields, vocabulary):
        case Request() as request:
            return request
        case SymptomMatch(verdict="sure") as found:
            if understood := request_for_match(found, context.engine.knowledge, vocabulary):
                return understood
        case UsageError() as wrong:
            raise wrong
    raise UsageError(UNCLEAR)


def with_fields(want: RoutedIntent, fields: Mapping[str, str], vocabulary: Vocabulary) -> RoutedIntent:
    """Combine what a description asks for with the form's *fields*. A chosen code makes it a request for that code."""
    clues = _clues(want)
    if (
        fields.get("edge") == vocabulary.roaming and "edge" in clues
    ):  # preselected; the description is more exact
        fields = {name: value for name, value in fields.items() if name != "edge"}
    if code := fields.get("code"):
        others = {name: value for name, value in fields.items() if name != "code"}
        return request_for_code(code, override(clues, others, vocabulary), vocabulary)
    match want:
        case SymptomMatch() as found:
            return replace(found, clues=override(found.clues, fields, vocabulary))
        case Request() as found:
            return apply_changes(found, fields, vocabulary)
    return want


def _clues(want: RoutedIntent) -> dict[str, str]:
    """Return what a description says besides its code, by option."""
    match want:
        case SymptomMatch() as found:
            return dict(found.clues)
        case AmbiguousCode(_, options):
            return _clues(options[0][1])
        case Request() as request:
            platform = {"platform": request.platform} if request.platform else {}
            return {**platform, "edge": request.edge, "relay": ",".join(request.relays), **request.answers}
    return {}
