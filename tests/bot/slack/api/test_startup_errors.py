"""What keeps serving from beginning, in words: what to set right, or that it may go well later."""

import pytest

from bot.slack.api.client import UNREACHABLE, SlackError
from bot.slack.api.startup_errors import NotNowError, token_refused

URL = "https://slack.example/"


@pytest.mark.parametrize(
    ("refused", "says", "later"),
    [
        (SlackError(UNREACHABLE, status=404), "is not Slack's Web API (HTTP 404)", False),
        (SlackError(UNREACHABLE, detail="connection refused"), "connection refused", True),
        (SlackError("ratelimited", wait=30.0), "for 30 s", True),
        (SlackError("missing_scope", ("connections:write",)), "connections:write", False),
        (SlackError("team_access_not_granted"), "SLACK_APP_TOKEN: team_access_not_granted", False),
    ],
)
def test_why_a_token_is_refused(refused: SlackError, says: str, later: bool) -> None:
    """Each reason has its sentence; only what may be gone later is worth another start."""
    told = token_refused("SLACK_APP_TOKEN", refused, URL)
    assert says in str(told)
    assert isinstance(told, NotNowError) is later
