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
from bot.slack.api.actor import Asker, of_interaction
from bot.slack.api.post_update import update
from bot.slack.conversation import allowlists, answers, symptom_choices, thread_replies, uploads
from bot.slack.delivery import inbox, outbox
from bot.slack.listeners import feedback, views
from bot.slack.runs import lifecycle
from bot.slack.state import run_messages
from bot.slack.state.context import Office
from bot.slack.state.event import delivered
from bot.slack.state.finished_run import Seen

ANY_OF_OURS: Final = re.compile(f"^{elements.PREFIX}")
WINDOWS: Final = frozenset(
    {"start", "wrong", "none"}
)  # what they open has a trigger that lives three seconds
AT_ONCE: Final = WINDOWS | {"stop"}  # whatever else is going on in the thread
NO_VERDICT: Final = "This run has no verdict; test again."


@dataclass(frozen=True, slots=True)
class Press:
    """Who pressed what, and what it is about."""

    asker: Asker
    said: Mapping[str, str]  # what the button carries
    case: CaseRow | None = None
    seen: Seen | None = None


Act: TypeAlias = Callable[[Office, Press], Awaitable[None]]


def register(app: AsyncApp, office: Office) -> None:
    """Listen to every button and select of ours."""

    @app.action(ANY_OF_OURS)
    async def pressed(ack: AsyncAck, body: dict[str, Any]) -> None:
        said = elements.read((body.get("actions") or [{}])[0])
        verb = said["verb"]
        one = delivered("press", of_interaction(body), body, said, ordered=verb not in AT_ONCE)
        await inbox.take(office, one, urgent=verb in WINDOWS)
        await ack()


async def press(office: Office, asker: Asker, said: Mapping[str, str]) -> None:
    """Find out what the button is about, and do it."""
    verb = said["verb"]
    if verb in FREE:
        await FREE[verb](office, asker, said)
        return
    case = await office.store.case(said["case"])
    if case is None or case.team != asker.team or verb not in ABOUT_CASE | ABOUT_RUN:
        await thread_replies.gone(office, asker, lifecycle.GONE)
        return
    workspace = await office.workspace(asker)
    if verb in ABOUT_CASE:
        await office.rights.use(workspace, asker, case.request.relays)
        await ABOUT_CASE[verb](office, Press(asker, said, case))
        return
    seen = await office.records.get(said["run"])
    if seen is None or seen.case != case.id:
        await thread_replies.gone(office, asker, NO_VERDICT)
        return
    await office.rights.use(workspace, asker, seen.relays)
    if one := said.get("relay", ""):  # pressed below the verdict of one relay of several
        seen = seen.from_(one) or seen
    await ABOUT_RUN[verb](office, Press(asker, said, case, seen))


async def _again(office: Office, one: Press) -> None:
    case = _case(one)
    if any(running.case.id == case.id for running in office.running.values()):
        await office.whisper(
            one.asker, note("This case is being tested already; the verdict comes in its thread.")
        )
        return
    await lifecycle.again(office, one.asker, case)


async def _relay(office: Office, one: Press) -> None:
    case = _case(one)
    wanted = replace(case.request, relays=(one.said.get("chosen", ""),))
    await lifecycle.again(office, one.asker, case, wanted)


async def _view(office: Office, one: Press) -> None:
    """Show the whole verdict of one relay of several, in the thread."""
    part = _seen(one).from_(one.said.get("chosen", ""))
    if part is None:
        await thread_replies.gone(office, one.asker, NO_VERDICT)
        return
    await thread_replies.reply(
        office, one.asker, await office.bench.call(run_messages.the_verdict, office.desk, part)
    )


async def _stop(office: Office, one: Press) -> None:
    if not await lifecycle.stop(office, one.asker, one.said["run"]):
        await office.whisper(one.asker, note("This diagnosis has ended already; there is nothing to stop."))


async def _answer(office: Office, one: Press) -> None:
    """Continue the walk with an answer."""
    case, seen = _case(one), _seen(one)
    question = office.desk.knowledge.questions.get(one.said.get("question", ""))
    answers = question.answers if question else ()
    option = next((rule.option for rule in answers if rule.name == one.said.get("answer")), None)
    if question is None or option is None or question.person is None:
        await office.whisper(one.asker, note("Then it stays open. Whoever knows may answer later."))
        return
    latest = await office.records.latest(case.id) or seen
    told = {question.person.option: spoken(option)}
    now = await lifecycle.answer(office, one.asker, case, latest, told)
    await thread_replies.concluded(office, one.asker, now, f"{question.person.ask} {option.says}.")


