"""Buttons that are about no case: begin one, choose a reading, a nearest answer, a code, an allow-list, help."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from bot.rendering.blocks import modals
from bot.rendering.blocks.symptom_choices import nothing as no_choice
from bot.slack import answering, cases, form, listing, stories, telling
from bot.slack.asker import Asker
from bot.slack.office import Office

Said: TypeAlias = Mapping[str, str]  # what the button carries


async def _start(office: Office, asker: Asker, said: Said) -> None:
    """Begin with the code that was chosen, or open the form."""
    given = {name: said[name] for name in ("code", "platform") if said.get(name)}
    if "code" in given:
        await cases.begin(office, asker, form.filled_in(given, office.vocabulary))
    else:
        await form.open_form(office, asker, given)


async def _none(office: Office, asker: Asker, said: Said) -> None:
    """None of the readings: open the form with what is known, or say what helps where its time is over."""
    given = await stories.none(office, asker, said)
    if asker.late:
        await answering.say(office, asker, no_choice())
    else:
        await form.open_form(office, asker, {"code": modals.ANY, **given})


async def _nearest(office: Office, asker: Asker, said: Said) -> None:
    await answering.nearest(office, asker, said.get("about", ""))


async def _meaning(office: Office, asker: Asker, said: Said) -> None:
    await answering.meanings(office, asker, (said.get("code", ""),), said.get("platform", ""))


async def _guide(office: Office, asker: Asker, said: Said) -> None:
    await office.whisper(asker, telling.help_text(office))


FREE: Final[dict[str, Callable[[Office, Asker, Said], Awaitable[None]]]] = {
    "start": _start,
    "guide": _guide,
    "reading": stories.choose,
    "none": _none,
    "nearest": _nearest,
    "meaning": _meaning,
    "list": listing.another,
}
