"""Handle messages in a case's thread. Anyone may continue the case, with a mention or without one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.diagnosis.revise import apply_changes, can_reuse
from bot.language.answer import Answer
from bot.language.case_context import CaseContext, context_of_case, topics_of
from bot.language.intents import EXAMPLES, Intent
from bot.language.routed_intent import Conversation, HelpWanted, LanguageContext, NotForUs, NotUnderstood
from bot.language.router import is_for_us
from bot.model.records import CaseRow
from bot.rendering.blocks import notices
from bot.rendering.blocks.notices import note
from bot.rendering.failure_text import outcome
from bot.rendering.vantage_summary import result_of
from bot.slack.api.actor import Actor
from bot.slack.conversation import answers, calls, reports, thread_replies
from bot.slack.conversation.dispatch import (
    NOTHING_RUNS,
    ParsedMessage,
    dispatch,
    read,
    without_secrets,
)
from bot.slack.runs import lifecycle
from bot.slack.state.context import AppContext
from bot.slack.state.finished_run import FinishedRun, view_of

NO_VERDICT: Final = "This diagnosis has no verdict yet. Ask again when it does."
STAYS_OPEN: Final = "The question stays open. Anyone can answer it here later."


async def follow(context: AppContext, actor: Actor, case: CaseRow, text: str, *, addressed: bool) -> None:
    """Carry out what *text* asks of *case*. Ignore text that is not for the bot, unless *addressed* to it."""
    left = await reports.take(context, actor, case, text)
    left = await calls.take(context, actor, case, left) if left and "CA" in left else left
    if left is None:
        return
    finished = await context.run_history.latest(case.id)
    conversation = replace(open_case(context, case, finished), addressed=addressed)
    conversation = replace(conversation, last=context.thread_memory.last(actor))
    language = answers.language_context(context, await context.words_for(actor) if addressed else None)
    meant = await context.store.labels.meant(case.id) if finished else ()
    heard = await context.worker.call(_hear, left, language, conversation, context, finished, meant)
    if heard is None:
        return
    if heard.taken_out:
        await context.post_ephemeral(actor, note(heard.taken_out))
    await _do(context, actor, case, finished, heard)


def open_case(context: AppContext, case: CaseRow, finished: FinishedRun | None) -> Conversation:
    """Describe *case* for the parser: the open question of its last run, and the names its thread may use."""
    asked = finished.record.diagnosis.next_question if finished else None
    request = case.request
    about = CaseContext(request.code, request.platform or "", request.edge)
    return Conversation(
        in_case=True,
        about=about,
        asked=asked.option if asked else "",
        topics=topics_of(context.engine.knowledge, finished.record.observations if finished else ()),
    )


def _hear(
    text: str,
    language: LanguageContext,
    conversation: Conversation,
    context: AppContext,
    finished: FinishedRun | None,
    meant: tuple[str, ...],
) -> ParsedMessage | None:
    """Parse *text* off the event loop; None if it is not for the bot. Only then is the case context built."""
    if not is_for_us(without_secrets(text)[0], language, conversation):
        return None
    if finished:
        advised = view_of(context.engine, finished).advised
        relays = tuple(result_of(record) for record in finished.records)
        about = context_of_case(finished.record, advised, meant, outcome, relays)
        platform = conversation.about.platform or about.platform
        conversation = replace(conversation, about=replace(about, platform=platform))
    return read(text, language, conversation)


async def _do(
    context: AppContext, actor: Actor, case: CaseRow, finished: FinishedRun | None, heard: ParsedMessage
) -> None:
    match heard.want:
        case NotForUs():
            return
        case Intent(kind="meaning") as intent:
            await answers.named(context, actor, intent.values.get("about", ""))
        case Intent() as intent:
            workspace = await context.workspace(actor)
            await context.permissions.check_access(workspace, actor, case.request.relays)
            await _carry_out(context, actor, case, finished, intent)
        case HelpWanted():
            await thread_replies.reply(context, actor, thread_replies.help_text(context))
        case NotUnderstood():
            message = notices.usage("I can do other things in this thread.", (EXAMPLES,))
            await thread_replies.reply(context, actor, message)
        case Answer() as answer:
            run = finished.asked if finished else None
            await answers.answer(context, actor, answer, heard.question, run)
        case _:
            await dispatch(context, actor, heard)


async def _carry_out(
    context: AppContext, actor: Actor, case: CaseRow, finished: FinishedRun | None, intent: Intent
) -> None:
    match intent.kind:
        case "stop":
            await _stop(context, actor, case)
        case "unsure":
            await thread_replies.reply(context, actor, note(STAYS_OPEN))
        case "evidence" | "preflight" if finished is None:
            await thread_replies.reply(context, actor, note(NO_VERDICT))
        case "evidence":
            assert finished is not None
            await thread_replies.evidence(context, actor, finished, intent.values.get("about", ""))
        case "preflight":
            assert finished is not None
            await thread_replies.preflight(context, actor, finished, intent.values.get("platform", ""))
        case _:
            context.thread_memory.forget(actor)
            await _change(context, actor, case, finished, intent)


async def _change(
    context: AppContext, actor: Actor, case: CaseRow, finished: FinishedRun | None, intent: Intent
) -> None:
    """Change the case: evaluate the last run again if its observations suffice, else start a new run."""
    request = apply_changes(case.request, intent.values, context.vocabulary)
    if intent.kind == "answer" and finished:
        given = {name: request.answers[name] for name in context.vocabulary.options if name in intent.values}
        now = await lifecycle.answer(context, actor, case, finished, given)
        await thread_replies.concluded(context, actor, now, f"Noted: {_listed(given)}.")
    elif intent.kind == "platform" and finished and can_reuse(finished.record.request, request):
        now = await lifecycle.conclude(context, actor, case, finished, request)
        await thread_replies.concluded(
            context, actor, now, "No new test was needed: the last run covers every platform."
        )
    else:
        await lifecycle.rerun(context, actor, case, request)


async def _stop(context: AppContext, actor: Actor, case: CaseRow) -> None:
    """Stop every run of the case."""
    going = [run for run, active_run in context.active_runs.items() if active_run.case.id == case.id]
    stopped = [await lifecycle.stop(context, actor, run) for run in going]
    if not any(stopped):
        await context.post_ephemeral(actor, note(NOTHING_RUNS))


def _listed(answers: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in answers.items())
