"""Everything that can be pressed and chosen: one line for each verb, asked for the rights of whoever presses."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.language.refinements import spoken
from bot.model.records import CaseRow
from bot.rendering.blocks import elements, fixes, modals, notices
from bot.rendering.blocks.notices import note
from bot.rendering.blocks.symptom_choices import nothing as no_choice
from bot.slack.api.actor import Actor, of_interaction
from bot.slack.api.post_update import update
from bot.slack.conversation import allowlists, answers, symptom_choices, thread_replies, uploads
from bot.slack.delivery import inbox, outbox
from bot.slack.listeners import feedback, views
from bot.slack.runs import lifecycle
from bot.slack.state import run_messages
from bot.slack.state.context import AppContext
from bot.slack.state.event import make_event
from bot.slack.state.finished_run import FinishedRun

ANY_OF_OURS: Final = re.compile(f"^{elements.PREFIX}")
WINDOWS: Final = frozenset(
    {"start", "wrong", "none"}
)  # what they open has a trigger that lives three seconds
AT_ONCE: Final = WINDOWS | {"stop"}  # whatever else is going on in the thread
NO_VERDICT: Final = "This run has no verdict; test again."


@dataclass(frozen=True, slots=True)
class Press:
    """Who pressed what, and what it is about."""

    actor: Actor
    said: Mapping[str, str]  # what the button carries
    case: CaseRow | None = None
    seen: FinishedRun | None = None


Act: TypeAlias = Callable[[AppContext, Press], Awaitable[None]]


def register(app: AsyncApp, context: AppContext) -> None:
    """Listen to every button and select of ours."""

    @app.action(ANY_OF_OURS)
    async def pressed(ack: AsyncAck, body: dict[str, Any]) -> None:
        fields = elements.read((body.get("actions") or [{}])[0])
        verb = fields["verb"]
        event = make_event("press", of_interaction(body), body, fields, ordered=verb not in AT_ONCE)
        await inbox.take(context, event, urgent=verb in WINDOWS)
        await ack()


async def press(context: AppContext, actor: Actor, fields: Mapping[str, str]) -> None:
    """Find out what the button is about, and do it."""
    verb = fields["verb"]
    if verb in FREE:
        await FREE[verb](context, actor, fields)
        return
    case = await context.store.case(fields["case"])
    if case is None or case.team != actor.team or verb not in ABOUT_CASE | ABOUT_RUN:
        await thread_replies.gone(context, actor, lifecycle.GONE)
        return
    workspace = await context.workspace(actor)
    if verb in ABOUT_CASE:
        await context.permissions.check_access(workspace, actor, case.request.relays)
        await ABOUT_CASE[verb](context, Press(actor, fields, case))
        return
    finished = await context.run_history.get(fields["run"])
    if finished is None or finished.case != case.id:
        await thread_replies.gone(context, actor, NO_VERDICT)
        return
    await context.permissions.check_access(workspace, actor, finished.relays)
    if item := fields.get("relay", ""):  # pressed below the verdict of one relay of several
        finished = finished.from_relay(item) or finished
    await ABOUT_RUN[verb](context, Press(actor, fields, case, finished))


async def _again(context: AppContext, press: Press) -> None:
    case = _case(press)
    if any(running.case.id == case.id for running in context.active_runs.values()):
        await context.post_ephemeral(
            press.actor, note("This case is being tested already; the verdict comes in its thread.")
        )
        return
    await lifecycle.rerun(context, press.actor, case)


async def _relay(context: AppContext, press: Press) -> None:
    case = _case(press)
    wanted = replace(case.request, relays=(press.said.get("chosen", ""),))
    await lifecycle.rerun(context, press.actor, case, wanted)


async def _view(context: AppContext, press: Press) -> None:
    """Show the whole verdict of one relay of several, in the thread."""
    part = _seen(press).from_relay(press.said.get("chosen", ""))
    if part is None:
        await thread_replies.gone(context, press.actor, NO_VERDICT)
        return
    await thread_replies.reply(
        context, press.actor, await context.worker.call(run_messages.verdict_message, context.engine, part)
    )


async def _stop(context: AppContext, press: Press) -> None:
    if not await lifecycle.stop(context, press.actor, press.said["run"]):
        await context.post_ephemeral(
            press.actor, note("This diagnosis has ended already; there is nothing to stop.")
        )


async def _answer(context: AppContext, press: Press) -> None:
    """Continue the walk with an answer."""
    case, finished = _case(press), _seen(press)
    question = context.engine.knowledge.questions.get(press.said.get("question", ""))
    answers = question.answers if question else ()
    option = next((rule.option for rule in answers if rule.name == press.said.get("answer")), None)
    if question is None or option is None or question.person is None:
        await context.post_ephemeral(press.actor, note("Then it stays open. Whoever knows may answer later."))
        return
    latest = await context.run_history.latest(case.id) or finished
    values = {question.person.option: spoken(option)}
    now = await lifecycle.answer(context, press.actor, case, latest, values)
    await thread_replies.concluded(context, press.actor, now, f"{question.person.ask} {option.says}.")


async def _platform(context: AppContext, press: Press) -> None:
    """Show the steps for another platform, in the message where it was chosen; nothing is looked at."""
    case, finished, platform = _case(press), _seen(press), press.said.get("chosen", fixes.ALL)
    if press.said.get("place") == "fixes":
        message = await context.worker.call(run_messages.fixes_message, context.engine, finished, platform)
        await update(await context.workspace(press.actor), press.actor.channel, press.actor.message, message)
    elif press.said.get("place") == "part":
        message = await context.worker.call(
            run_messages.verdict_message, context.engine, finished, platform=platform
        )
        await update(await context.workspace(press.actor), press.actor.channel, press.actor.message, message)
    else:
        await outbox.refresh_case(context, case, finished, {"platform": platform, "at": press.actor.trigger})


async def _compare(context: AppContext, press: Press) -> None:
    finished = _seen(press)
    before = await context.run_history.before(finished)
    if before is None:
        await context.post_ephemeral(
            press.actor, note("There is no earlier run of this case to compare with.")
        )
        return
    await thread_replies.reply(
        context,
        press.actor,
        await context.worker.call(run_messages.change_message, context.engine, before, finished),
    )


async def _ticket(context: AppContext, press: Press) -> None:
    await context.post_ephemeral(
        press.actor, await context.worker.call(run_messages.ticket_message, context.engine, _seen(press))
    )


async def _evidence(context: AppContext, press: Press) -> None:
    await thread_replies.evidence(context, press.actor, _seen(press), "")


async def _fixes(context: AppContext, press: Press) -> None:
    platform = press.said.get("platform", "") or fixes.ALL
    await thread_replies.reply(
        context,
        press.actor,
        await context.worker.call(run_messages.fixes_message, context.engine, _seen(press), platform),
    )


async def _preflight(context: AppContext, press: Press) -> None:
    await thread_replies.preflight(context, press.actor, _seen(press), press.said.get("platform", ""))


async def _raw(context: AppContext, press: Press) -> None:
    await uploads.raw(context, press.actor, _seen(press))


async def _tree(context: AppContext, press: Press) -> None:
    await uploads.tree(context, press.actor, _seen(press))


async def _right(context: AppContext, press: Press) -> None:
    await feedback.judge(context, press.actor, _case(press), _seen(press), "right")
    await context.post_ephemeral(
        press.actor, notices.thanks(run_messages.header_of_finished(context.engine, _seen(press)), "right")
    )


async def _wrong(context: AppContext, press: Press) -> None:
    try:
        await feedback.ask_why(context, press.actor, _seen(press))
    finally:  # it counts, whether or not there was time for a window
        await feedback.judge(context, press.actor, _case(press), _seen(press), "wrong")


def _case(press: Press) -> CaseRow:
    assert press.case is not None  # `press` has found it
    return press.case


def _seen(press: Press) -> FinishedRun:
    assert press.seen is not None  # as above
    return press.seen


ABOUT_CASE: Final[dict[str, Act]] = {"again": _again, "relay": _relay, "stop": _stop}
ABOUT_RUN: Final[dict[str, Act]] = {
    "answer": _answer,
    "platform": _platform,
    "compare": _compare,
    "ticket": _ticket,
    "evidence": _evidence,
    "fixes": _fixes,
    "preflight": _preflight,
    "raw": _raw,
    "tree": _tree,
    "view": _view,
    "right": _right,
    "wrong": _wrong,
}


Said: TypeAlias = Mapping[str, str]  # what the button carries


async def _start(context: AppContext, actor: Actor, text: Said) -> None:
    """Begin with the code that was chosen, or open the form."""
    given = {name: text[name] for name in ("code", "platform") if text.get(name)}
    if "code" in given:
        await lifecycle.start(context, actor, views.filled_in(given, context.vocabulary))
    else:
        await views.open_form(context, actor, given)


async def _none(context: AppContext, actor: Actor, text: Said) -> None:
    """None of the readings: open the form with what is known, or say what helps where its time is over."""
    given = await symptom_choices.none(context, actor, text)
    if actor.late:
        await answers.say(context, actor, no_choice())
    else:
        await views.open_form(context, actor, {"code": modals.ANY, **given})


async def _nearest(context: AppContext, actor: Actor, text: Said) -> None:
    await answers.nearest(context, actor, text.get("about", ""))


async def _meaning(context: AppContext, actor: Actor, text: Said) -> None:
    await answers.meanings(context, actor, (text.get("code", ""),), text.get("platform", ""))


async def _guide(context: AppContext, actor: Actor, text: Said) -> None:
    await context.post_ephemeral(actor, thread_replies.help_text(context))


FREE: Final[dict[str, Callable[[AppContext, Actor, Said], Awaitable[None]]]] = {
    "start": _start,
    "guide": _guide,
    "reading": symptom_choices.choose,
    "none": _none,
    "nearest": _nearest,
    "meaning": _meaning,
    "list": allowlists.another,
}
