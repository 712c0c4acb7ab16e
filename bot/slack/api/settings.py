"""What the environment says about Slack, which transport that means, and what to do when it says nothing.

Tokens are never part of a `repr`, nor of a sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

from bot.rate_limit import LIMIT_FORM, Limit, RateLimits, parse_limit
from bot.relays.hub.paths import DATABASE, DEFAULT_DATABASE, database_of
from bot.settings import SettingsReader
from bot.storage.address import DatabaseAddress
from probes.protocol.model import LOCAL_VANTAGES, UNKNOWN_VANTAGE

Transport: TypeAlias = Literal["socket", "http"]
ProgressStyle: TypeAlias = Literal["stream", "cards", "list"]

SLACK: Final = "https://slack.com/api/"
STYLES: Final[tuple[ProgressStyle, ...]] = ("stream", "cards", "list")
BOTS: Final = ("several", "one")
PORT: Final = 3000
CALLS: Final = Limit(10, 600)  # one look-up is up to a dozen requests to the service's API
EDITS: Final = Limit(50, 60)  # Tier 3: https://docs.slack.dev/apis/web-api/rate-limits

HOW_TO: Final = """\
Lineman has no Slack settings yet.

  To try it without Slack:  lineman           (then type /diagnose 31009)

  To set it up in Slack:
  1. Open https://api.slack.com/apps, Create New App, From a manifest, and paste manifest.json.
  2. Basic Information, App-Level Tokens: generate one with the scope connections:write.
  3. Install App: install it to the workspace, and copy the Bot User OAuth Token.
  4. Set the variables and start again:

       export SLACK_APP_TOKEN=xapp-...    from step 2
       export SLACK_BOT_TOKEN=xoxb-...    from step 3
       lineman serve

  If this machine is in the network of your users, also set LINEMAN_VANTAGE=user-network.

  Without an app token Lineman listens for signed HTTP instead (manifest.http.json):

       export SLACK_BOT_TOKEN=xoxb-... SLACK_SIGNING_SECRET=... PORT=3000
       lineman serve

  For several workspaces set SLACK_CLIENT_ID and SLACK_CLIENT_SECRET instead of the bot token.
  Everything else is in docs/slack.md.