async def _platform(office: Office, one: Press) -> None:
    """Show the steps for another platform, in the message where it was chosen; nothing is looked at."""
    case, seen, platform = _case(one), _seen(one), one.said.get("chosen", fixes.ALL)
    if one.said.get("place") == "fixes":
        message = await office.bench.call(run_messages.the_fixes, office.desk, seen, platform)
        await update(await office.workspace(one.asker), one.asker.channel, one.asker.message, message)
    elif one.said.get("place") == "part":
        message = await office.bench.call(run_messages.the_verdict, office.desk, seen, platform=platform)
        await update(await office.workspace(one.asker), one.asker.channel, one.asker.message, message)
    else:
        await outbox.refresh_case(office, case, seen, {"platform": platform, "at": one.asker.trigger})


async def _compare(office: Office, one: Press) -> None:
    seen = _seen(one)
    before = await office.records.before(seen)
    if before is None:
        await office.whisper(one.asker, note("There is no earlier run of this case to compare with."))
        return
    await thread_replies.reply(
        office, one.asker, await office.bench.call(run_messages.the_change, office.desk, before, seen)
    )


async def _ticket(office: Office, one: Press) -> None:
    await office.whisper(one.asker, await office.bench.call(run_messages.the_ticket, office.desk, _seen(one)))


async def _evidence(office: Office, one: Press) -> None:
    await thread_replies.evidence(office, one.asker, _seen(one), "")


async def _fixes(office: Office, one: Press) -> None:
    platform = one.said.get("platform", "") or fixes.ALL
    await thread_replies.reply(
        office, one.asker, await office.bench.call(run_messages.the_fixes, office.desk, _seen(one), platform)
    )


async def _preflight(office: Office, one: Press) -> None:
    await thread_replies.preflight(office, one.asker, _seen(one), one.said.get("platform", ""))


async def _raw(office: Office, one: Press) -> None:
    await uploads.raw(office, one.asker, _seen(one))


async def _tree(office: Office, one: Press) -> None:
    await uploads.tree(office, one.asker, _seen(one))


async def _right(office: Office, one: Press) -> None:
    await feedback.judge(office, one.asker, _case(one), _seen(one), "right")
    await office.whisper(one.asker, notices.thanks(run_messages.about_run(office.desk, _seen(one)), "right"))


async def _wrong(office: Office, one: Press) -> None:
    try:
        await feedback.ask_why(office, one.asker, _seen(one))
    finally:  # it counts, whether or not there was time for a window
        await feedback.judge(office, one.asker, _case(one), _seen(one), "wrong")


def _case(one: Press) -> CaseRow:
    assert one.case is not None  # `press` has found it
    return one.case


def _seen(one: Press) -> Seen:
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


async def _start(office: Office, asker: Asker, said: Said) -> None:
    """Begin with the code that was chosen, or open the form."""
    given = {name: said[name] for name in ("code", "platform") if said.get(name)}
    if "code" in given:
        await lifecycle.begin(office, asker, views.filled_in(given, office.vocabulary))
    else:
        await views.open_form(office, asker, given)


async def _none(office: Office, asker: Asker, said: Said) -> None:
    """None of the readings: open the form with what is known, or say what helps where its time is over."""
    given = await symptom_choices.none(office, asker, said)
    if asker.late:
        await answers.say(office, asker, no_choice())
    else:
        await views.open_form(office, asker, {"code": modals.ANY, **given})


async def _nearest(office: Office, asker: Asker, said: Said) -> None:
    await answers.nearest(office, asker, said.get("about", ""))


async def _meaning(office: Office, asker: Asker, said: Said) -> None:
    await answers.meanings(office, asker, (said.get("code", ""),), said.get("platform", ""))


async def _guide(office: Office, asker: Asker, said: Said) -> None:
    await office.whisper(asker, thread_replies.help_text(office))


FREE: Final[dict[str, Callable[[Office, Asker, Said], Awaitable[None]]]] = {
    "start": _start,
    "guide": _guide,
    "reading": symptom_choices.choose,
    "none": _none,
    "nearest": _nearest,
    "meaning": _meaning,
    "list": allowlists.another,
}
