"""A text that somebody typed, said or pasted becomes a diagnosis: redacted first, then understood."""

from bot.errors import UsageError
from bot.redact import hint, redact
from bot.replies.blocks import fit, notices
from bot.replies.blocks.message import Message, Sheet
from bot.replies.blocks.pieces import section
from bot.request import Request, Vocabulary
from bot.slack import cases
from bot.slack.asker import Asker
from bot.slack.office import Office
from bot.understand import Understood, understand

LONGEST = 40_000  # characters: what a Slack message can hold; the rest of a longer text is not read


async def ask(office: Office, asker: Asker, text: str) -> None:
    """Begin what *text* asks for, or say what to type instead; secrets in it are neither kept nor repeated."""
    understood, taken_out = await office.bench.call(read, text, await office.words_for(asker))
    match understood:
        case Request():
            if taken_out:
                await office.whisper(asker, note(taken_out))
            await cases.begin(office, asker, understood)
        case UsageError():
            await office.whisper(asker, notices.usage(str(understood), hint=taken_out))
        case _:
            codes = [(code, _name(office, code)) for code, _ in understood.options]
            platforms = {request.platform or "" for _, request in understood.options}
            await office.whisper(asker, notices.choose(codes, platforms.pop() if len(platforms) == 1 else ""))


def read(text: str, vocabulary: Vocabulary) -> tuple[Understood, str]:
    """Understand *text* without its secrets; the sentence says what was taken out, empty if nothing."""
    safe = redact(text[:LONGEST])
    return understand(safe.text, vocabulary), hint(safe.kinds)


def note(sentence: str) -> Message:
    """Say one sentence."""
    sheet = Sheet()
    sheet.add(section(fit.quote(sentence)))
    return sheet.message(sentence)


def _name(office: Office, code: str) -> str:
    known = office.desk.knowledge.errors.get(code)
    return known.name if known else ""
