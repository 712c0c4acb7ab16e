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
        said = elements.read((body.get("actions") or [{}])[0])
        verb = said["verb"]
        one = make_event("press", of_interaction(body), body, said, ordered=verb not in AT_ONCE)
        await inbox.take(context, one, urgent=verb in WINDOWS)
        await ack()


async def press(context: AppContext, actor: Actor, said: Mapping[str, str]) -> None:
    """Find out what the button is about, and do it."""
    verb = said["verb"]
    if verb in FREE:
        await FREE[verb](context, actor, said)
        return
    case = await context.store.case(said["case"])
    if case is None or case.team != actor.team or verb not in ABOUT_CASE | ABOUT_RUN:
        await thread_replies.gone(context, actor, lifecycle.GONE)
        return
    workspace = await context.workspace(actor)
    if verb in ABOUT_CASE:
        await context.permissions.check_access(workspace, actor, case.request.relays)
        await ABOUT_CASE[verb](context, Press(actor, said, case))
        return
    seen = await context.run_history.get(said["run"])
    if seen is None or seen.case != case.id:
        await thread_replies.gone(context, actor, NO_VERDICT)
        return
    await context.permissions.check_access(workspace, actor, seen.relays)
    if one := said.get("relay", ""):  # pressed below the verdict of one relay of several
        seen = seen.from_relay(one) or seen
    await ABOUT_RUN[verb](context, Press(actor, said, case, seen))


async def _again(context: AppContext, one: Press) -> None:
    case = _case(one)
    if any(running.case.id == case.id for running in context.active_runs.values()):
        await context.post_ephemeral(
            one.actor, note("This case is being tested already; the verdict comes in its thread.")
        )
        return
    await lifecycle.rerun(context, one.actor, case)


async def _relay(context: AppContext, one: Press) -> None:
    case = _case(one)
    wanted = replace(case.request, relays=(one.said.get("chosen", ""),))
    await lifecycle.rerun(context, one.actor, case, wanted)


async def _view(context: AppContext, one: Press) -> None:
    """Show the whole verdict of one relay of several, in the thread."""
    part = _seen(one).from_relay(one.said.get("chosen", ""))
    if part is None:
        await thread_replies.gone(context, one.actor, NO_VERDICT)
        return
    await thread_replies.reply(
        context, one.actor, await context.worker.call(run_messages.verdict_message, context.engine, part)
    )


async def _stop(context: AppContext, one: Press) -> None:
    if not await lifecycle.stop(context, one.actor, one.said["run"]):
        await context.post_ephemeral(
            one.actor, note("This diagnosis has ended already; there is nothing to stop.")
        )


async def _answer(context: AppContext, one: Press) -> None:
    """Continue the walk with an answer."""
    case, seen = _case(one), _seen(one)
    question = context.engine.knowledge.questions.get(one.said.get("question", ""))
    answers = question.answers if question else ()
    option = next((rule.option for rule in answers if rule.name == one.said.get("answer")), None)
    if question is None or option is None or question.person is None:
        await context.post_ephemeral(one.actor, note("Then it stays open. Whoever knows may answer later."))
        return
    latest = await context.run_history.latest(case.id) or seen
    told = {question.person.option: spoken(option)}
    now = await lifecycle.answer(context, one.actor, case, latest, told)
    await thread_replies.concluded(context, one.actor, now, f"{question.person.ask} {option.says}.")


async def _platform(context: AppContext, one: Press) -> None:
    """Show the steps for another platform, in the message where it was chosen; nothing is looked at."""
    case, seen, platform = _case(one), _seen(one), one.said.get("chosen", fixes.ALL)
    if one.said.get("place") == "fixes":
        message = await context.worker.call(run_messages.fixes_message, context.engine, seen, platform)
        await update(await context.workspace(one.actor), one.actor.channel, one.actor.message, message)
    elif one.said.get("place") == "part":
        message = await context.worker.call(
            run_messages.verdict_message, context.engine, seen, platform=platform
        )
        await update(await context.workspace(one.actor), one.actor.channel, one.actor.message, message)
    else:
        await outbox.refresh_case(context, case, seen, {"platform": platform, "at": one.actor.trigger})


async def _compare(context: AppContext, one: Press) -> None:
    seen = _seen(one)
    before = await context.run_history.before(seen)
    if before is None:
        await context.post_ephemeral(one.actor, note("There is no earlier run of this case to compare with."))
        return
    await thread_replies.reply(
        context,
        one.actor,
        await context.worker.call(run_messages.change_message, context.engine, before, seen),
    )


async def _ticket(context: AppContext, one: Press) -> None:
    await context.post_ephemeral(
        one.actor, await context.worker.call(run_messages.ticket_message, context.engine, _seen(one))
    )


async def _evidence(context: AppContext, one: Press) -> None:
    await thread_replies.evidence(context, one.actor, _seen(one), "")


async def _fixes(context: AppContext, one: Press) -> None:
    platform = one.said.get("platform", "") or fixes.ALL
    await thread_replies.reply(
        context,
        one.actor,
        await context.worker.call(run_messages.fixes_message, context.engine, _seen(one), platform),
    )


async def _preflight(context: AppContext, one: Press) -> None:
    await thread_replies.preflight(context, one.actor, _seen(one), one.said.get("platform", ""))


async def _raw(context: AppContext, one: Press) -> None:
    await uploads.raw(context, one.actor, _seen(one))


async def _tree(context: AppContext, one: Press) -> None:
    await uploads.tree(context, one.actor, _seen(one))


async def _right(context: AppContext, one: Press) -> None:
    await feedback.judge(context, one.actor, _case(one), _seen(one), "right")
    await context.post_ephemeral(
        one.actor, notices.thanks(run_messages.header_of_finished(context.engine, _seen(one)), "right")
    )


async def _wrong(context: AppContext, one: Press) -> None:
    try:
        await feedback.ask_why(context, one.actor, _seen(one))
    finally:  # it counts, whether or not there was time for a window
        await feedback.judge(context, one.actor, _case(one), _seen(one), "wrong")


def _case(one: Press) -> CaseRow:
    assert one.case is not None  # `press` has found it
    return one.case


def _seen(one: Press) -> FinishedRun:
    assert one.seen is not None  # as above
    return one.seen


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


async def _start(context: AppContext, actor: Actor, said: Said) -> None:
    """Begin with the code that was chosen, or open the form."""
    given = {name: said[name] for name in ("code", "platform") if said.get(name)}
    if "code" in given:
        await lifecycle.start(context, actor, views.filled_in(given, context.vocabulary))
    else:
        await views.open_form(context, actor, given)


async def _none(context: AppContext, actor: Actor, said: Said) -> None:
    """None of the readings: open the form with what is known, or say what helps where its time is over."""
    given = await symptom_choices.none(context, actor, said)
    if actor.late:
        await answers.say(context, actor, no_choice())
    else:
        await views.open_form(context, actor, {"code": modals.ANY, **given})


async def _nearest(context: AppContext, actor: Actor, said: Said) -> None:
    await answers.nearest(context, actor, said.get("about", ""))


async def _meaning(context: AppContext, actor: Actor, said: Said) -> None:
    await answers.meanings(context, actor, (said.get("code", ""),), said.get("platform", ""))


async def _guide(context: AppContext, actor: Actor, said: Said) -> None:
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
