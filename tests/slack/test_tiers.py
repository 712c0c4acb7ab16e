"""Slack's own limits per method and workspace, in Slack's own minute: Lineman lives within them, verdicts go first."""

from pathlib import Path

import pytest

from tests.fake_slack.slack import FakeSlack
from tests.slack.bot import Bot, serving
from tests.slack.test_load import FULL, type_all, typists, unanswered
from tests.slack.world import closed_world

pytestmark = [pytest.mark.load, pytest.mark.skipif(not FULL, reason="a minute; `make slack-load` runs it")]


async def test_within_tiers(slack: FakeSlack, tmp_path: Path) -> None:
    """With 50 changes a minute and one post a second in a channel, thirty diagnoses all end, none refused."""
    slack.chaos.per_second = 1.0
    slack.echoes = False
    who = typists(slack)
    async with serving(Bot(slack, "socket", tmp_path, closed_world(tmp_path))):
        typed = await type_all(slack, who, range(30))
        await slack.records.until(lambda: not unanswered(slack, typed), 90, "all verdicts")
    changes = [call for call in slack.records.calls if call.method == "chat.update"]
    refused = [call for call in changes if call.error]
    print(f"{len(refused)} of {len(changes)} changes refused")
    assert refused == []
