"""Settings of the check link from the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bot.diagnosis.turn_settings import (
    ACCOUNT_SID,
    API_KEY,
    API_SECRET,
    TurnSettings,
    load_turn_settings,
)
from bot.errors import UsageError
from bot.relays.hub.paths import database_of
from bot.settings import SettingsReader
from bot.storage.address import DatabaseAddress

URL: Final = "LINEMAN_CHECK_URL"
EXAMPLE: Final = "https://check.example"
PORT: Final = 3000
TWIML_APP: Final = "LINEMAN_TWIML_APP"
_APP: Final = re.compile(r"AP[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """Where customers reach the check page, and how long and how often a link works."""

    url: str = ""  # the public address without a slash at the end; empty: not set
    host: str = "127.0.0.1"
    port: int = PORT
    hours: int = 24
    runs: int = 5
    support: str = ""  # the name of the support team, for the page
    database: DatabaseAddress = Path("lineman.db")
    network: str | None = None
    turn: TurnSettings = field(default_factory=TurnSettings, repr=False)
    twiml_app: str = ""  # that a test call with the SDK calls; empty: no test calls

    @property
    def offers_calls(self) -> bool:
        """Whether tokens for test calls can be made: with a TwiML app, and an API key of its account."""
        return bool(self.twiml_app)

    @property
    def origin(self) -> str:
        """The origin of the page, as browsers send it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}".lower()

    @property
    def path(self) -> str:
        """The path of the public address, empty for the root. A proxy in front of the server removes it."""
        return urlsplit(self.url).path

    def required_url(self) -> str:
        """Return the public address; `UsageError` if it is not set."""
        if not self.url:
            raise UsageError(
                f"Set {URL} to the address at which customers reach this server, such as {EXAMPLE}."
            )
        return self.url


def read_check_settings(environment: Mapping[str, str]) -> CheckSettings:
    """Read *environment*; `UsageError` names every variable that is wrong."""
    get = SettingsReader(environment)
    url = get.url(URL, example=EXAMPLE).rstrip("/")
    if url.startswith("http:") and urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        get.add_problem(
            f"{URL} must begin with https://, as in {EXAMPLE}. Plain http is for tests on this machine."
        )
    settings = CheckSettings(
        url=url,
        host=get.text("HOST", "127.0.0.1"),
        port=get.number("PORT", PORT, 65_535),
        hours=get.number("LINEMAN_CHECK_HOURS", 24, 720),
        runs=get.number("LINEMAN_CHECK_RUNS", 5, 100),
        support=get.text("LINEMAN_CHECK_SUPPORT")[:60],
        database=database_of(environment),
        network=get.text("LINEMAN_NETWORK") or None,
        turn=load_turn_settings(environment),
        twiml_app=get.text(TWIML_APP),
    )
    _check_calls(get, settings)
    get.check()
    return settings


def _check_calls(get: SettingsReader, settings: CheckSettings) -> None:
    """Note what is missing or wrong for test calls, if a TwiML app is set."""
    if not settings.twiml_app:
        return
    if not _APP.fullmatch(settings.twiml_app):
        get.add_problem(f"{TWIML_APP} must be the SID of a TwiML app: AP and 32 digits, as in the console.")
    if not settings.turn.account_sid or not settings.turn.user.startswith("SK"):
        get.add_problem(f"{TWIML_APP} also needs {ACCOUNT_SID}, {API_KEY}, and {API_SECRET}.")
