"""response_url: five uses within half an hour, and what they put where."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from tests.fake_slack import limits
from tests.fake_slack.api import read_arguments, truth
from tests.fake_slack.chat import change, put
from tests.fake_slack.records import Call
from tests.fake_slack.state import Channel, Message, Team

if TYPE_CHECKING:
    from tests.fake_slack.slack import FakeSlack

USES: Final = 5
LIFE: Final = 1800.0  # seconds


@dataclass
class ResponseUrl:
    """The target of replies to one command or click."""

    team: Team
    channel: Channel
    user: str
    made: float
    message: Message | None = None
    uses: int = 0


async def respond(slack: "FakeSlack", request: web.Request) -> web.Response:
    """Do one use of a response_url."""
    args = await read_arguments(request)
    call = Call("response_url", args, slack.clock.now())
    slack.records.calls.append(call)
    place = slack.responses.get(request.match_info["id"])
    call.error = slack.chaos.ordered("response_url", args) or slack.chaos.trouble("response_url")
    if not call.error:
        call.error = _use(slack, place, args)
    await slack.records.note()
    if call.error == "ratelimited":
        return web.Response(status=429, headers={"Retry-After": str(slack.chaos.retry_after)})
    if call.error:
        return web.Response(status=404, text=call.error)
    return web.Response(text="ok")


def _use(slack: "FakeSlack", place: ResponseUrl | None, args: dict[str, Any]) -> str:
    if place is None or slack.clock.now() - place.made > LIFE:
        slack.records.violate("a response_url used that is unknown or older than 30 minutes")
        return "expired_url"
    place.uses += 1
    if place.uses > USES:
        slack.records.violate(f"a response_url used {place.uses} times")
        return "used_url"
    if place.message is not None and truth(args.get("delete_original")):
        place.message.deleted = True
        return ""
    return show(slack, place, args)


def show(slack: "FakeSlack", place: ResponseUrl, args: dict[str, Any]) -> str:
    """Show a reply in its place: to one person unless it says in_channel; gives what is wrong with it."""
    slack.records.outgoing["response_url"].append(dict(args))
    if found := limits.pings(args):
        slack.records.violate(f"response_url: pings {found}")
    if wrong := limits.check_message(args):
        for sentence in wrong:
            slack.records.violate(f"response_url: {sentence}")
        return "invalid_blocks"
    if place.message is not None and truth(args.get("replace_original")):
        change(slack, place.message, args)
        return ""
    public = args.get("response_type") == "in_channel"
    put(slack, place.team, place.channel, args, only_for=None if public else place.user)
    return ""
