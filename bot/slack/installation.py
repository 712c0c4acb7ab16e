"""Which workspaces this process serves, and with which token: one from the environment, or those installed by OAuth.

What Slack says of a token is asked once and kept: Bolt asks us before it answers, and Slack waits meanwhile.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store.sqlite3 import SQLite3InstallationStore
from slack_sdk.oauth.state_store.sqlite3 import SQLite3OAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.environment import SlackSettings
from bot.slack.pace import Pace
from bot.slack.web import SlackError, call, make_client

log = logging.getLogger(__name__)

SCOPES: Final = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "im:history",
    "im:write",
    "mpim:history",
)


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace, and who we are in it."""

    team: str
    bot_user: str
    bot_id: str
    name: str
    client: AsyncWebClient = field(repr=False)
    poster: AsyncWebClient = field(repr=False)  # repeats nothing that Slack may have done already
    hasty: AsyncWebClient = field(repr=False)  # repeats nothing at all
    token: str = field(repr=False)
    pace: Pace = field(default_factory=Pace, repr=False)

    @property
    def authorized(self) -> AuthorizeResult:
        """The same, as Bolt wants it."""
        return AuthorizeResult(
            enterprise_id=None,
            team_id=self.team,
            bot_user_id=self.bot_user,
            bot_id=self.bot_id,
            bot_token=self.token,
        )


class Workspaces:
    """All workspaces served."""

    def __init__(self, settings: SlackSettings, session: aiohttp.ClientSession) -> None:
        self._settings, self._session = settings, session
        self._known: dict[str, Workspace] = {}
        self._asking = asyncio.Lock()
        self._installed = (
            SQLite3InstallationStore(database=settings.database, client_id=settings.client_id)
            if settings.client_id
            else None
        )

    @property
    def single(self) -> bool:
        """Whether one token serves them all."""
        return bool(self._settings.bot_token)

    async def get(self, team: str, enterprise: str = "") -> Workspace | None:
        """Give the workspace *team*, or none if Lineman is not installed there. Raises `SlackError`."""
        key = "" if self.single else team
        if key in self._known:
            return self._known[key]
        async with self._asking:
            if key not in self._known:
                token = self._settings.bot_token or await asyncio.to_thread(self._token, team, enterprise)
                if not token:
                    return None
                self._known[key] = await self._ask(token)
        return self._known[key]

    async def forget(self, team: str, *, uninstalled: bool) -> None:
        """Drop what is known of *team*, because a token was revoked or the app uninstalled."""
        self._known.pop("" if self.single else team, None)
        if uninstalled and self._installed:
            await asyncio.to_thread(self._installed.delete_all, enterprise_id=None, team_id=team)

    def forget_all(self) -> None:
        """Ask anew for every workspace."""
        self._known.clear()

    def flow(self) -> AsyncOAuthFlow | None:
        """Give the pages that install Lineman into further workspaces."""
        if self._installed is None:
            return None
        settings = AsyncOAuthSettings(
            client_id=self._settings.client_id,
            client_secret=self._settings.client_secret,
            scopes=SCOPES,
            installation_store=self._installed,
            state_store=SQLite3OAuthStateStore(expiration_seconds=600, database=self._settings.database),
        )
        client = make_client("", self._session, self._settings.api_url)
        return AsyncOAuthFlow(settings=settings, client=client)

    def _token(self, team: str, enterprise: str) -> str:
        assert self._installed
        bot = self._installed.find_bot(enterprise_id=enterprise or None, team_id=team)
        return (bot.bot_token or "") if bot else ""

    async def _ask(self, token: str) -> Workspace:
        client = make_client(token, self._session, self._settings.api_url)
        said = await call(client.auth_test)
        return Workspace(
            team=str(said.get("team_id", "")),
            bot_user=str(said.get("user_id", "")),
            bot_id=str(said.get("bot_id", "")),
            name=str(said.get("user", "") or "lineman"),
            client=client,
            poster=make_client(token, self._session, self._settings.api_url, "careful"),
            hasty=make_client(token, self._session, self._settings.api_url, "hasty"),
            token=token,
        )


class Authorize(AsyncAuthorize):
    """Answers Bolt's question who we are in a workspace, before anything else happens with a request."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def __call__(
        self, *, enterprise_id: str | None, team_id: str | None, **_: Any
    ) -> AuthorizeResult | None:
        """Give what Bolt keeps in the request's context; none where we are not installed."""
        try:
            workspace = await self._workspaces.get(team_id or "", enterprise_id or "")
        except SlackError as refused:
            log.warning("Slack does not accept the token of %s: %s", team_id, refused.word)
            return None
        return workspace.authorized if workspace else None
