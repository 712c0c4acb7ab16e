"""Words in a thread of ours: anybody goes on with the same case, by mention or plainly where the bot may read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.allowlist.request import asks_plainly
from bot.diagnosis.revise import changed
from bot.language.addressing import is_for_us
from bot.language.intents import Intent, Thread, read_intent
from bot.model.records import CaseRow
from bot.redaction.redact import hint, redact
from bot.rendering.blocks.notices import note
from bot.slack.api.actor import Asker
from bot.slack.conversation import answers, reports, thread_replies
from bot.slack.conversation.dispatch import LONGEST, TAKEN_OUT
from bot.slack.conversation.question import Question
from bot.slack.runs import lifecycle
from bot.slack.state.context import Office
from bot.slack.state.finished_run import Seen

NO_VERDICT = "This diagnosis has no verdict yet; ask again when it has one."


async def follow(office: Office, asker: Asker, case: CaseRow, text: str, *, addressed: bool) -> None:
    """Do what *text* asks of *case*; words that are not meant for us are left alone unless *addressed* to us."""
    left = await reports.take(office, asker, case, text)
    if left is None:
        return
    seen = await office.records.latest(case.id)
    heard = await office.bench.call(_hear, left, _thread(office, seen), addressed=addressed)
    if heard is None:
        return
    if heard.taken_out:
        await office.whisper(asker, note(heard.taken_out))
    if heard.intent.kind not in ("unknown", "meaning"):
        await office.rights.use(await office.workspace(asker), asker, case.request.relays)
    question = Question(office, asker, case, seen, heard.text)
    if await question.comes_first(heard.intent, addressed=addressed) or await _do(
        office, asker, case, seen, heard.intent
    ):
        return
    await question.put(addressed=addressed)


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said, without secrets: what it asks for, and what was taken out."""

    text: str
    intent: Intent
    taken_out: str


def _hear(text: str, thread: Thread, *, addressed: bool) -> Heard | None:
    """Read *text* at the bench; None where it is not for us."""
    safe = redact(text[:LONGEST])
    said = TAKEN_OUT.sub(" ", safe.text)
    intent = read_intent(said, thread)
    wanted = addressed or is_for_us(said, intent) or asks_plainly(said)
    return Heard(said, intent, hint(safe.kinds)) if wanted else None


async def _do(office: Office, asker: Asker, case: CaseRow, seen: Seen | None, intent: Intent) -> bool:
    """Do what *intent* says; false where it is to be taken as a question."""
    match intent.kind:
        case "unknown":
            return False
        case "meaning":
            return await answers.named(office, asker, intent.values.get("about", ""))
        case "stop":
            await _stop(office, asker, case)
        case "help":
            await thread_replies.reply(office, asker, thread_replies.help_text(office))
        case "evidence" | "preflight" if seen is None:
            await thread_replies.reply(office, asker, note(NO_VERDICT))
        case "evidence":
            assert seen is not None
            await thread_replies.evidence(office, asker, seen, intent.values.get("about", ""))
        case "preflight":
            assert seen is not None
            await thread_replies.preflight(office, asker, seen, intent.values.get("platform", ""))
        case _:
            office.talks.forget(asker)
            await _change(office, asker, case, seen, intent)
    return True


async def _change(office: Office, asker: Asker, case: CaseRow, seen: Seen | None, intent: Intent) -> None:
    """Change the case: conclude anew where the looks are there already, else look again."""
    request = changed(case.request, intent.values)
    if intent.kind == "answer" and seen:
        told = {name: value for name, value in request.told.items() if name in intent.values}
        now = await lifecycle.answer(office, asker, case, seen, told)
        await thread_replies.concluded(office, asker, now, f"Noted: {_listed(told)}.")
    elif intent.kind == "platform" and seen and seen.record.request.platform in (None, request.platform):
        now = await lifecycle.view_as(
            office, asker, replace(case, request=request), seen, request.platform or ""
        )
        await thread_replies.concluded(
            office, asker, now, "No new test was needed: every platform had been looked at."
        )
    else:
        await lifecycle.again(office, asker, case, request)


async def _stop(office: Office, asker: Asker, case: CaseRow) -> None:
    """Stop every run of the case."""
    going = [run for run, one in office.running.items() if one.case.id == case.id]
    stopped = [await lifecycle.stop(office, asker, run) for run in going]
    if not any(stopped):
        await office.whisper(asker, note("Nothing runs here at the moment."))


def _thread(office: Office, seen: Seen | None) -> Thread:
    asked = seen.record.diagnosis.next_question if seen else None
    return Thread(office.vocabulary, asked.option if asked else "", topics(office, seen))


def topics(office: Office, seen: Seen | None) -> dict[str, str]:
    """What words in a thread may be about: causes and questions by id and title, looks by their targets."""
    knowledge = office.desk.knowledge
    named = {one.id: one.id for one in knowledge.causes.values()}
    named |= {one.title: one.id for one in knowledge.causes.values()}
    named |= {one.id: one.id for one in knowledge.questions.values()}
    named |= {one.asks: one.id for one in knowledge.questions.values()}
    named |= {platform.title: platform.id for platform in knowledge.platforms.values()}
    if seen:
        named |= {step: step for step in seen.record.observations}
    return named


def _listed(told: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in told.items())
