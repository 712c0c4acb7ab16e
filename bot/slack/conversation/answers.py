"""Answers to questions, wherever they are asked: in the thread for all, or to the person alone who typed a command."""

import logging
from typing import Final

from bot.intake.read import read
from bot.language.answering import Answer, passage
from bot.language.case_context import CaseContext
from bot.language.follow_ups import LastQuestion, in_context
from bot.language.rewording import reword
from bot.language.routed_intent import LanguageContext, UnknownCode
from bot.language.router import route
from bot.model.request import Vocabulary
from bot.rendering.blocks import answers, codes, guides
from bot.rendering.blocks.elements import ButtonContext
from bot.rendering.blocks.message import Message
from bot.slack.api.actor import Actor
from bot.slack.api.client import SlackError
from bot.slack.api.post_update import OUTSIDE
from bot.slack.delivery.outbox import post_once
from bot.slack.state.context import AppContext
from knowledge.advice.meaning import meaning_of

log = logging.getLogger(__name__)

# Seconds that a language model has: the plain answer is there already, and nobody sees that its words are thought over.
WORDING: Final = 4.0
LONGEST: Final = 500  # characters of a question that are shown again, or gone on from


async def warm(context: AppContext) -> None:
    """Learn from the files what words mean, before somebody waits for it: half a second, at the bench."""

    def learn() -> None:
        route("a story that says nothing", language_context(context))

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


async def answer(
    context: AppContext,
    actor: Actor,
    text: Answer,
    asked: LastQuestion,
    run: ButtonContext | None = None,
) -> None:
    """Give an answer, in a language model's words where one is set, or say that there is none; keep the question."""
    question = asked.question[:LONGEST]
    last, codes = await context.worker.call(_kept, context, LastQuestion(question, asked.about))
    if text.answered:
        context.thread_memory.keep(actor, last)
        text = await _worded(context, question, text, asked.about)
    visible = "" if actor.message and not actor.private else question
    await say(context, actor, answers.answer(text, visible, run or ButtonContext(), codes))


async def _worded(context: AppContext, question: str, plain: Answer, case_context: CaseContext) -> Answer:
    """*plain* in the model's words; as it is where none is set, it is slow, or says what is not written."""
    if context.llm is None:
        return plain
    answer = await context.worker.run(reword(question, plain, case_context.evidence, context.llm))
    if not answer.phrased:
        log.warning("an answer was not worded by the language model: %s", answer.because)
    return answer


def _kept(context: AppContext, asked: LastQuestion) -> tuple[LastQuestion, list[tuple[str, str]]]:
    """What the next question may go on from, and the codes that the question names, with their names."""
    known = [
        code
        for code in read(asked.question, context.vocabulary).codes
        if code in context.engine.knowledge.errors
    ]
    about = in_context(asked.question, asked.about, context.vocabulary)
    return LastQuestion(asked.question, about), [(code, name_of(context, code)) for code in known]


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


async def named(context: AppContext, actor: Actor, name: str) -> None:
    """Explain the cause, the question or the code of that *name*."""
    knowledge = context.engine.knowledge
    if name in knowledge.causes:
        await say(context, actor, guides.cause_meaning(knowledge.causes[name]))
    elif name in knowledge.questions:
        await say(context, actor, guides.question_meaning(knowledge.questions[name]))
    else:
        await meanings(context, actor, (name,), "")


def name_of(context: AppContext, code: str) -> str:
    """The name of an error code; empty for one without a file."""
    known = context.engine.knowledge.errors.get(code)
    return known.name if known else ""
