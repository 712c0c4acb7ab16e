"""Answers to questions, wherever they are asked: in the thread for all, or to the person alone who typed a command."""

import logging
from dataclasses import replace
from typing import Final

from bot.intake.read import read
from bot.language.answering import Answer, answer_question, passage
from bot.language.case_context import CaseContext, context_of_case
from bot.language.rewording import reword
from bot.language.router import LanguageContext, UnknownCode, follow_up, in_context, route
from bot.model.records import CaseRow
from bot.model.request import Vocabulary
from bot.rendering.blocks import answers, codes, guides
from bot.rendering.blocks.elements import ButtonContext
from bot.rendering.blocks.message import Message
from bot.slack.api.actor import Actor
from bot.slack.api.client import SlackError
from bot.slack.api.post_update import OUTSIDE
from bot.slack.delivery.outbox import post_once
from bot.slack.state.context import AppContext
from bot.slack.state.finished_run import FinishedRun, view_of
from bot.slack.state.thread_memory import LastQuestion
from knowledge.advice.meaning import meaning_of

log = logging.getLogger(__name__)

# Seconds that a language model has: the plain answer is there already, and nobody sees that its words are thought over.
WORDING: Final = 4.0
LONGEST: Final = 500  # characters of a question that are shown again, or gone on from


async def warm(context: AppContext) -> None:
    """Learn from the files what words mean, before somebody waits for it: half a second, at the bench."""

    def learn() -> None:
        route("a story that says nothing", CaseContext(), language_context(context))

    await context.worker.call(learn)


async def say(context: AppContext, actor: Actor, message: Message) -> None:
    """Answer where it was asked: in the thread, or to the person alone where only they see the question."""
    where = actor.thread or actor.message
    if not where or actor.private or not actor.channel:
        await context.post_ephemeral(actor, message)
        return
    try:
        await post_once(await context.workspace(actor), actor.channel, message, where)
    except SlackError as refused:
        if refused.word not in OUTSIDE:
            raise
        await context.post_ephemeral(actor, message)


def language_context(context: AppContext, words: Vocabulary | None = None) -> LanguageContext:
    """What words can be about here; *words* are those that somebody may use."""
    return LanguageContext(context.engine.knowledge, context.engine.network, words or context.vocabulary)


async def about(context: AppContext, case: CaseRow, finished: FinishedRun | None) -> CaseContext:
    """What questions in the thread of *case* are about: its causes, their evidence, platform and edge."""
    request = case.request
    if finished is None:
        return CaseContext(request.code, request.platform or "", request.edge)
    meant = await context.store.labels.meant(case.id)
    found = await context.worker.call(_of_case, context, finished, meant)
    return replace(found, platform=request.platform or found.platform)


def _of_case(context: AppContext, finished: FinishedRun, meant: tuple[str, ...]) -> CaseContext:
    return context_of_case(finished.record, view_of(context.engine, finished).found, meant)


def answered(
    text: str, talk: LastQuestion, case_context: CaseContext, here: LanguageContext
) -> tuple[Answer, LastQuestion]:
    """Answer *text* in the context of a case, going on from the last question of its thread; runs at the bench."""
    again = follow_up(text, [talk.question] if talk.question else [], here.vocabulary)
    context = talk.about if talk.question else CaseContext()
    stored = replace(
        case_context,
        platform=context.platform or case_context.platform,
        edge=context.edge or case_context.edge,
    )
    now = in_context(text, stored, here)
    question = again or text
    return answer_question(question, now, here.knowledge, here.network), LastQuestion(question, now)


async def answer(
    context: AppContext,
    actor: Actor,
    text: Answer,
    question: str,
    case_context: CaseContext,
    asked: ButtonContext | None = None,
) -> None:
    """Give an answer, in a language model's words where one is set, or own up to none; keep what it was about."""
    question = question[:LONGEST]
    talk, codes = await context.worker.call(_kept, context, question, case_context)
    if text.answered:
        context.thread_memory.keep(actor, talk)
        text = await _worded(context, question, text, case_context)
    visible = "" if actor.message and not actor.private else question
    await say(context, actor, answers.answer(text, visible, asked or ButtonContext(), codes))


async def _worded(context: AppContext, question: str, plain: Answer, case_context: CaseContext) -> Answer:
    """*plain* in the model's words; as it is where none is set, it is slow, or says what is not written."""
    if context.llm is None:
        return plain
    answer = await context.worker.run(reword(question, plain, case_context.evidence, context.llm))
    if not answer.phrased:
        log.warning("an answer was not worded by the language model: %s", answer.because)
    return answer


def _kept(
    context: AppContext, question: str, case_context: CaseContext
) -> tuple[LastQuestion, list[tuple[str, str]]]:
    """What the next question may go on from, and the codes that *question* names, with their names."""
    known = [
        code for code in read(question, context.vocabulary).codes if code in context.engine.knowledge.errors
    ]
    talk = LastQuestion(question, in_context(question, case_context, language_context(context)))
    return talk, [(code, name_of(context, code)) for code in known]


async def meanings(
    context: AppContext, actor: Actor, asked: tuple[str, ...], platform: str, question: str = ""
) -> None:
    """Tell what codes mean, each in a message of its own."""
    for code in asked[:3]:
        found = meaning_of(context.engine.knowledge, code, platform or None)
        if found:
            await say(context, actor, codes.code_meaning(found, platform))
    if question and asked:
        context.thread_memory.keep(actor, LastQuestion(question, CaseContext(asked[0], platform)))


async def unknown(context: AppContext, actor: Actor, what: UnknownCode) -> None:
    """Say that a code is not known here, and offer the nearest."""
    near = [(code, name_of(context, code)) for code in what.near]
    await say(context, actor, codes.unknown_code(what.code, near, meaning=what.meaning))


async def nearest(context: AppContext, actor: Actor, name: str) -> None:
    """Give the passage that was chosen of the nearest ones."""
    answer = await context.worker.call(passage, name, context.engine.knowledge)
    await say(context, actor, answers.answer(answer))


async def named(context: AppContext, actor: Actor, name: str) -> bool:
    """Explain the cause, the question or the code of that *name*; false where nothing has it."""
    knowledge = context.engine.knowledge
    if name in knowledge.causes:
        await say(context, actor, guides.cause_meaning(knowledge.causes[name]))
    elif name in knowledge.questions:
        await say(context, actor, guides.question_meaning(knowledge.questions[name]))
    elif name in knowledge.errors:
        await meanings(context, actor, (name,), "")
    else:
        return False
    return True


def name_of(context: AppContext, code: str) -> str:
    """The name of an error code; empty for one without a file."""
    known = context.engine.knowledge.errors.get(code)
    return known.name if known else ""
