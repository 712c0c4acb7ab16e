"""Answer questions where they were asked: in the thread, or visible only to the user who typed a command."""

import logging
from typing import Final

from bot.intake.read import read
from bot.language.answer import Answer
from bot.language.answering import passage
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
from bot.slack.delivery.post_once import post_once
from bot.slack.state.context import AppContext
from knowledge.advice.meaning import meaning_of

log = logging.getLogger(__name__)

# Seconds that a language model has. The plain answer is ready already, and nothing shows that rewording is in
# progress.
WORDING: Final = 4.0
LONGEST: Final = 500  # characters of a question that are repeated or stored for follow-up questions
# What reads a text is prepared when a text first needs it: for each language, and for each
# thing that people rule out, or answer without being asked.
FIRST_TEXTS: Final = (
    "a description without content",
    (
        "no VPN, Citrix, proxy, firewall, browser extension, captive portal, or antivirus. The microphone, the "
        "headset, the token, the certificate, DNS, the clock, the internet, push notifications, port 443, and the "
        "TURN servers are fine"
    ),
    (
        "VPN, TURN, sleep, network, tab, private window, token, http, Citrix, click, CallKit, CSP, hangup, WebSocket, "
        "region, exception, push, proxy, secure DNS"
    ),
    "no hay audio cuando la llamada usa la VPN",
    "il n'y a pas de son quand je suis sur le VPN",
    "ich habe keinen Ton und die Verbindung ist weg",
    "não há áudio quando a chamada usa a VPN",
    "non c'è audio quando la chiamata usa la VPN",
    "通話の音声が聞こえません",
)


async def warm(context: AppContext) -> None:
    """Load the search index in the worker thread before the first question. It takes 0.6 s."""

    def learn() -> None:
        for text in FIRST_TEXTS:
            route(text, language_context(context))

    await context.worker.call(learn)


async def say(context: AppContext, actor: Actor, message: Message) -> None:
    """Reply in the thread, or visible only to the user if only they can see the question."""
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
    """Return the words a message can refer to here. *words* is the vocabulary that the user may use."""
    return LanguageContext(context.engine.knowledge, context.engine.network, words or context.vocabulary)


async def answer(
    context: AppContext,
    actor: Actor,
    text: Answer,
    asked: LastQuestion,
    run: ButtonContext | None = None,
) -> None:
    """Answer a question, reworded by a language model if one is set. Store the question for follow-ups."""
    question = asked.question[:LONGEST]
    last, codes = await context.worker.call(_kept, context, LastQuestion(question, asked.about))
    if text.answered:
        context.thread_memory.keep(actor, last)
        text = await _worded(context, question, text, asked.about)
    visible = "" if actor.message and not actor.private else question
    await say(context, actor, answers.answer(text, visible, run or ButtonContext(), codes))


async def _worded(context: AppContext, question: str, plain: Answer, case_context: CaseContext) -> Answer:
    """Reword *plain* with the language model. Return *plain* if none is set, it is slow, or it adds facts."""
    if context.llm is None:
        return plain
    answer = await context.worker.run(reword(question, plain, case_context.evidence, context.llm))
    if not answer.phrased:
        log.warning("answer not reworded by the language model: %s", answer.because)
    return answer


def _kept(context: AppContext, asked: LastQuestion) -> tuple[LastQuestion, list[tuple[str, str]]]:
    """Store the question for follow-ups. Return the codes that it names, with their titles."""
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
    """Post the meaning of each code as a separate message."""
    for code in asked[:3]:
        found = meaning_of(context.engine.knowledge, code, platform or None)
        if found:
            await say(context, actor, codes.code_meaning(found, platform))
    if question and asked:
        context.thread_memory.keep(actor, LastQuestion(question, CaseContext(asked[0], platform)))


async def unknown(context: AppContext, actor: Actor, what: UnknownCode) -> None:
    """Reply that a code is unknown, with the nearest known codes."""
    near = [(code, name_of(context, code)) for code in what.near]
    await say(context, actor, codes.unknown_code(what.code, near, meaning=what.meaning))


async def nearest(context: AppContext, actor: Actor, name: str) -> None:
    """Post the passage that the user chose from the nearest ones."""
    answer = await context.worker.call(passage, name, context.engine.knowledge)
    await say(context, actor, answers.answer(answer))


async def named(context: AppContext, actor: Actor, name: str) -> None:
    """Explain the cause, question, or code called *name*."""
    knowledge = context.engine.knowledge
    if name in knowledge.causes:
        await say(context, actor, guides.cause_meaning(knowledge.causes[name]))
    elif name in knowledge.questions:
        await say(context, actor, guides.question_meaning(knowledge.questions[name]))
    else:
        await meanings(context, actor, (name,), "")


def name_of(context: AppContext, code: str) -> str:
    """Return the title of an error code, or "" if it has no file."""
    known = context.engine.knowledge.errors.get(code)
    return known.name if known else ""
