"""Check a Slack token, its scopes, and this machine's clock by one call to Slack."""

import time
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Final, Literal, TypeAlias

import aiohttp
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.api.client import SlackError, call, make_client
from bot.slack.api.settings import SlackSettings
from bot.slack.api.startup_errors import SOCKETS_OFF, token_refused
from bot.slack.api.workspaces import OPTIONAL, SCOPES

Result: TypeAlias = tuple[str, Literal["ok", "problem", "unchecked"], str, str]

CLOCK: Final = (
    30.0  # seconds; Slack's signatures are good for five minutes, certificates and tokens need less
)


async def check_slack(settings: SlackSettings) -> list[Result]:
    """Return the results for the tokens and for the clock. Nothing is posted, and no connection stays open."""
    if not settings.bot_token:
        return [
            ("Slack", "unchecked", "Each workspace that installs Lineman has its own token.", ""),
            ("clock", "unchecked", "Not checked: the clock is compared with Slack's.", ""),
        ]
    headers: dict[str, str] = {}
    async with aiohttp.ClientSession() as session:
        client = make_client(settings.bot_token, session, settings.api_url, "hasty")

        async def test_token() -> AsyncSlackResponse:
            response = await client.auth_test()
            headers.update({name.casefold(): value for name, value in response.headers.items()})
            return response

        bot = await _check(test_token, "SLACK_BOT_TOKEN", settings)
        app = None
        if settings.app_token:
            connect = partial(client.apps_connections_open, app_token=settings.app_token)
            app = await _check(connect, "SLACK_APP_TOKEN", settings)
    if bot is None:
        bot = _scopes(headers.get("x-oauth-scopes", ""))
    return [bot, *([app] if app else []), _clock(headers.get("date", ""))]


async def _check(
    send: Callable[[], Awaitable[AsyncSlackResponse]], variable: str, settings: SlackSettings
) -> Result | None:
    """Make one call with the token in *variable*; None if Slack accepts it."""
    try:
        await call(send)
    except SlackError as error:
        if variable == "SLACK_APP_TOKEN" and error.word == "link_disabled":
            return "Slack", "problem", SOCKETS_OFF, ""
        return "Slack", "problem", str(token_refused(variable, error, settings.api_url)), ""
    return None


def _scopes(header: str) -> Result:
    """Compare the scopes of the token with those that Lineman needs."""
    missing = sorted(set(SCOPES) - OPTIONAL - {scope.strip() for scope in header.split(",")})
    if header and missing:
        found = f"The app lacks the scopes {', '.join(missing)}."
        return "Slack", "problem", found, "Add them under OAuth & Permissions, and reinstall the app."
    if not header:
        return "Slack", "unchecked", "Slack accepts the token. It did not say which scopes it has.", ""
    return "Slack", "ok", "Slack accepts the token, and it has every scope.", ""


def _clock(date: str) -> Result:
    """Compare this machine's clock with the *date* of Slack's response."""
    try:
        ahead = time.time() - parsedate_to_datetime(date).timestamp()
    except ValueError:
        return "clock", "unchecked", "Slack's response has no date to compare with.", ""
    if abs(ahead) <= CLOCK:
        return "clock", "ok", "This machine's clock agrees with Slack's.", ""
    found = f"This machine's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} Slack's."
    return (
        "clock",
        "problem",
        found,
        "Set it, and keep it synchronized by NTP. Slack's requests are refused until then.",
    )
