"""Links to Twilio's pages about error codes: a card that names the code, with a button to diagnose it."""

import logging
import re
from collections.abc import Mapping
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.rendering.blocks.codes import code_card
from bot.rendering.blocks.message import Message
from bot.slack.api.actor import Actor, of_event
from bot.slack.api.client import SlackError, call
from bot.slack.api.post_update import TOO_MUCH
from bot.slack.delivery import inbox
from bot.slack.state.context import AppContext
from bot.slack.state.event import make_event
from knowledge.advice.meaning import meaning_of

log = logging.getLogger(__name__)

PAGE: Final = re.compile(
    r"https?://(?:www\.)?twilio\.com/docs/api/errors/(\d{5})(?:[/?#]\S*)?", re.IGNORECASE
)
WRITTEN: Final = "composer"  # Slack's word for a link in a message that has not been sent yet
MOST: Final = 5  # cards below one message


def register(app: AsyncApp, context: AppContext) -> None:
    """Register the listener for links; those that Lineman has no card for are not even stored."""

    @app.event("link_shared")
    async def shared(body: dict[str, Any]) -> None:
        event = body.get("event", {})
        addresses = [str(link.get("url", "")) for link in event.get("links") or ()]
        known = [address for address in dict.fromkeys(addresses) if _card(context, address)][:MOST]
        if not known or event.get("source") == WRITTEN:  # sent, it comes again
            return
        fields = {name: str(event.get(name) or "") for name in ("message_ts", "unfurl_id", "source")}
        fields |= {str(number): address for number, address in enumerate(known)}
        await inbox.take(context, make_event("link", of_event(body), body, fields, ordered=False))


async def unfurl(context: AppContext, actor: Actor, fields: Mapping[str, str]) -> None:
    """Put the cards below the message; if Slack refuses them, only the log says so: nobody asked for them."""
    addresses = [fields[str(number)] for number in range(MOST) if str(number) in fields]
    cards = {address: card for address in addresses if (card := _card(context, address))}
    try:
        workspace = await context.workspace(actor)
        place = _place(actor, fields)
        try:
            await call(workspace.client.chat_unfurl, **place, unfurls=_unfurls(cards))
        except SlackError as refused:
            if refused.word not in TOO_MUCH:
                raise
            plain = {address: card.simpler() for address, card in cards.items()}
            await call(workspace.client.chat_unfurl, **place, unfurls=_unfurls(plain))
    except SlackError as refused:
        log.warning("could not show a card for a link: %s", refused.word)


def _card(context: AppContext, address: str) -> Message | None:
    """Return the card for the page at *address*; None unless it is about a code that Lineman can diagnose."""
    page = PAGE.fullmatch(address)
    meaning = meaning_of(context.engine.knowledge, page[1]) if page else None
    return code_card(meaning) if meaning and not meaning.elsewhere else None


def _place(actor: Actor, fields: Mapping[str, str]) -> dict[str, str]:
    """Name the message as Slack prefers; by its timestamp where Slack gave no id."""
    if fields.get("unfurl_id") and fields.get("source"):
        return {"unfurl_id": fields["unfurl_id"], "source": fields["source"]}
    return {"channel": actor.channel, "ts": fields.get("message_ts", "")}


def _unfurls(cards: Mapping[str, Message]) -> dict[str, dict[str, Any]]:
    return {address: {"blocks": list(card.blocks)} for address, card in cards.items()}
