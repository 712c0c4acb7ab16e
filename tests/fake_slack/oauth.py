"""Installing: Slack's page where an admin agrees, the exchange of codes for tokens, and tokens that end."""

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from aiohttp import web

from tests.fake_slack.api import SlackError, method
from tests.fake_slack.state import APP, CLIENT_ID, CLIENT_SECRET, SCOPES, Team, new_id

if TYPE_CHECKING:
    from tests.fake_slack.slack import FakeSlack

_numbers: Final = itertools.count(1)


async def authorize(slack: "FakeSlack", request: web.Request) -> web.Response:
    """Do what the person at the browser does: `slack.consent` is the workspace they choose, None if they decline."""
    query = request.query
    if query.get("client_id") != CLIENT_ID:
        return web.Response(status=400, text="invalid_client_id")
    if extra := set(query.get("scope", "").split(",")) - SCOPES:
        slack.records.violate(f"scopes that the manifest does not have: {sorted(extra)}")
    answer = {"state": query.get("state", "")}
    if slack.consent is None:
        answer["error"] = "access_denied"
    else:
        answer["code"] = new_id("code")
        slack.codes[answer["code"]] = slack.consent
    raise web.HTTPFound(f"{slack.redirect_url}?{urlencode(answer)}")


@method("oauth.v2.access", token="none")
def access(slack: "FakeSlack", _: Team, args: dict[str, Any]) -> dict[str, Any]:
    if (args.get("client_id"), args.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
        raise SlackError("bad_client_secret" if args.get("client_id") == CLIENT_ID else "invalid_client_id")
    if args.get("grant_type") == "refresh_token":
        team = next(
            (one for one in slack.teams.values() if one.refresh == args.get("refresh_token") != ""), None
        )
        if team is None or not team.installed:
            raise SlackError("invalid_refresh_token")
    else:
        team = slack.codes.pop(str(args.get("code", "")), None)
        if team is None:
            raise SlackError("invalid_code")
    _issue(slack, team)
    given = {
        "access_token": team.token,
        "token_type": "bot",
        "scope": ",".join(sorted(team.scopes)),
        "bot_user_id": team.bot,
        "app_id": APP,
        "team": None if team.org_wide else {"id": team.id, "name": team.name},
        "enterprise": {"id": team.enterprise, "name": "Org"} if team.enterprise else None,
        "is_enterprise_install": team.org_wide,
        "authed_user": {"id": next(iter(team.users))},
    }
    if team.lives:
        given |= {"refresh_token": team.refresh, "expires_in": team.lives}
    return given


def _issue(slack: "FakeSlack", team: Team) -> None:
    """Give a new token; those before it are good until their own end. One serves a whole organisation."""
    token, refresh = team.token, ""
    if team.lives:
        token, refresh = f"xoxe.xoxb-{next(_numbers)}-{team.name.lower()}", f"xoxe-{next(_numbers)}"
    for one in installed_with(slack, team):
        one.installed, one.token, one.refresh = True, token, refresh
        one.tokens[token] = slack.clock.now() + team.lives if team.lives else float("inf")


def installed_with(slack: "FakeSlack", team: Team) -> Iterator[Team]:
    """The workspaces that one installation serves."""
    if team.org_wide:
        yield from (one for one in slack.teams.values() if one.org_wide and one.enterprise == team.enterprise)
    else:
        yield team
