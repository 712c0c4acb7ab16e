"""Words in a thread of ours: anybody goes on with the same case, by mention or plainly where the bot may read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.allowlist.request import asks_plainly
from bot.diagnosis.revise import changed
from bot.language.addressing import is_addressed_to_bot
from bot.language.intents import Intent, ThreadContext, read_intent
from bot.model.records import CaseRow
from bot.redaction.redact import hint, redact
from bot.rendering.blocks.notices import note
from bot.slack.api.actor import Actor
from bot.slack.conversation import answers, reports, thread_replies
from bot.slack.conversation.dispatch import LONGEST, TAKEN_OUT
from bot.slack.conversation.question import CaseQuestion
from bot.slack.runs import lifecycle
from bot.slack.state.context import AppContext
from bot.slack.state.finished_run import FinishedRun

NO_VERDICT = "This diagnosis has no verdict yet; ask again when it has one."


async def follow(context: AppContext, actor: Actor, case: CaseRow, text: str, *, addressed: bool) -> None:
    """Do what *text* asks of *case*; words that are not meant for us are left alone unless *addressed* to us."""
    left = await reports.take(context, actor, case, text)
    if left is None:
        return
    finished = await context.run_history.latest(case.id)
    heard = await context.worker.call(_hear, left, _thread(context, finished), addressed=addressed)
    if heard is None:
        return
    if heard.taken_out:
        await context.post_ephemeral(actor, note(heard.taken_out))
    if heard.intent.kind not in ("unknown", "meaning"):
        await context.permissions.check_access(await context.workspace(actor), actor, case.request.relays)
    question = CaseQuestion(context, actor, case, finished, heard.text)
    if await question.comes_first(heard.intent, addressed=addressed) or await _do(
        context, actor, case, finished, heard.intent
    ):
        return
    await question.put(addressed=addressed)


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    """What was said, without secrets: what it asks for, and what was taken out."""

    text: str
    intent: Intent
    taken_out: str


def _hear(text: str, thread: ThreadContext, *, addressed: bool) -> ThreadMessage | None:
    """Read *text* at the bench; None where it is not for us."""
    safe = redact(text[:LONGEST])
    sentence = TAKEN_OUT.sub(" ", safe.text)
    intent = read_intent(sentence, thread)
    wanted = addressed or is_addressed_to_bot(sentence, intent) or asks_plainly(sentence)
    return ThreadMessage(sentence, intent, hint(safe.kinds)) if wanted else None


async def _do(
    context: AppContext, actor: Actor, case: CaseRow, finished: FinishedRun | None, intent: Intent
) -> bool:
    """Do what *intent* says; false where it is to be taken as a question."""
    match intent.kind:
        case "unknown":
            return False
        case "meaning":
            return await answers.named(context, actor, intent.values.get("about", ""))
        case "stop":
            await _stop(context, actor, case)
        case "help":
            await thread_replies.reply(context, actor, thread_replies.help_text(context))
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
    return True


async def _change(
    context: AppContext, actor: Actor, case: CaseRow, finished: FinishedRun | None, intent: Intent
) -> None:
    """Change the case: conclude anew where the looks are there already, else look again."""
    request = changed(case.request, intent.values)
    if intent.kind == "answer" and finished:
        answers = {name: value for name, value in request.answers.items() if name in intent.values}
        now = await lifecycle.answer(context, actor, case, finished, answers)
        await thread_replies.concluded(context, actor, now, f"Noted: {_listed(answers)}.")
    elif (
        intent.kind == "platform"
        and finished
        and finished.record.request.platform in (None, request.platform)
    ):
        now = await lifecycle.conclude_for_platform(
            context, actor, replace(case, request=request), finished, request.platform or ""
        )
        await thread_replies.concluded(
            context, actor, now, "No new test was needed: every platform had been looked at."
        )
    else:
        await lifecycle.rerun(context, actor, case, request)


async def _stop(context: AppContext, actor: Actor, case: CaseRow) -> None:
    """Stop every run of the case."""
    going = [run for run, active_run in context.active_runs.items() if active_run.case.id == case.id]
    stopped = [await lifecycle.stop(context, actor, run) for run in going]
    if not any(stopped):
        await context.post_ephemeral(actor, note("Nothing runs here at the moment."))


def _thread(context: AppContext, finished: FinishedRun | None) -> ThreadContext:
    asked = finished.record.diagnosis.next_question if finished else None
    return ThreadContext(context.vocabulary, asked.option if asked else "", topics(context, finished))


def topics(context: AppContext, finished: FinishedRun | None) -> dict[str, str]:
    """What words in a thread may be about: causes and questions by id and title, looks by their targets."""
    knowledge = context.engine.knowledge
    named = {cause.id: cause.id for cause in knowledge.causes.values()}
    named |= {cause.title: cause.id for cause in knowledge.causes.values()}
    named |= {question.id: question.id for question in knowledge.questions.values()}
    named |= {question.asks: question.id for question in knowledge.questions.values()}
    named |= {platform.title: platform.id for platform in knowledge.platforms.values()}
    if finished:
        named |= {step: step for step in finished.record.observations}
    return named


def _listed(answers: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in answers.items())
