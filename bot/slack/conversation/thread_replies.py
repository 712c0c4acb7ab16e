"""Post replies in a case's thread: evidence, meanings, preflight guides, updated verdicts."""

from bot.rendering.blocks import lists, notices, text_limits
from bot.rendering.blocks.block_types import section
from bot.rendering.blocks.elements import numbered, row
from bot.rendering.blocks.message import Message, MessageBuilder
from bot.rendering.blocks.notices import note
from bot.slack.api.actor import Actor
from bot.slack.delivery.post_once import post_once
from bot.slack.state import run_messages
from bot.slack.state.context import AppContext
from bot.slack.state.finished_run import FinishedRun, headline_of


async def reply(context: AppContext, actor: Actor, message: Message) -> None:
    """Reply in the thread where *actor* is. Outside a thread, the reply starts one."""
    workspace = await context.workspace(actor)
    await post_once(workspace, actor.channel or actor.user, message, actor.thread or actor.message)


def help_text(context: AppContext) -> Message:
    """Return the list of what users can ask."""
    knowledge = context.engine.knowledge
    return lists.help_message(tuple(knowledge.errors), tuple(knowledge.platforms))


async def concluded(context: AppContext, actor: Actor, finished: FinishedRun, why: str) -> None:
    """Post what changed in the thread. The message above holds the full verdict."""
    diagnosis = finished.record.diagnosis
    headline = await context.worker.call(headline_of, context.engine, finished)
    text = f"{why} {headline}. See the message at the top for details."
    if diagnosis.next_question:
        text += f" Question: {diagnosis.next_question.ask}"
    await reply(context, actor, note(text))


async def evidence(context: AppContext, actor: Actor, finished: FinishedRun, about: str = "") -> None:
    """Show the evidence of one check, or of all."""
    if about in finished.record.observations:
        message = await context.worker.call(run_messages.step_message, context.engine, finished, about)
    else:
        message = await context.worker.call(run_messages.evidence_message, context.engine, finished)
    await reply(context, actor, message)


async def preflight(context: AppContext, actor: Actor, finished: FinishedRun, platform: str) -> None:
    """Explain how to run the SDK's preflight test. Without a platform, ask for it."""
    wanted = platform or finished.record.request.platform or ""
    message = (
        await context.worker.call(run_messages.preflight_message, context.engine, finished, wanted)
        if wanted
        else None
    )
    await reply(context, actor, message or _which(context, finished))


def _which(context: AppContext, finished: FinishedRun) -> Message:
    """Ask for the platform, with one button each."""
    ask = "Preflight test: for which platform?"
    sheet = MessageBuilder()
    sheet.add(section(text_limits.quote(ask)))
    sheet.add(row(*numbered("preflight", run_messages.platforms(context.engine), finished.asked, "platform")))
    return sheet.message(ask)


async def gone(context: AppContext, actor: Actor, why: str) -> None:
    """Reply that what a button refers to no longer exists."""
    await context.post_ephemeral(actor, notices.refusal(why))
