"""What the environment says about Slack, which transport that means, and what to do when it says nothing.

Tokens are never part of a `repr`, nor of a sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

from bot.errors import UsageError
from bot.rate_limit import Limit, read_limit

Transport: TypeAlias = Literal["socket", "http"]

SLACK: Final = "https://slack.com/api/"
DATABASE: Final = "lineman.db"
PORT: Final = 3000
EDITS: Final = Limit(50, 60)  # Tier 3: https://docs.slack.dev/apis/web-api/rate-limits

HOW_TO: Final = """\
Lineman has no Slack settings yet, so there is nobody to serve.

  To try it without Slack:  lineman           (then type /diagnose 31009)

  To bring it into Slack:
  1. Open https://api.slack.com/apps, Create New App, From a manifest, and paste manifest.json.
  2. Basic Information, App-Level Tokens: generate one with the scope connections:write.
  3. Install App: install it to the workspace, and copy the Bot User OAuth Token.
  4. Set the variables and start again:

       export SLACK_APP_TOKEN=xapp-...    from step 2
       export SLACK_BOT_TOKEN=xoxb-...    from step 3
       lineman serve

  Without an app token Lineman listens for signed HTTP instead (manifest.http.json):

       export SLACK_BOT_TOKEN=xoxb-... SLACK_SIGNING_SECRET=... PORT=3000
       lineman serve

  For several workspaces set SLACK_CLIENT_ID and SLACK_CLIENT_SECRET instead of the bot token.
  Everything else is in docs/slack.md.
"""


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """Everything the environment may set; empty where it sets nothing."""

    app_token: str = field(default="", repr=False)
    bot_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    api_url: str = SLACK
    host: str = "0.0.0.0"  # noqa: S104 - a container is reached from outside; HOST narrows it
    port: int = 0  # 0: not set
    database: str = DATABASE
    retention_days: int = 30
    audit_days: int = 365  # of the plans that relays were given
    network: str | None = None  # path of a network file
    vantage: str | None = None
    runs_at_once: int = 16  # on one relay
    edits: Limit = EDITS  # changes of messages in one workspace

    @property
    def transport(self) -> Transport | None:
        """Which transport to use; none without any Slack settings."""
        if self.app_token:
            return "socket"
        return "http" if self.bot_token or self.signing_secret or self.client_id else None

    @property
    def because(self) -> str:
        """Why this transport, in one sentence."""
        if self.transport == "socket":
            return (
                "Socket Mode, because SLACK_APP_TOKEN is set: two connections to Slack, no open port needed."
            )
        port = self.port or PORT
        return f"Signed HTTP on port {port}, because SLACK_APP_TOKEN is not set: Slack calls /slack/events."


def read_slack_settings(environment: Mapping[str, str]) -> SlackSettings:
    """Read *environment*; `UsageError` names every variable that is wrong or missing, never what is in it."""
    get = _SettingsReader(environment)
    settings = SlackSettings(
        app_token=get.token("SLACK_APP_TOKEN", "xapp-"),
        bot_token=get.token("SLACK_BOT_TOKEN", "xoxb-"),
        signing_secret=get.text("SLACK_SIGNING_SECRET"),
        client_id=get.text("SLACK_CLIENT_ID"),
        client_secret=get.text("SLACK_CLIENT_SECRET"),
        api_url=get.url("SLACK_API_URL", SLACK),
        host=get.text("HOST") or "0.0.0.0",  # noqa: S104 - as above
        port=get.number("PORT", 0, 65_535),
        database=get.text("LINEMAN_DATABASE") or DATABASE,
        retention_days=get.number("LINEMAN_RETENTION_DAYS", 30, 3_650),
        audit_days=get.number("LINEMAN_AUDIT_DAYS", 365, 3_650),
        network=get.text("LINEMAN_NETWORK") or None,
        vantage=get.text("LINEMAN_VANTAGE") or None,
        runs_at_once=get.number("LINEMAN_RUNS_AT_ONCE", 16, 1_000),
        edits=get.limit("LINEMAN_EDITS", EDITS),
    )
    problems = [*get.problems, *_missing(settings)] if settings.transport else get.problems
    if problems:
        raise UsageError(" ".join(problems))
    return settings


def _missing(settings: SlackSettings) -> list[str]:
    """What the transport needs and has not got."""
    problems = []
    if settings.transport == "http" and not settings.signing_secret:
        problems.append(
            "SLACK_SIGNING_SECRET is empty: without it nobody can tell Slack's requests from anybody's. "
            "It is under Basic Information, App Credentials. (With SLACK_APP_TOKEN it is not needed.)"
        )
    if bool(settings.client_id) != bool(settings.client_secret):
        problems.append("SLACK_CLIENT_ID and SLACK_CLIENT_SECRET go together: set both or neither.")
    elif settings.bot_token and settings.client_id:
        problems.append(
            "SLACK_BOT_TOKEN serves one workspace, SLACK_CLIENT_ID those that install Lineman: set one of them."
        )
    elif not settings.bot_token and not settings.client_id:
        problems.append(
            "SLACK_BOT_TOKEN is empty: it is under OAuth & Permissions, once the app is installed."
        )
    folder = Path(settings.database).absolute().parent
    if not folder.is_dir():
        problems.append(f"LINEMAN_DATABASE points into {folder}, which is no folder.")
    return problems


class _SettingsReader:
    """Reads variables and collects what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        return self._environment.get(name, "").strip()

    def token(self, name: str, begins: str) -> str:
        value = self.text(name)
        if value.startswith("xoxe."):
            self.problems.append(
                f"{name} is a token that ends after some hours (token rotation). Use SLACK_CLIENT_ID and "
                "SLACK_CLIENT_SECRET, so that Lineman can renew it, or switch rotation off in the app's settings."
            )
        elif value and (
            not value.startswith(begins) or len(value) < 12 or not value.isascii() or " " in value
        ):
            self.problems.append(f"{name} is not the right kind of token: it must begin with {begins}.")
        return value

    def url(self, name: str, default: str) -> str:
        value = self.text(name) or default
        if not value.startswith(("https://", "http://")):
            self.problems.append(f"{name} must be the address of a Web API, such as {SLACK}.")
        return value if value.endswith("/") else f"{value}/"

    def number(self, name: str, default: int, most: int) -> int:
        value = self.text(name)
        if not value:
            return default
        if not value.isascii() or not value.isdecimal() or not 0 < int(value) <= most:
            self.problems.append(f"{name} must be a number from 1 to {most}.")
            return default
        return int(value)

    def limit(self, name: str, default: Limit) -> Limit:
        try:
            return read_limit(self._environment, name, default)
        except UsageError as error:
            self.problems.append(str(error))
            return default
