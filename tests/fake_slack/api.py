"""The Web API's entry point: arguments as the SDK sends them, tokens, scopes, limits, and the method table."""

import base64
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from tests.fake_slack.records import Call
from tests.fake_slack.state import APP_TOKEN, Channel, Team

if TYPE_CHECKING:
    from tests.fake_slack.slack import FakeSlack

AS_JSON: Final = frozenset(
    {
        "blocks",
        "attachments",
        "metadata",
        "view",
        "chunks",
        "files",
        "prompts",
        "loading_messages",
        "channels",
        "users",
        "unfurls",
        "outputs",
    }
)


class SlackError(Exception):
    """`ok: false`; *more* has the fields besides the error."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error, self.more = error, more


@dataclass(frozen=True)
class Method:
    """One method: its function, and the scopes of which one is needed."""

    do: Callable[["FakeSlack", Team, dict[str, Any]], dict[str, Any]]
    scopes: tuple[str, ...] = ()
    token: str = "bot"  # or `app`, or `none`


METHODS: Final[dict[str, Method]] = {}
Do = Callable[["FakeSlack", Team, dict[str, Any]], dict[str, Any]]


def method(name: str, *scopes: str, token: str = "bot") -> Callable[[Do], Do]:
    """Enter a function into the table as the method *name*."""

    def enter(do: Do) -> Do:
        METHODS[name] = Method(do, scopes, token)
        return do

    return enter


async def answer(slack: "FakeSlack", request: web.Request) -> web.Response:
    """Run one call and record it."""
    name = request.match_info["method"]
    args = await read_arguments(request)
    token = request.headers.get("Authorization", "").removeprefix("Bearer ") or str(args.pop("token", ""))
    args.pop("token", None)
    if token.startswith("Basic "):  # how the SDK tells who the app is
        app, _, secret = base64.b64decode(token.removeprefix("Basic ")).decode().partition(":")
        args |= {"client_id": app, "client_secret": secret}
    call = Call(name, args, slack.clock.now())
    slack.records.calls.append(call)
    await slack.pause(name)
    try:
        body = _do(slack, call, token)
    except SlackError as error:
        call.error = error.error
        body = {"ok": False, "error": error.error, **error.more}
    call.status = {"ratelimited": 429, "service_unavailable": 503}.get(call.error, 200)
    headers = {"Retry-After": str(max(call.wait, slack.chaos.retry_after))} if call.status == 429 else {}
    if call.team:
        headers["X-OAuth-Scopes"] = ",".join(sorted(slack.teams[call.team].scopes))
    await slack.records.note()
    if held := slack.chaos.held.get(name):
        await held.wait()
    return web.json_response(body, status=call.status, headers=headers)


def _do(slack: "FakeSlack", call: Call, token: str) -> dict[str, Any]:
    known = METHODS.get(call.method)
    if known is None:
        slack.records.violate(f"unknown_method: {call.method}")
        raise SlackError("unknown_method")
    team = _team(slack, known, token, call.args)
    call.team = team.id if known.token == "bot" else ""
    for error in (slack.chaos.ordered(call.method, call.args), slack.chaos.trouble(call.method)):
        if error:
            raise SlackError(error)
    if wait := slack.chaos.over_tier(call.method, team.id, slack.clock):
        call.wait = math.ceil(wait)
        raise SlackError("ratelimited")
    if known.scopes and not team.scopes.intersection(known.scopes):
        provided = ",".join(sorted(team.scopes))
        raise SlackError("missing_scope", needed=known.scopes[0], provided=provided)
    done = known.do(slack, team, call.args)
    return {"ok": True, **done}


def _team(slack: "FakeSlack", known: Method, token: str, args: Mapping[str, Any]) -> Team:
    """Return the workspace of the token; raise SlackError if the token does not fit the method."""
    if known.token == "app":
        if token != APP_TOKEN:
            raise SlackError("not_allowed_token_type" if token.startswith("xoxb-") else "invalid_auth")
        return slack.team
    if known.token == "none":
        return slack.team
    teams = [one for one in slack.teams.values() if token in one.tokens]
    if not teams:
        raise SlackError("invalid_auth" if token else "not_authed")
    # the token of an organisation serves several: the channel tells which
    team = next((one for one in teams if args.get("channel") in one.channels | one.users), teams[0])
    if not team.installed:
        raise SlackError("account_inactive")
    if team.tokens[token] <= slack.clock.now():
        raise SlackError("token_expired")
    return team


async def read_arguments(request: web.Request) -> dict[str, Any]:
    """Read the arguments from query, form, or JSON, as the SDK sends them, and parse nested ones."""
    args: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        args |= json.loads(await request.text() or "{}")
    elif request.method == "POST":
        args |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    for key in AS_JSON & args.keys():
        if isinstance(args[key], str) and args[key][:1] in ("[", "{"):
            try:
                args[key] = json.loads(args[key])
            except json.JSONDecodeError:
                args[key] = {"invalid": args[key]}
    return {key: value for key, value in args.items() if value is not None}


def truth(value: object) -> bool:
    """A flag as the SDK may write it."""
    return value in (True, 1, "1", "true", "True")


def room_of(team: Team, args: Mapping[str, Any]) -> Channel:
    """The channel that *args* name by its own id: only posting takes a user's id for their direct messages."""
    if str(args.get("channel", "")) in team.users:
        raise SlackError("channel_not_found")
    return channel_of(team, args)


def channel_of(team: Team, args: Mapping[str, Any], key: str = "channel") -> Channel:
    """The channel that *args* name; channel_not_found where the bot cannot see it."""
    channel = team.find(str(args.get(key, "")))
    if channel is None or (channel.kind != "channel" and team.bot not in channel.members):
        raise SlackError("channel_not_found")
    return channel


def writable(team: Team, args: Mapping[str, Any], key: str = "channel") -> Channel:
    """The channel, if the bot may post there."""
    channel = channel_of(team, args, key)
    if channel.archived:
        raise SlackError("is_archived")
    if team.bot not in channel.members and not (
        channel.kind == "channel" and "chat:write.public" in team.scopes
    ):
        raise SlackError("not_in_channel")
    return channel
