"""Handle buttons and selects: check permission, then call the function for the action."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.diagnosis.run_record import BROWSER_RELAY
from bot.language.answer_words import spoken
from bot.model.records import CaseRow
from bot.rendering.blocks import elements
from bot.rendering.blocks.notices import note
from bot.slack.api.actor import Actor, of_interaction
from bot.slack.conversation import thread_replies, uploads
from bot.slack.conversation.thread import STAYS_OPEN
from bot.slack.delivery import inbox
from bot.slack.listeners import feedback, run_actions
from bot.slack.listeners.free_actions import FREE_ACTIONS
from bot.slack.listeners.press import Act, Press, case_of, for_run, run_of
from bot.slack.listeners.run_actions import NO_VERDICT
from bot.slack.runs import check_links, lifecycle
from bot.slack.state.context import AppContext
from bot.slack.state.event import make_event

ANY_OF_OURS: Final = re.compile(f"^{elements.PREFIX}")
WINDOWS: Final = frozenset(
    {"start", "wrong", "none"}
)  # these open a modal, which needs a trigger id that expires after three seconds
AT_ONCE: Final = WINDOWS | {"stop"}  # handled without waiting for earlier messages of the thread


def register(app: AsyncApp, context: AppContext) -> None:
    """Register a listener for all buttons and selects of Lineman."""

    @app.action(ANY_OF_OURS)
    async def pressed(ack: AsyncAck, body: dict[str, Any]) -> None:
        fields = elements.read((body.get("actions") or [{}])[0])
        verb = fields["verb"]
        event = make_event("press", of_interaction(body), body, fields, ordered=verb not in AT_ONCE)
        await inbox.take(context, event, urgent=verb in WINDOWS)
        await ack()


async def press(context: AppContext, actor: Actor, fields: Mapping[str, str]) -> None:
    """Find the case and run that the button refers to, and carry out its action."""
    verb = fields["verb"]
    if verb in FREE_ACTIONS:
        await FREE_ACTIONS[verb](context, actor, fields)
        return
    case = await context.store.case(fields["case"])
    if case is None or case.team != actor.team or verb not in ABOUT_CASE | ABOUT_RUN:
        await thread_replies.gone(context, actor, lifecycle.GONE)
        return
    if (
        actor.private
    ):  # pressed in a private reply such as More: what is posted belongs to the thread of the case
        actor = replace(actor, thread=case.thread_ts)
    workspace = await context.workspace(actor)
    if verb in ABOUT_CASE:
        await context.permissions.check_access(workspace, actor, case.request.relays)
        await ABOUT_CASE[verb](context, Press(actor, fields, case))
        return
    finished = await context.run_history.get(fields["run"])
    if finished is None or finished.case != case.id:
        await thread_replies.gone(context, actor, NO_VERDICT)
        return
    known = [name for name in finished.relays if name != BROWSER_RELAY] or case.request.relays
    await context.permissions.check_access(workspace, actor, known)
    if item := fields.get("relay", ""):  # pressed below the verdict of one of several relays
        finished = finished.from_relay(item) or finished
    await ABOUT_RUN[verb](context, Press(actor, fields, case, finished))


async def _again(context: AppContext, press: Press) -> None:
    case = case_of(press)
    if any(running.case.id == case.id for running in context.active_runs.values()):
        await context.post_ephemeral(
            press.actor, note("This case is already being tested. The verdict will appear in its thread.")
        )
        return
    await lifecycle.rerun(context, press.actor, case)


async def _relay(context: AppContext, press: Press) -> None:
    case = case_of(press)
    wanted = replace(case.request, relays=(press.fields.get("chosen", ""),))
    await lifecycle.rerun(context, press.actor, case, wanted)


async def _stop(context: AppContext, press: Press) -> None:
    if not await lifecycle.stop(context, press.actor, press.fields["run"]):
        await context.post_ephemeral(
            press.actor, note("This diagnosis has ended already, so there is nothing to stop.")
        )


async def _answer(context: AppContext, press: Press) -> None:
    """Store the answer to the open question, and continue the diagnosis."""
    case, finished = case_of(press), run_of(press)
    question = context.engine.knowledge.questions.get(press.fields.get("question", ""))
    answers = question.answers if question else ()
    option = next((rule.option for rule in answers if rule.name == press.fields.get("answer")), None)
    if question is None or option is None or question.person is None:
        await context.post_ephemeral(press.actor, note(STAYS_OPEN))
        return
    latest = await context.run_history.latest(case.id) or finished
    values = {question.person.option: spoken(option)}
    now = await lifecycle.answer(context, press.actor, case, latest, values)
    await thread_replies.concluded(context, press.actor, now, f"{question.person.ask} {option.says}.")


async def _right(context: AppContext, press: Press) -> None:
    await feedback.confirm(context, press.actor, case_of(press), run_of(press))


async def _wrong(context: AppContext, press: Press) -> None:
    await feedback.contest(context, press.actor, case_of(press), run_of(press))


async def _link(context: AppContext, press: Press) -> None:
    await check_links.make(context, press.actor, case=case_of(press))


async def _recheck(context: AppContext, press: Press) -> None:
    """Make a link good once more: the one that the button names, else the one by which the run came."""
    name = press.fields.get("link", "")
    if not name and (link := await context.store.link_of_run(press.fields["run"])):
        name = link.name
    if not name:  # the result was pasted
        await check_links.make(context, press.actor, case=case_of(press))
        return
    await check_links.renew(context, press.actor, case_of(press), name)


def _of_link(act: Callable[[AppContext, Actor, CaseRow, str], Awaitable[None]]) -> Act:
    async def done(context: AppContext, press: Press) -> None:
        await act(context, press.actor, case_of(press), press.fields.get("link", ""))

    return done


ABOUT_CASE: Final[dict[str, Act]] = {
    "again": _again,
    "relay": _relay,
    "stop": _stop,
    "link": _link,
    "recheck": _recheck,
    "remind": _of_link(check_links.remind),
    "unlink": _of_link(check_links.cancel),
}
ABOUT_RUN: Final[dict[str, Act]] = {
    "answer": _answer,
    "platform": run_actions.platform,
    "compare": run_actions.compare,
    "customer": run_actions.customer,
    "more": run_actions.more,
    "ticket": run_actions.ticket,
    "evidence": for_run(thread_replies.evidence),
    "fixes": run_actions.fixes,
    "preflight": run_actions.preflight,
    "raw": for_run(uploads.raw),
    "tree": for_run(uploads.tree),
    "view": run_actions.view,
    "right": _right,
    "wrong": _wrong,
}
