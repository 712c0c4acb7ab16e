"""A question in the thread of a case: its own evidence first, then what is written; nothing is changed by it."""

import re
from dataclasses import dataclass, replace
from typing import Final

from bot.errors import UsageError
from bot.language.answering import Answer
from bot.language.case_context import CaseContext
from bot.language.intents import EXAMPLES, Intent
from bot.language.make_request import AmbiguousCode
from bot.language.router import RoutedIntent, follow_up, is_question, route, wanted_list, wanted_meaning
from bot.model.records import CaseRow
from bot.model.request import Request
from bot.model.symptom_match import SymptomMatch
from bot.rendering.blocks import notices
from bot.rendering.blocks.elements import ButtonContext
from bot.slack.api.actor import Actor
from bot.slack.conversation import answers, dispatch, thread_replies
from bot.slack.state.context import AppContext
from bot.slack.state.finished_run import FinishedRun
from bot.slack.state.thread_memory import LastQuestion

# Words that ask something, and change nothing, although they name a platform or an edge.
_ASKS: Final = re.compile(
    r"^\W*(?:(?:and|but|so|ok|okay)\W+)*(?:(?:what|how)(?!\s+about\b)|what's|whats|why|which|where|when|who|does|do|is|are|should|"
    r"must|may|did|can i|can we)\b",
    re.IGNORECASE,
)
_FEW: Final = 200  # characters: what goes on from a question is short


@dataclass(frozen=True, slots=True)
class CaseQuestion:
    """Words in the thread of a case that may be a question."""

    context: AppContext
    actor: Actor
    case: CaseRow
    seen: FinishedRun | None
    text: str  # without secrets

    @property
    def asked(self) -> ButtonContext | None:
        """The run that is asked about."""
        return self.seen.asked if self.seen else None

    async def comes_first(self, intent: Intent, *, addressed: bool) -> bool:
        """Answer what only looks like a wish for a change, or goes on from the question before; false if it is none.

        A question that nobody has put to us, and that nothing answers, is over with that: it changes nothing.
        """
        asks = bool(_ASKS.search(self.text))
        match intent.kind:
            case "platform" | "edge" | "relay" | "answer" if not asks and not self._goes_on():
                return False
            case "preflight" if not asks:
                return False
            case "meaning" if "-" in intent.values.get("about", "-"):
                return False
            case "unknown":
                return await self._special()
            case "platform" | "edge" | "relay" | "answer" | "preflight" | "meaning":
                over = await self._special() or await self._answered(intent)
                return over or (asks and not addressed and intent.kind in ("platform", "edge", "relay"))
        return False

    async def _answered(self, intent: Intent) -> bool:
        """Answer, if something does; a question about what only a person can tell is no answer to it."""
        about = await self._about()
        found, talk = await self._answer(about)
        guide = intent.kind == "preflight" and self._how_to(found)
        if found.answered and not guide:
            await self._give(found, talk)
        return (found.answered and not guide) or intent.kind == "answer"

    async def put(self, *, addressed: bool) -> None:
        """Answer as well as can be; what nothing answers is owned up to where we are *addressed*, else left alone."""
        about = await self._about()
        found, talk = await self._answer(about)
        if addressed and not is_question(self.text):
            wanted = await self._want(about)
            if isinstance(wanted, SymptomMatch) and (wanted.verdict == "sure" or not found.answered):
                await self._otherwise(found, about, wanted)
                return
        if found.answered:
            await self._give(found, talk)
        elif addressed:
            wanted = await self._want(about)
            await self._otherwise(found, about, wanted)

    async def _special(self) -> bool:
        """Give an allow-list or the meaning of a code, where that is what was asked for."""
        about = await self._about() if self.seen else CaseContext(self.case.request.code)
        wanted = await self.context.worker.call(self._wanted, about)
        if wanted is None:
            return False
        await self._do(wanted, about)
        return True

    def _wanted(self, about: CaseContext) -> RoutedIntent | None:
        here = answers.language_context(self.context)
        try:
            return wanted_list(self.text, about, here) or wanted_meaning(self.text, here)
        except UsageError:
            return None

    async def _otherwise(self, found: Answer, about: CaseContext, wanted: RoutedIntent) -> None:
        """We were spoken to, and nothing answers: another code, a story, or words that mean nothing here."""
        match wanted:
            case SymptomMatch() as readings if readings.verdict != "none":
                # The case stands already: nothing else is looked into before somebody says so.
                await self._do(replace(readings, verdict="close"), about)
            case Request() | AmbiguousCode():
                await self._do(wanted, about)
            case Answer() if is_question(self.text):
                await self._do(found, about)
            case _:
                message = notices.usage("In this thread I can do other things.", (EXAMPLES,))
                await thread_replies.reply(self.context, self.actor, message)

    async def _do(self, wanted: RoutedIntent, about: CaseContext) -> None:
        await dispatch.dispatch(
            self.context, self.actor, dispatch.ParsedMessage(wanted, self.text, ""), about
        )

    async def _want(self, about: CaseContext) -> RoutedIntent:
        here = answers.language_context(self.context, await self.context.words_for(self.actor))
        return await self.context.worker.call(route, self.text, about, here)

    async def _about(self) -> CaseContext:
        return await answers.about(self.context, self.case, self.seen)

    async def _answer(self, about: CaseContext) -> tuple[Answer, LastQuestion]:
        talk = self.context.thread_memory.last(self.actor)
        here = answers.language_context(self.context)
        return await self.context.worker.call(answers.answered, self.text, talk, about, here)

    async def _give(self, found: Answer, talk: LastQuestion) -> None:
        await answers.answer(self.context, self.actor, found, talk.question, talk.about, self.asked)

    def _goes_on(self) -> bool:
        """Whether this is the question before once more, for another platform."""
        talk = self.context.thread_memory.last(self.actor)
        text = self.text[:_FEW]
        return bool(talk.question and follow_up(text, [talk.question], self.context.vocabulary))

    def _how_to(self, found: Answer) -> bool:
        """Whether all that was found is how to run the preflight test, for which there is a guide with code."""
        guides = {
            f"knowledge/answers/preflight-{platform}.md"
            for platform in self.context.engine.knowledge.platforms
        }
        return all(source.file in guides for source in found.sources)
