"""Look up workspaces and their bot tokens, cached: one token from the environment, or OAuth installations.

Slack's answer about a token is cached, because Bolt authorizes each request before it is acknowledged.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any, Final

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_sdk.oauth.installation_store.models.bot import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.api.channel_queue import ChannelQueue
from bot.slack.api.client import SlackError, call, make_client
from bot.slack.api.oauth import make_flow, make_stores
from bot.slack.api.settings import SlackSettings
from bot.slack.api.stream_state import PairedCalls, Streams
from bot.slack.api.token_store import EARLY, BotTokens, InstallationStore
from bot.slack.api.update_pacer import UpdatePacer, now

log = logging.getLogger(__name__)

SCOPES: Final = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "chat:write",
    "chat:write.public",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "im:history",
    "im:write",
    "links:read",
    "links:write",
    "mpim:history",
)

OPTIONAL: Final = frozenset({"chat:write.public"})  # without these, Lineman says what it cannot do

AGAIN: Final = 60.0  # seconds until the renewal of a token is retried


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace and the bot's identity in it."""

    team: str
    bot_user: str
    bot_id: str
    name: str
    client: AsyncWebClient = field(repr=False)
    hasty: AsyncWebClient = field(repr=False)  # does not retry
    token: str = field(repr=False)
    pacer: UpdatePacer = field(repr=False)
    queue: ChannelQueue = field(repr=False)
    streams: Streams = field(repr=False)
    sessions: PairedCalls = field(repr=False)
    enterprise: str = ""
    fresh_until: float = inf  # Unix time in seconds; after that, the token is looked up again
    holds: Callable[[], bool] = field(default=lambda: True, repr=False)  # see `AppContext.holds`

    @property
    def authorized(self) -> AuthorizeResult:
        """The workspace's identity in Bolt's form."""
        return AuthorizeResult(
            enterprise_id=self.enterprise or None,
            team_id=self.team,
            bot_user_id=self.bot_user,
            bot_id=self.bot_id,
            bot_token=self.token,
        )


class Workspaces:
    """All workspaces that this process serves."""

    def __init__(
        self,
        settings: SlackSettings,
        session: aiohttp.ClientSession,
        holds: Callable[[], bool] = lambda: True,
    ) -> None:
        self._settings, self._session, self._holds = settings, session, holds
        self._known: dict[str, Workspace] = {}
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        # Slack's rate limits apply to a workspace and continue when its token changes.
        self._paces: defaultdict[str, UpdatePacer] = defaultdict(lambda: UpdatePacer(settings.edits, now()))
        self._posts: defaultdict[str, ChannelQueue] = defaultdict(ChannelQueue)
        self._sessions: defaultdict[str, PairedCalls] = defaultdict(PairedCalls)
        self._streams: defaultdict[str, Streams] = defaultdict(lambda: Streams(settings.progress))
        self._installs: InstallationStore | None = None
        self.on_change: Callable[[], None] | None = None  # other bots have to look again, too
        self.flow: AsyncOAuthFlow | None = None  # the install pages; None without a client id
        if settings.client_id:
            self._installs, states = make_stores(settings)
            self._tokens = BotTokens(self._installs, self._rotator())
            self.flow = make_flow(settings, SCOPES, self._installs, states, self._nobody(), self._changed)

    @property
    def single(self) -> bool:
        """Whether one token serves all workspaces."""
        return bool(self._settings.bot_token)

    async def get(self, team: str, enterprise: str = "") -> Workspace | None:
        """Return the workspace *team*, or None if Lineman is not installed there. Raises `SlackError`."""
        key = "" if self.single else team
        if (known := self._fresh(key)) is not None:
            return known
        async with self._asking[key]:
            if (known := self._fresh(key)) is None:
                known = await self._look_up(key, enterprise)
        return known

    async def forget(self, team: str, enterprise: str = "") -> None:
        """Delete the tokens of *team* after its token was revoked or the app uninstalled.

        Without a team, the installation of the whole organization is deleted.
        """
        self.forget_all()  # the others are looked up again
        if self._installs:
            await asyncio.to_thread(self._installs.forget, team, enterprise)
            self._changed()

    def forget_all(self) -> None:
        """Clear the cache, so that every workspace is looked up again."""
        self._known.clear()

    def _changed(self) -> None:
        self.forget_all()
        if self.on_change:
            self.on_change()

    def _fresh(self, key: str) -> Workspace | None:
        known = self._known.get(key)
        return known if known and time.time() < known.fresh_until else None

    async def _look_up(self, team: str, enterprise: str) -> Workspace | None:
        """Read the token from the store, and ask Slack for the bot's identity."""
        if self.single:
            self._known[team] = await self._ask(self._settings.bot_token, "")
            return self._known[team]
        bot = await self._tokens.get(team, enterprise)
        if bot is None or not bot.bot_token:
            self._known.pop(team, None)
            return None
        self._known[team] = await self._ask(bot.bot_token, team, bot.enterprise_id or "", _fresh_until(bot))
        return self._known[team]

    async def _ask(self, token: str, team: str, enterprise: str = "", fresh_until: float = inf) -> Workspace:
        client = make_client(token, self._session, self._settings.api_url)
        fields = await call(client.auth_test)
        team = team or str(fields.get("team_id", ""))
        return Workspace(
            team=team,
            bot_user=str(fields.get("user_id", "")),
            bot_id=str(fields.get("bot_id", "")),
            name=str(fields.get("user", "") or "lineman"),
            client=client,
            hasty=make_client(token, self._session, self._settings.api_url, "hasty"),
            token=token,
            pacer=self._paces[team],
            queue=self._posts[team],
            streams=self._streams[team],
            sessions=self._sessions[team],
            enterprise=enterprise,
            fresh_until=fresh_until,
            holds=self._holds,
        )

    def _rotator(self) -> AsyncTokenRotator:
        secret = self._settings.client_secret
        return AsyncTokenRotator(
            client_id=self._settings.client_id, client_secret=secret, client=self._nobody()
        )

    def _nobody(self) -> AsyncWebClient:
        """Make a client without a token."""
        return make_client("", self._session, self._settings.api_url)


def _fresh_until(bot: Bot) -> float:
    """Return when the token of *bot* is to be looked up again."""
    if bot.bot_token_expires_at is None:
        return inf
    return max(bot.bot_token_expires_at - EARLY * 60, time.time() + AGAIN)


class Authorize(AsyncAuthorize):
    """Authorize a request for Bolt: find the workspace and its token."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def __call__(
        self, *, enterprise_id: str | None, team_id: str | None, **_: Any
    ) -> AuthorizeResult | None:
        """Return Bolt's authorization for the request's workspace; None if Lineman is not installed there."""
        try:
            workspace = await self._workspaces.get(team_id or "", enterprise_id or "")
        except SlackError as refused:
            log.warning("Slack rejected the token of %s: %s", team_id, refused.word)
            return None
        if workspace is None:
            log.info("not installed in %s", team_id)
        return workspace.authorized if workspace else None
