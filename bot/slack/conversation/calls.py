"""Handle a Call SID in a message: fetch the service's data of the call, for people who may run diagnoses."""

from collections.abc import Mapping
from dataclasses import replace

from bot.diagnosis.call_data import ALREADY_READ, CallData, fetch_call, is_known, request_of
from bot.intake.call_sid_text import take_call_sid
from bot.language.make_request import AmbiguousCode
from bot.language.routed_intent import RoutedIntent
from bot.model.records import CaseRow
from bot.model.request import LOCAL, Request
from bot.rendering.blocks.device_report import call_message
from bot.rendering.blocks.notices import note
from bot.slack.api.actor import Actor
from bot.slack.conversation import reports, thread_replies
from bot.slack.state.context import AppContext
from probes.protocol.model import Observation


async def find_call(context: AppContext, actor: Actor, text: str) -> tuple[CallData | None, str]:
    """Fetch the call that *text* names. Return its data and *text* without the Call SID."""
    sid, rest = take_call_sid(text)
    if not sid:
        return None, text
    await _check_access(context, actor)
    return await _fetch(context, actor, sid), rest


def request_with(
    context: AppContext, want: RoutedIntent, call: CallData, *, says_nothing: bool
) -> RoutedIntent:
    """Combine what a message asks for (*want*) with the call that it names. The message's own code counts more."""
    own = request_of(call, context.engine.knowledge)
    if isinstance(want, Request):
        return replace(want, platform=want.platform or own.platform)
    if isinstance(want, AmbiguousCode) or call.reading is None:
        return want
    return own if says_nothing or not own.assumed else want


async def show(context: AppContext, actor: Actor, case_id: str, call: CallData) -> None:
    """Post what the data of *call* show in the thread of the case, or to *actor* alone if there are none."""
    message = await context.worker.call(call_message, call, context.engine.network.quality)
    case = await context.store.case(case_id) if case_id else None
    if case is None or call.reading is None:
        await context.post_ephemeral(actor, message)
        return
    here = replace(actor, channel=case.channel, thread=case.thread_ts)
    await thread_replies.reply(context, here, message)


async def take(context: AppContext, actor: Actor, case: CaseRow, text: str) -> str | None:
    """Add the call that *text* names to *case*. Return the text left to answer, or None if nothing is."""
    sid, rest = take_call_sid(text)
    if not sid:
        return text
    await context.permissions.check_access(await context.workspace(actor), actor, case.request.relays)
    if is_known(await _observations(context, case), sid):
        await thread_replies.reply(context, actor, note(ALREADY_READ))
        return rest or None
    call = await _fetch(context, actor, sid)
    if call.reading:
        await reports.go_on(context, actor, case, call.reading, "")
    else:
        await show(context, actor, "", call)
    return rest or None


async def _check_access(context: AppContext, actor: Actor) -> None:
    """Raise `NotAllowedError` if *actor* may not run a diagnosis on any relay."""
    workspace = await context.workspace(actor)
    if not await context.permissions.usable(workspace, actor, context.vocabulary.relays):
        await context.permissions.check_access(workspace, actor, (LOCAL,))


async def _fetch(context: AppContext, actor: Actor, sid: str) -> CallData:
    """Fetch the data of a call, if *actor* has not looked up too many lately."""
    context.permissions.check_lookup(actor)
    engine = context.engine
    return await context.worker.run(fetch_call(sid, engine.network, engine.settings))


async def _observations(context: AppContext, case: CaseRow) -> Mapping[str, Observation]:
    finished = await context.run_history.latest(case.id)
    return finished.record.observations if finished else {}
