"""A Slack to test with: Web API, Socket Mode, signed HTTP, and people who type and click."""

from tests.fake_slack.chaos import Chaos
from tests.fake_slack.records import Call, Delivery
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Channel, Message, Team, User, View

__all__ = ["Call", "Channel", "Chaos", "Delivery", "FakeSlack", "Message", "Team", "User", "View"]
