"""Startup errors, each with its fix. Tokens never appear in them."""

from typing import Final

from bot.errors import UsageError
from bot.slack.api.client import BUSY, UNREACHABLE, SlackError

TOKENS: Final = "https://api.slack.com/apps"
BOT: Final = {
    "invalid_auth": "Slack does not know SLACK_BOT_TOKEN (invalid_auth). Copy the Bot User OAuth Token again, from "
    "OAuth & Permissions of the app.",
    "account_inactive": (
        "SLACK_BOT_TOKEN belongs to an app that was removed from its workspace (account_inactive). "
        "Install it again, and copy its new Bot User OAuth Token."
    ),
    "token_expired": (
        "SLACK_BOT_TOKEN has expired (token_expired): token rotation is on for this app. Use "
        "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET, so that Lineman can renew it, or turn rotation off."
    ),
}
BOT["not_authed"], BOT["token_revoked"] = BOT["invalid_auth"], BOT["account_inactive"]
APP: Final = {
    "invalid_auth": "Slack does not know SLACK_APP_TOKEN (invalid_auth). Generate one under Basic Information, "
    "App-Level Tokens, with the scope connections:write.",
    "not_allowed_token_type": (
        "SLACK_APP_TOKEN is the wrong kind of token (not_allowed_token_type). Generate one under "
        "Basic Information, App-Level Tokens."
    ),
    "missing_scope": (
        "SLACK_APP_TOKEN does not have the scope connections:write (missing_scope). Generate another "
        "one with it, under Basic Information, App-Level Tokens."
    ),
}
APP["not_authed"] = APP["token_revoked"] = APP["invalid_auth"]
SOCKETS_OFF: Final = (
    "Socket Mode is turned off for this app (link_disabled). Turn it on in the app's settings, "
    "or unset SLACK_APP_TOKEN and use signed HTTP (docs/slack.md)."
)


class NotNowError(UsageError):
    """A startup error that may be temporary: the same start can succeed later."""


def token_refused(variable: str, refused: SlackError, api_url: str) -> UsageError:
    """Explain why Slack rejected the token in *variable*."""
    if refused.word == UNREACHABLE and refused.status:
        return UsageError(
            f"The server at {api_url} is not Slack's Web API (HTTP {refused.status}). Usually, "
            "SLACK_API_URL is not set. If it is, it must end with /api/."
        )
    if refused.word == UNREACHABLE:
        return NotNowError(
            f"Slack cannot be reached at {api_url}: {refused.detail}. The firewall must allow "
            "HTTPS to it. If there is a proxy, set HTTPS_PROXY."
        )
    if refused.word in BUSY:
        return NotNowError(f"Slack limits requests. Wait for {refused.wait:.0f} s ({refused.word}).")
    known = (APP if variable == "SLACK_APP_TOKEN" else BOT).get(refused.word)
    return UsageError(
        known or f"Slack does not accept {variable}: {refused.word}. See the app's settings: {TOKENS}."
    )


def cannot_listen(host: str, port: int, error: OSError) -> UsageError:
    """Explain why the server cannot listen on *host* and *port*."""
    reason = (error.strerror or str(error)).rpartition("): ")[2]
    return UsageError(
        f"Cannot listen on {host}:{port}: {reason}. Use PORT and HOST to choose another address. "
        "Is Lineman already running?"
    )
