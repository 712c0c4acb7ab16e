"""Links in messages: which the app hears of, and the cards that it may put below them."""

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from tests.fake_slack import limits
from tests.fake_slack.api import SlackError, method, room_of
from tests.fake_slack.chat import named
from tests.fake_slack.state import MANIFEST, Message, Team, User, new_id

if TYPE_CHECKING:
    from tests.fake_slack.slack import FakeSlack

ADDRESS: Final = re.compile(r"https?://[^\s<>|]+")


def shared_links(text: str) -> list[dict[str, str]]:
    """The links in *text* whose domain, or one above it, the manifest names."""
    domains = MANIFEST["features"].get("unfurl_domains", ())
    found = []
    for address in ADDRESS.findall(text):
        host = (urlsplit(address).hostname or "").lower()
        found += [
            {"domain": one, "url": address} for one in domains if host == one or host.endswith(f".{one}")
        ]
    return found


def link_event(
    slack: "FakeSlack", message: Message, user: User, source: str = "conversations_history"
) -> dict[str, Any] | None:
    """The event about the links of *message*; None if it has none, or the app may not read them."""
    team = slack.teams[user.team]
    links = shared_links(message.text)
    if not links or "links:read" not in team.scopes:
        return None
    unfurl = f"{message.channel.id}.{message.ts}.{new_id('L')}"
    if source != "composer":
        message.unfurl_id = unfurl
    return {
        "type": "link_shared",
        "user": user.id,
        "channel": message.channel.id if source != "composer" else "COMPOSER",
        "message_ts": message.ts if source != "composer" else "Uxxx",
        "is_bot_user_member": team.bot in message.channel.members,
        "links": links,
        "unfurl_id": unfurl,
        "source": source,
        "event_ts": slack.clock.stamp(),
        **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
        **({"user_team": user.home} if user.home else {}),
    }


@method("chat.unfurl", "links:write")
def unfurl(slack: "FakeSlack", team: Team, args: dict[str, Any]) -> dict[str, Any]:
    """Put cards below a message, by channel and ts, or by the id of the event and its source."""
    cards = args.get("unfurls")
    if not isinstance(cards, dict) or not cards:
        raise SlackError("missing_unfurls")
    if args.get("unfurl_id") and args.get("source"):
        every = (one for channel in team.channels.values() for one in channel.messages.values())
        message = next((one for one in every if one.unfurl_id == args["unfurl_id"]), None)
    else:
        message = room_of(team, args).messages.get(str(args.get("ts", "")))
    if message is None or message.deleted:
        raise SlackError("cannot_find_message")
    for address, card in cards.items():
        if address not in message.text:
            raise SlackError("cannot_unfurl_message")
        blocks = card.get("blocks") or []
        if wrong := limits.check_message({"text": "card", "blocks": blocks}):
            for sentence in wrong:
                slack.records.violate(f"chat.unfurl: {sentence}")
            raise SlackError("invalid_blocks")
        message.previews[address] = named(list(blocks))
    return {}
