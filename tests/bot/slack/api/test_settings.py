"""What the environment means: a transport with its reason, or every mistake at once."""

import pytest

from bot.errors import UsageError
from bot.rate_limit import Limit, RateLimits
from bot.slack.api.settings import EDITS, HOW_TO, read_slack_settings

APP, BOT = "xapp-1-A0-1-abc", "xoxb-123456789"


def test_transport_and_why() -> None:
    """An app token means Socket Mode, anything else of Slack's signed HTTP, nothing neither; and it is said why."""
    assert read_slack_settings({}).transport is None
    socket = read_slack_settings({"SLACK_APP_TOKEN": APP, "SLACK_BOT_TOKEN": BOT})
    assert socket.transport == "socket"
    assert "because SLACK_APP_TOKEN is set" in socket.because
    http = read_slack_settings({"SLACK_BOT_TOKEN": BOT, "SLACK_SIGNING_SECRET": "s", "PORT": "8080"})
    assert http.transport == "http"
    assert "port 8080" in http.because


def test_limits_and_addresses() -> None:
    """What is set counts, and the rest keeps its default."""
    usual = read_slack_settings({})
    assert (usual.starts, usual.edits, usual.vantage) == (RateLimits(), EDITS, "unknown")
    address = "https://lineman.example/slack/oauth_redirect"
    given = {"LINEMAN_RATE_USER": "3/60", "LINEMAN_EDITS": "5/6", "LINEMAN_VANTAGE": "Reference"}
    settings = read_slack_settings(
        {**given, "SLACK_API_URL": "http://127.0.0.1:9/api", "SLACK_REDIRECT_URI": address}
    )
    assert (settings.starts, settings.edits) == (RateLimits(user=Limit(3, 60)), Limit(5, 6))
    assert (settings.vantage, settings.redirect_uri) == ("reference", address)
    assert settings.api_url == "http://127.0.0.1:9/api/"


def test_every_mistake_at_once() -> None:
    """All that is wrong is told in one go, and none of the values."""
    wrong = {"SLACK_APP_TOKEN": BOT, "SLACK_BOT_TOKEN": "xoxp-secret-word", "PORT": "many"}
    with pytest.raises(UsageError) as raised:
        read_slack_settings(wrong)
    assert all(name in str(raised.value) for name in wrong)
    assert "secret-word" not in str(raised.value)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"SLACK_BOT_TOKEN": BOT}, "SLACK_SIGNING_SECRET"),
        ({"SLACK_APP_TOKEN": APP}, "SLACK_BOT_TOKEN"),
        ({"SLACK_CLIENT_ID": "1.2", "SLACK_SIGNING_SECRET": "s"}, "SLACK_CLIENT_SECRET"),
        (
            {
                "SLACK_APP_TOKEN": APP,
                "SLACK_BOT_TOKEN": BOT,
                "SLACK_CLIENT_ID": "1.2",
                "SLACK_CLIENT_SECRET": "s",
            },
            "one of them",
        ),
        ({"SLACK_APP_TOKEN": APP, "SLACK_BOT_TOKEN": "xoxe.xoxb-1-abcdef"}, "token rotation"),
        ({"SLACK_APP_TOKEN": APP, "SLACK_BOT_TOKEN": BOT, "LINEMAN_EDITS": "many"}, "LINEMAN_EDITS"),
        (
            {"SLACK_APP_TOKEN": APP, "SLACK_BOT_TOKEN": BOT, "LINEMAN_DATABASE": "/no/such/a.db"},
            "LINEMAN_DATABASE",
        ),
        (
            {"LINEMAN_RATE_USER": "3"},
            "LINEMAN_RATE_USER must be a count and a time in seconds, such as 10/600",
        ),
        ({"LINEMAN_RATE_WORKSPACE": "0/60"}, "LINEMAN_RATE_WORKSPACE must be"),
        ({"LINEMAN_VANTAGE": "office"}, "LINEMAN_VANTAGE must be user-network, reference or unknown"),
        ({"SLACK_REDIRECT_URI": "lineman.example"}, "SLACK_REDIRECT_URI must be an address such as"),
    ],
)
def test_what_is_missing(given: dict[str, str], named: str) -> None:
    """What a transport needs and has not got is named before anything starts."""
    with pytest.raises(UsageError, match=named):
        read_slack_settings(given)


@pytest.mark.parametrize("wrong", ["SLACK_APP_TOKEN", "SLACK_BOT_TOKEN"])
@pytest.mark.parametrize("value", ["xoxp-123456789", "xoxe.xoxb-1-abcdef"])
def test_token_that_is_wrong_is_not_called_missing(wrong: str, value: str) -> None:
    """A wrong token still says which transport is meant, so that it is the only problem."""
    with pytest.raises(UsageError) as raised:
        read_slack_settings({"SLACK_APP_TOKEN": APP, "SLACK_BOT_TOKEN": BOT, wrong: value})
    assert str(raised.value).startswith(f"{wrong} ")
    assert "empty" not in str(raised.value)


def test_secrets_do_not_print() -> None:
    """No token is part of what the settings look like."""
    shown = repr(
        read_slack_settings({"SLACK_APP_TOKEN": APP, "SLACK_BOT_TOKEN": BOT, "SLACK_SIGNING_SECRET": "hush"})
    )
    assert APP not in shown
    assert BOT not in shown
    assert "hush" not in shown


def test_how_to_fits_on_a_screen() -> None:
    """The explanation is one screen, and names the manifest, the variables and the way without Slack."""
    assert len(HOW_TO.splitlines()) <= 30
    assert all(len(line) <= 100 for line in HOW_TO.splitlines())
    assert all(
        word in HOW_TO for word in ("manifest.json", "SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", "lineman  ")
    )
