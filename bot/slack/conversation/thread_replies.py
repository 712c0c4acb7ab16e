"""Answers that stand in a thread: evidence, meanings, preflight steps, what was concluded anew."""

from bot.rendering.blocks import lists, notices, text_limits
from bot.rendering.blocks.block_types import section
from bot.rendering.blocks.elements import numbered, row
from bot.rendering.blocks.message import Message, Sheet
from bot.rendering.blocks.notices import note
from bot.rendering.view import headline
from bot.slack.api.actor import Asker
from bot.slack.delivery.outbox import post_once
from bot.slack.state import run_messages
from bot.slack.state.context import Office
from bot.slack.state.finished_run import Seen


async def reply(office: Office, asker: Asker, message: Message) -> None:
    """Answer in the thread where *asker* is; a message outside a thread begins one."""
    workspace = await office.workspace(asker)
    await post_once(workspace, asker.channel or asker.user, message, asker.thread or asker.message)


def help_text(office: Office) -> Message:
    """Tell what can be asked."""
    knowledge = office.desk.knowledge
    return lists.help_message(tuple(knowledge.errors), tuple(knowledge.platforms))


async def concluded(office: Office, asker: Asker, seen: Seen, why: str) -> None:
    """Say in the thread what follows now; the whole verdict stands in the message above."""
    diagnosis = seen.record.diagnosis
    said = f"{why} {headline(diagnosis)}. The message at the top shows it all."
    if diagnosis.next_question:
        said += f" Still open: {diagnosis.next_question.ask}"
    await reply(office, asker, note(said))


async def evidence(office: Office, asker: Asker, seen: Seen, about: str) -> None:
    """Show one look, or all of them."""
    if about in seen.record.observations:
        message = await office.bench.call(run_messages.the_step, office.desk, seen, about)
    else:
        message = await office.bench.call(run_messages.the_evidence, office.desk, seen)
    await reply(office, asker, message)


async def preflight(office: Office, asker: Asker, seen: Seen, platform: str) -> None:
    """Tell how to run the SDK's own test; without a platform, ask which one."""
    wanted = platform or seen.record.request.platform or ""
    message = (
        await office.bench.call(run_messages.the_preflight, office.desk, seen, wanted) if wanted else None
    )
    await reply(office, asker, message or _which(office, seen))


def _which(office: Office, seen: Seen) -> Message:
    """Ask for the platform, one button each."""
    ask = "Preflight test: for which platform?"
    sheet = Sheet()
    sheet.add(section(text_limits.quote(ask)))
    sheet.add(row(*numbered("preflight", run_messages.platforms(office.desk), seen.asked, "platform")))
    return sheet.message(ask)


async def gone(office: Office, asker: Asker, why: str) -> None:
    """Say that a button is about something that is not there any more."""
    await office.whisper(asker, notices.refusal(why))
