"""OAuth install flow: the pages that install Lineman into a workspace, and the error page.

State, cookie, and code exchange are Bolt's.
"""

import html
import logging
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import aiohttp
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError
from slack_sdk.oauth.installation_store.models.installation import Installation
from slack_sdk.oauth.state_store.sqlite3 import SQLite3OAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.api.client import cleaned_log
from bot.slack.api.settings import SlackSettings
from bot.slack.api.token_store import InstallationStore

log = logging.getLogger(__name__)

STATE_LIVES: Final = 600  # seconds from /slack/install to Slack's callback
WHY: Final = {
    "access_denied": (
        "Slack reports that the request was declined. Nothing was installed. If apps need approval "
        "in this workspace, ask an admin to approve Lineman, and then start again."
    ),
    "invalid_state": (
        f"This link was already used, or is older than {STATE_LIVES // 60} minutes. Nothing was installed."
    ),
    "invalid_browser": (
        "This installation was started in another browser, or the browser blocks cookies for this "
        "address (they need https). Nothing was installed."
    ),
    "missing_code": "Slack's answer contained no code. Nothing was installed.",
    "invalid_code": (
        "Slack did not accept the installation, or could not be reached. Nothing was installed. If "
        "it happens again, the administrator of Lineman can find the reason in its log. Often "
        "SLACK_CLIENT_SECRET is wrong."
    ),
    "storage_error": (
        "The installation could not be saved. The administrator of Lineman can find the reason in its log."
    ),
}
OTHER: Final = "Slack did not install Lineman. Nothing was changed."
PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Lineman was not installed</title>
<body style="font: 1.1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1rem">
<h1>Lineman was not installed</h1>
<p>{why}</p>
<p><a href="{again}">Begin again</a></p>
<p><small>Reason: {reason}</small></p>
"""


class OAuthFlow(AsyncOAuthFlow):
    """Bolt's OAuth flow; if Slack cannot be reached, it shows the error page instead of a server error."""

    async def run_installation(self, code: str) -> Installation | None:
        """Exchange *code* for a token; None if Slack does not issue one."""
        try:
            return await super().run_installation(code)
        except (aiohttp.ClientError, TimeoutError, OSError, SlackClientError) as error:
            log.warning("cannot reach Slack to install into a workspace: %s", type(error).__name__)
            return None


def make_flow(
    settings: SlackSettings,
    scopes: Sequence[str],
    installs: InstallationStore,
    states: SQLite3OAuthStateStore,
    client: AsyncWebClient,
    installed: Callable[[], None],
) -> AsyncOAuthFlow:
    """Make the OAuth flow for *scopes*; *installed* is called after each installation."""

    async def success(args: AsyncSuccessArgs) -> BoltResponse:
        installed()
        log.info("installed into %s", args.installation.team_id or args.installation.enterprise_id)
        return await args.default.success(args)

    return OAuthFlow(
        client=client,
        logger=cleaned_log("oauth", _without_code),
        settings=AsyncOAuthSettings(
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            scopes=scopes,
            redirect_uri=settings.redirect_uri or None,
            authorization_url=urljoin(settings.api_url, "../oauth/v2/authorize"),
            installation_store=installs,
            state_store=states,
            state_expiration_seconds=STATE_LIVES,
            callback_options=AsyncCallbackOptions(success=success, failure=failed),
        ),
    )


def make_stores(settings: SlackSettings) -> tuple[InstallationStore, SQLite3OAuthStateStore]:
    """Make the stores of tokens and of installations that were begun, in Lineman's database."""
    database = settings.database
    if isinstance(database, Path):
        return (
            InstallationStore(database=str(database), client_id=settings.client_id),
            SQLite3OAuthStateStore(expiration_seconds=STATE_LIVES, database=str(database)),
        )
    # The driver is an optional package.
    from bot.slack.api.postgresql_tokens import PostgresInstallationStore, PostgresStateStore

    return PostgresInstallationStore(database, settings.client_id), PostgresStateStore(database, STATE_LIVES)


async def failed(args: AsyncFailureArgs) -> BoltResponse:
    """Return a page that says why nothing was installed and links to a new attempt."""
    log.warning("installation failed: %s", re.sub(r"[^\w.-]", "?", args.reason)[:80])
    page = PAGE.format(
        why=html.escape(WHY.get(args.reason, OTHER)),
        again=html.escape(args.settings.install_path),
        reason=html.escape(args.reason[:80]),
    )
    headers: dict[str, str | Sequence[str]] = {
        "Content-Type": "text/html; charset=utf-8",
        "Set-Cookie": args.settings.state_utils.build_set_cookie_for_deletion(),
    }
    return BoltResponse(status=args.suggested_status_code, headers=headers, body=page)


def _without_code(record: logging.LogRecord) -> bool:
    """Remove the OAuth code from a log record: it may still be valid for a token."""
    record.msg = re.sub(r"\bcode: \S+", "code: …", str(record.msg))
    return True
