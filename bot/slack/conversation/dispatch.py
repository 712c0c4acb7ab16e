"""A text that somebody typed, said or pasted is understood without its secrets, and done: at the bench, then here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot.allowlist.request import ListRequest, called
from bot.errors import UsageError
from bot.language.answering import Answer
from bot.language.case_context import About
from bot.language.command_parser import parse_words
from bot.language.make_request import Choices
from bot.language.router import Help, Meanings, UnknownCode, Want, WhichPlatform, World, follow_up, want
from bot.model.request import Request
from bot.model.symptom_match import Readings
from bot.redaction.redact import hint, redact
from bot.rendering.blocks import notices
from bot.rendering.blocks.notices import note
from bot.rendering.symptom_text import understood
from bot.slack.api.actor import Asker
from bot.slack.conversation import allowlists, answers, symptom_choices, thread_replies
from bot.slack.runs import lifecycle
from bot.slack.state.context import Office

LONGEST = 40_000  # characters: what a Slack message can hold; the rest of a longer text is not read
TAKEN_OUT: Final = re.compile(r"\[[\w ]{1,40} removed\]")
LISTS: Final = ("/diagnose allowlist ios", "/diagnose allowlist ios edge=frankfurt turn=yes format=nft")
KEPT: Final = 500  # characters of a text that are shown again or kept


@dataclass(frozen=True, slots=True)
class Heard:
    """What a text wants, the text without its secrets, and what was taken out of it (a sentence; empty if nothing)."""

    want: Want
    text: str
    taken_out: str

    @property
    def says_nothing(self) -> bool:
        """Whether all there is to answer is how to say it."""
        found = self.want
        return isinstance(found, UsageError) or (isinstance(found, Readings) and found.verdict == "none")


async def ask(office: Office, asker: Asker, text: str) -> None:
    """Do what *text* asks for, or say what to type instead; secrets in it are neither kept nor repeated."""
    talk, here = office.talks.last(asker), answers.world(office, await office.words_for(asker))
    about = talk.about
    heard = await office.bench.call(read, text, about, here, talk.question)
    if heard.taken_out and not heard.says_nothing:
        await office.whisper(asker, note(heard.taken_out))
    await do(office, asker, heard, about)


async def do(office: Office, asker: Asker, heard: Heard, about: About) -> None:
    """Do what was heard; *about* is the context it was understood in."""
    match heard.want:
        case Request() as request:
            await lifecycle.begin(office, asker, request)
        case Readings() as readings if readings.verdict == "none":
            await office.whisper(asker, notices.usage(understood(readings), hint=heard.taken_out))
        case Readings() as readings:
            await symptom_choices.take(office, asker, readings, heard.text[:KEPT])
        case UsageError() as wrong:
            examples = LISTS if called(heard.text) is not None else notices.EXAMPLES
            await office.whisper(asker, notices.usage(str(wrong), examples, heard.taken_out))
        case Choices(_, options):
            named = [(code, answers.name_of(office, code)) for code, _ in options]
            platforms = {request.platform or "" for _, request in options}
            await office.whisper(asker, notices.choose(named, platforms.pop() if len(platforms) == 1 else ""))
        case _:
            await _answer(office, asker, heard, about)


async def _answer(office: Office, asker: Asker, heard: Heard, about: About) -> None:
    """Tell what somebody wants to know; nothing is looked into."""
    said = heard.text[:KEPT]
    match heard.want:
        case Answer() as answer:
            await answers.answer(office, asker, answer, said, about)
        case Meanings(codes, platform):
            await answers.meanings(office, asker, codes, platform, said)
        case UnknownCode() as unknown:
            await answers.unknown(office, asker, unknown)
        case ListRequest() as wanted:
            await allowlists.give(office, asker, wanted)
        case WhichPlatform(rest):
            await allowlists.ask_platform(office, asker, rest)
        case Help():
            await answers.say(office, asker, thread_replies.help_text(office))


async def tell(office: Office, asker: Asker, story: str, said: Mapping[str, str]) -> None:
    """Do what a *story* in the form tells; what was filled in beside it (*said*) counts more than its words."""
    here = answers.world(office, await office.words_for(asker))
    heard = await office.bench.call(read, story, About(), here)
    match heard.want:
        case Readings() as found:
            heard = replace(heard, want=replace(found, clues={**found.clues, **said}))
        case Request() as found:
            named = [("code", found.code), *said.items()]
            heard = replace(heard, want=parse_words((), office.vocabulary, named))
    if heard.taken_out and not heard.says_nothing:
        await office.whisper(asker, note(heard.taken_out))
    await do(office, asker, heard, About())


def read(text: str, about: About, world: World, before: str = "") -> Heard:
    """Understand *text* without its secrets; “and on iOS?” goes on from the question *before*."""
    safe = redact(text[:LONGEST])
    told = TAKEN_OUT.sub(" ", safe.text)  # "access token removed" are words of ours, and tell nothing
    said = follow_up(told, [before] if before else [], world.vocabulary) or told
    return Heard(want(said, about, world), said, hint(safe.kinds))