"""


METRICS: Final = "LINEMAN_METRICS"
NO_VANTAGE: Final = (
    "The relay “local” rules nothing out for your users, because this machine may be outside their network. If it is "
    "inside, set LINEMAN_VANTAGE=user-network."
)


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """Everything the environment may set; empty where it sets nothing."""

    app_token: str = field(default="", repr=False)
    bot_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    redirect_uri: str = ""  # where Slack sends the browser back to; empty when the app has one only
    api_url: str = SLACK
    host: str = "0.0.0.0"  # noqa: S104 - a container is reached from outside; HOST narrows it
    port: int = 0  # 0: not set
    database: DatabaseAddress = Path(DEFAULT_DATABASE)
    retention_days: int = 30
    audit_days: int = 365  # of the plans that relays were given
    network: str | None = None  # path of a network file
    vantage: str = UNKNOWN_VANTAGE  # of the relay `local`
    runs_at_once: int = 16  # on one relay
    starts: RateLimits = field(default_factory=RateLimits)  # of diagnoses
    calls: Limit = CALLS  # that one person may look up by Call SID
    edits: Limit = EDITS  # changes of messages in one workspace
    metrics: str = ""  # the address for Prometheus
    progress: ProgressStyle = "stream"  # how it is shown
    alone: bool = False  # whether other bots on the same PostgreSQL database wait until this one has ended

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
    get = SettingsReader(environment)
    usual = RateLimits()
    settings = SlackSettings(
        app_token=_token(get, "SLACK_APP_TOKEN", "xapp-"),
        bot_token=_token(get, "SLACK_BOT_TOKEN", "xoxb-"),
        signing_secret=get.text("SLACK_SIGNING_SECRET"),
        client_id=get.text("SLACK_CLIENT_ID"),
        client_secret=get.text("SLACK_CLIENT_SECRET"),
        metrics=get.text(METRICS),
        redirect_uri=get.url("SLACK_REDIRECT_URI", example="https://lineman.example/slack/oauth_redirect"),
        api_url=get.url("SLACK_API_URL", SLACK, example=SLACK).rstrip("/") + "/",
        host=get.text("HOST", "0.0.0.0"),  # noqa: S104 - as above
        port=get.number("PORT", 0, 65_535, example=PORT),
        database=database_of(environment),
        retention_days=get.number("LINEMAN_RETENTION_DAYS", 30, 3_650),
        audit_days=get.number("LINEMAN_AUDIT_DAYS", 365, 3_650),
        network=get.text("LINEMAN_NETWORK") or None,
        vantage=get.choice("LINEMAN_VANTAGE", LOCAL_VANTAGES, UNKNOWN_VANTAGE),
        runs_at_once=get.number("LINEMAN_RUNS_AT_ONCE", 16, 1_000),
        starts=RateLimits(
            user=get.parsed("LINEMAN_RATE_USER", parse_limit, usual.user, LIMIT_FORM),
            workspace=get.parsed("LINEMAN_RATE_WORKSPACE", parse_limit, usual.workspace, LIMIT_FORM),
        ),
        calls=get.parsed("LINEMAN_RATE_CALLS", parse_limit, CALLS, LIMIT_FORM),
        edits=get.parsed("LINEMAN_EDITS", parse_limit, EDITS, LIMIT_FORM),
        progress=_style(get),
        alone=get.choice("LINEMAN_BOTS", BOTS, BOTS[0]) == "one",
    )
    if settings.transport and get.text(DATABASE) and isinstance(settings.database, Path):
        _check_folder(get, settings.database)
    for problem in _missing(settings) if settings.transport else ():
        get.add_problem(problem)
    get.check()
    return settings


def _missing(settings: SlackSettings) -> list[str]:
    """What the transport needs and has not got."""
    problems = []
    if settings.transport == "http" and not settings.signing_secret:
        problems.append(
            "SLACK_SIGNING_SECRET is empty. Without it, Lineman cannot recognize Slack's "
            "requests. Find it under Basic Information, App Credentials. (With SLACK_APP_TOKEN, "
            "it is not needed.)"
        )
    if bool(settings.client_id) != bool(settings.client_secret):
        problems.append("Set both SLACK_CLIENT_ID and SLACK_CLIENT_SECRET, or neither.")
    elif settings.bot_token and settings.client_id:
        problems.append(
            "SLACK_BOT_TOKEN is for one workspace, and SLACK_CLIENT_ID is for workspaces that "
            "install Lineman. Set only one of them."
        )
    elif not settings.bot_token and not settings.client_id:
        problems.append(
            "SLACK_BOT_TOKEN is empty. Find it under OAuth & Permissions after you install the app."
        )
    return problems


def _check_folder(get: SettingsReader, database: Path) -> None:
    """The folder for state is created; one that somebody named is there, or the name is wrong."""
    folder = database.absolute().parent
    if not folder.is_dir():
        get.add_problem(f"{DATABASE} points to {folder}, which is not a folder.")


def _style(get: SettingsReader) -> ProgressStyle:
    chosen = get.choice("LINEMAN_PROGRESS", STYLES, STYLES[0])
    return next(style for style in STYLES if style == chosen)


def _token(get: SettingsReader, name: str, begins: str) -> str:
    """Read a token of Slack's. A wrong one is returned too: it selects the transport."""
    if get.text(name).startswith("xoxe."):
        get.add_problem(
            f"{name} is a token that expires after some hours (token rotation). Use "
            "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET, so that Lineman can renew it, or turn "
            "rotation off in the app's settings."
        )
    else:
        get.token(name, begins)
    return get.text(name)
