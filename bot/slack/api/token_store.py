"""Tokens of installed workspaces, stored and rotated: the SDK's store in Lineman's database.

Each token is stored once, unencrypted: anyone who can read the file can post as Lineman.
"""

import asyncio
import logging
import time
from typing import Final

import aiohttp
from slack_sdk.errors import SlackClientError, SlackTokenRotationError
from slack_sdk.oauth.installation_store.models.bot import Bot
from slack_sdk.oauth.installation_store.models.installation import Installation
from slack_sdk.oauth.installation_store.sqlite3 import SQLite3InstallationStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator

from bot.slack.api.client import SlackError

log = logging.getLogger(__name__)

EARLY: Final = 120  # minutes before expiry at which a token is rotated; Slack's tokens live 12 hours

# The Enterprise Grid organization of each workspace: undelivered messages name only the workspace.
_HOMES: Final = (
    "CREATE TABLE IF NOT EXISTS slack_homes (team_id TEXT PRIMARY KEY, enterprise_id TEXT NOT NULL)"
)
_REMEMBER: Final = (
    "INSERT INTO slack_homes VALUES (?, ?) "
    "ON CONFLICT (team_id) DO UPDATE SET enterprise_id = excluded.enterprise_id"
)
_OLDER: Final = (
    "DELETE FROM slack_bots WHERE client_id = ? AND enterprise_id = ? AND team_id = ? AND id < "
    "(SELECT max(id) FROM slack_bots WHERE client_id = ? AND enterprise_id = ? AND team_id = ?)"
)
_TWICE: Final = (
    "UPDATE slack_installations SET bot_token = NULL, bot_refresh_token = NULL WHERE client_id = ?"
)


class InstallationStore(SQLite3InstallationStore):
    """The SDK's store, with one token per installation."""

    def save(self, installation: Installation) -> None:
        """Save an installation without its bot token, which is stored only by `save_bot`."""
        super().save(installation)
        with self.connect() as database:
            database.execute(_TWICE, (self.client_id,))

    def save_bot(self, bot: Bot) -> None:
        """Save a token and delete its predecessor."""
        super().save_bot(bot)
        which = (self.client_id, bot.enterprise_id or "", bot.team_id or "")
        with self.connect() as database:
            database.execute(_OLDER, which * 2)

    def find(self, team: str, enterprise: str) -> Bot | None:
        """Find the token of *team*: its own, or that of its organization."""
        enterprise = enterprise or self._home(team)
        bot = self.find_bot(enterprise_id=enterprise, team_id=team)
        if bot is None and enterprise:
            bot = self.find_bot(enterprise_id=enterprise, team_id=None, is_enterprise_install=True)
            bot = bot or self.find_bot(enterprise_id=None, team_id=team)  # installed before it joined
            if bot:
                self._remember(team, enterprise)
        elif bot and enterprise:
            self._remember(team, enterprise)
        return bot

    def forget(self, team: str, enterprise: str) -> None:
        """Delete the installation of *team*, or of the whole organization if *team* is empty."""
        for where in {enterprise or (self._home(team) if team else ""), ""}:
            self.delete_all(enterprise_id=where, team_id=team)

    def _home(self, team: str) -> str:
        with self.connect() as database:
            database.execute(_HOMES)
            row = database.execute(
                "SELECT enterprise_id FROM slack_homes WHERE team_id = ?", (team,)
            ).fetchone()
        return str(row[0]) if row else ""

    def _remember(self, team: str, enterprise: str) -> None:
        with self.connect() as database:
            database.execute(_HOMES)
            database.execute(_REMEMBER, (team, enterprise))


class BotTokens:
    """The tokens of all installations, rotated before they expire."""

    def __init__(self, installs: InstallationStore, rotator: AsyncTokenRotator) -> None:
        self._installs, self._rotator = installs, rotator

    async def get(self, team: str, enterprise: str) -> Bot | None:
        """Return the current token of *team*; None if Lineman is not installed there.

        Raises `SlackError` if the token has expired and Slack issues no new one.
        """
        bot = await asyncio.to_thread(self._installs.find, team, enterprise)
        if bot is None or not bot.bot_refresh_token:
            return bot
        try:
            fresh = await self._rotator.perform_bot_token_rotation(bot=bot, minutes_before_expiration=EARLY)
        except (
            SlackTokenRotationError,
            SlackClientError,
            aiohttp.ClientError,
            TimeoutError,
            OSError,
        ) as error:
            log.warning("cannot renew the token of %s: %s", team, _reason(error))
            if (bot.bot_token_expires_at or 0) > time.time():
                return bot
            raise SlackError("token_expired") from None
        if fresh:
            await asyncio.to_thread(self._installs.save_bot, fresh)
            log.info("renewed the token of %s", team)
        return fresh or bot


def _reason(error: Exception) -> str:
    """Return Slack's error code or the exception's name; whole responses stay out of the log."""
    cause = error.api_error if isinstance(error, SlackTokenRotationError) else None
    return str(cause.response.get("error", "")) if cause else type(error).__name__
