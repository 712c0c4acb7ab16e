"""Answers to questions, wherever they are asked: in the thread for all, or to the person alone who typed a command."""

import logging
from dataclasses import replace
from typing import Final

from bot.intake.parsing.error_codes import find_codes
from bot.language.answering import Answer, ask, passage
from bot.language.case_context import About, about_case
from bot.language.rewording import phrase
from bot.language.router import UnknownCode, World, follow_up, in_context, want
from bot.model.records import CaseRow
from bot.model.request import Vocabulary
from bot.rendering.blocks import answers, codes, guides
from bot.rendering.blocks.elements import Asked
from bot.rendering.blocks.message import Message
from bot.slack.api.actor import Asker
from bot.slack.api.client import SlackError
from bot.slack.api.post_update import OUTSIDE
from bot.slack.delivery.outbox import post_once
from bot.slack.state.context import Office
from bot.slack.state.finished_run import Seen, view_of
from bot.slack.state.thread_memory import Talk
from knowledge.advice.meaning import meaning_of

log = logging.getLogger(__name__)

# Seconds that a language model has: the plain answer is there already, and nobody sees that its words are thought over.
WORDING: Final = 4.0
LONGEST: Final = 500  # characters of a question that are shown again, or gone on from


async def warm(office: Office) -> None:
    """Learn from the files what words mean, before somebody waits for it: half a second, at the bench."""

    def learn() -> None:
        want("a story that says nothing", About(), world(office))

    await office.bench.call(learn)


async def say(office: Office, asker: Asker, message: Message) -> None:
    """Answer where it was asked: in the thread, or to the person alone where only they see the question."""
    where = asker.thread or asker.message
    if not where or asker.private or not asker.channel:
        await office.whisper(asker, message)
        return
    try:
        await post_once(await office.workspace(asker), asker.channel, message, where)
    except SlackError as refused:
        if refused.word not in OUTSIDE:
            raise
        await office.whisper(asker, message)


def world(office: Office, words: Vocabulary | None = None) -> World:
    """What words can be about here; *words* are those that somebody may use."""
    return World(office.desk.knowledge, office.desk.network, words or office.vocabulary)


async def about(office: Office, case: CaseRow, seen: Seen | None) -> About:
    """What questions in the thread of *case* are about: its causes, their evidence, platform and edge."""
    request = case.request
    if seen is None:
        return About(request.code, request.platform or "", request.edge)
    meant = await office.store.labels.meant(case.id)
    found = await office.bench.call(_of_case, office, seen, meant)
    return replace(found, platform=request.platform or found.platform)


def _of_case(office: Office, seen: Seen, meant: tuple[str, ...]) -> About:
    return about_case(seen.record, view_of(office.desk, seen).found, meant)


def answered(text: str, talk: Talk, context: About, here: World) -> tuple[Answer, Talk]:
    """Answer *text* in the context of a case, going on from the last question of its thread; runs at the bench."""
    again = follow_up(text, [talk.question] if talk.question else [], here.vocabulary)
    told = talk.about if talk.question else About()
    kept = replace(context, platform=told.platform or context.platform, edge=told.edge or context.edge)
    now = in_context(text, kept, here)
    question = again or text
    return ask(question, now, here.knowledge, here.network), Talk(question, now)


async def answer(
    office: Office, asker: Asker, said: Answer, question: str, context: About, asked: Asked | None = None
) -> None:
    """Give an answer, in a language model's words where one is set, or own up to none; keep what it was about."""
    question = question[:LONGEST]
    talk, codes = await office.bench.call(_kept, office, question, context)
    if said.answered:
        office.talks.keep(asker, talk)
        said = await _worded(office, question, said, context)
    shown = "" if asker.message and not asker.private else question
    await say(office, asker, answers.answer(said, shown, asked or Asked(), codes))


async def _worded(office: Office, question: str, plain: Answer, context: About) -> Answer:
    """*plain* in the model's words; as it is where none is set, it is slow, or says what is not written."""
    if office.model is None:
        return plain
    said = await office.bench.run(phrase(question, plain, context.evidence, office.model))
    if not said.phrased:
        log.warning("an answer was not worded by the language model: %s", said.because)
    return said


def _kept(office: Office, question: str, context: About) -> tuple[Talk, list[tuple[str, str]]]:
    """What the next question may go on from, and the codes that *question* names, with their names."""
    known = [code for code in find_codes(question, office.vocabulary) if code in office.desk.knowledge.errors]
    talk = Talk(question, in_context(question, context, world(office)))
    return talk, [(code, name_of(office, code)) for code in known]


async def meanings(
    office: Office, asker: Asker, asked: tuple[str, ...], platform: str, question: str = ""
) -> None:
    """Tell what codes mean, each in a message of its own."""
    for code in asked[:3]:
        found = meaning_of(office.desk.knowledge, code, platform or None)
        if found:
            await say(office, asker, codes.code_meaning(found, platform))
    if question and asked:
        office.talks.keep(asker, Talk(question, About(asked[0], platform)))


async def unknown(office: Office, asker: Asker, what: UnknownCode) -> None:
    """Say that a code is not known here, and offer the nearest."""
    near = [(code, name_of(office, code)) for code in what.near]
    await say(office, asker, codes.unknown_code(what.code, near, meaning=what.meaning))


async def nearest(office: Office, asker: Asker, name: str) -> None:
    """Give the passage that was chosen of the nearest ones."""
    said = await office.bench.call(passage, name, office.desk.knowledge)
    await say(office, asker, answers.answer(said))


async def named(office: Office, asker: Asker, name: str) -> bool:
    """Explain the cause, the question or the code of that *name*; false where nothing has it."""
    knowledge = office.desk.knowledge
    if name in knowledge.causes:
        await say(office, asker, guides.cause_meaning(knowledge.causes[name]))
    elif name in knowledge.questions:
        await say(office, asker, guides.question_meaning(knowledge.questions[name]))
    elif name in knowledge.errors:
        await meanings(office, asker, (name,), "")
    else:
        return False
    return True


def name_of(office: Office, code: str) -> str:
    """The name of an error code; empty for one without a file."""
    known = office.desk.knowledge.errors.get(code)
    return known.name if known else ""
