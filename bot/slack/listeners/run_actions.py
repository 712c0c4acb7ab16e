"""Handle buttons that show more of a run: relay verdict, platform, changes, ticket, fixes, guides."""

from typing import Final

from bot.rendering.blocks import fixes as fix_blocks
from bot.rendering.blocks.notices import note
from bot.slack.api.post_update import update
from bot.slack.conversation import thread_replies
from bot.slack.delivery import outbox
from bot.slack.listeners.press import Press, case_of, run_of
from bot.slack.state import run_messages, verdict_messages
from bot.slack.state.context import AppContext

NO_VERDICT: Final = "This run has no verdict. Test again."


async def view(context: AppContext, press: Press) -> None:
    """Post the full verdict of one of several relays in the thread."""
    part = run_of(press).from_relay(press.fields.get("chosen", ""))
    if part is None:
        await thread_replies.gone(context, press.actor, NO_VERDICT)
        return
    await thread_replies.reply(
        context,
        press.actor,
        await context.worker.call(verdict_messages.verdict_message, context.engine, part),
    )


async def platform(context: AppContext, press: Press) -> None:
    """Show the fixes for another platform in the same message. No checks run."""
    case, finished, chosen = case_of(press), run_of(press), press.fields.get("chosen", fix_blocks.ALL)
    if press.fields.get("place") == "fixes":
        message = await context.worker.call(run_messages.fixes_message, context.engine, finished, chosen)
        await update(await context.workspace(press.actor), press.actor.channel, press.actor.message, message)
    elif press.fields.get("place") == "part":
        message = await context.worker.call(
            verdict_messages.verdict_message, context.engine, finished, platform=chosen
        )
        await update(await context.workspace(press.actor), press.actor.channel, press.actor.message, message)
    else:
        await outbox.refresh_case(context, case, finished, {"platform": chosen, "at": press.actor.trigger})


async def compare(context: AppContext, press: Press) -> None:
    """Compare the run with the previous one, in the thread."""
    finished = run_of(press)
    before = await context.run_history.before(finished)
    if before is None:
        await context.post_ephemeral(press.actor, note("There is no earlier run of this case to compare."))
        return
    await thread_replies.reply(
        context,
        press.actor,
        await context.worker.call(run_messages.change_message, context.engine, before, finished),
    )


async def ticket(context: AppContext, press: Press) -> None:
    """Show the text for a ticket, visible only to the user."""
    await context.post_ephemeral(
        press.actor, await context.worker.call(run_messages.ticket_message, context.engine, run_of(press))
    )


async def customer(context: AppContext, press: Press) -> None:
    """Show the text for the customer, visible only to the user."""
    await context.post_ephemeral(
        press.actor, await context.worker.call(run_messages.customer_message, context.engine, run_of(press))
    )


async def more(context: AppContext, press: Press) -> None:
    """Show what else can be done with the run, visible only to the user."""
    finished = run_of(press)
    message = await context.worker.call(
        verdict_messages.more_message,
        context.engine,
        finished,
        press.fields.get("platform", ""),
        await outbox.others(context, case_of(press)),
        earlier=await context.run_history.before(finished) is not None,
        link=context.check_settings is not None,
    )
    await context.post_ephemeral(press.actor, message)


async def fixes(context: AppContext, press: Press) -> None:
    """List the fixes in the thread."""
    platform = press.fields.get("platform", "") or fix_blocks.ALL
    await thread_replies.reply(
        context,
        press.actor,
        await context.worker.call(run_messages.fixes_message, context.engine, run_of(press), platform),
    )


async def preflight(context: AppContext, press: Press) -> None:
    """Explain the SDK's preflight test in the thread."""
    await thread_replies.preflight(context, press.actor, run_of(press), press.fields.get("platform", ""))
