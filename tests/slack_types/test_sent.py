"""What the bot really sends, in a short story, has the shapes that Slack's types allow."""

from pathlib import Path

import pytest

from tests.fake_slack.slack import FakeSlack
from tests.slack import tools
from tests.slack.bot import Bot, has_ended, serving
from tests.slack.conftest import slack as slack
from tests.slack.world import closed_world
from tests.slack_types.outgoing import TYPES, judge

pytestmark = pytest.mark.skipif(
    bool(tools.missing("slack_types")), reason=tools.missing("slack_types") or "-"
)


async def test_story(slack: FakeSlack, tmp_path: Path) -> None:
    """A diagnosis with evidence asked for, the home tab, the form, and a stream: every call is judged by tsc."""
    ada = slack.user("ada")
    async with serving(Bot(slack, "socket", tmp_path, closed_world(tmp_path))) as bot:
        await slack.command("/diagnose 31009", ada)
        verdict = await bot.verdict()
        await slack.say("evidence", slack.user("grace"), thread=verdict.ts)
        await slack.records.until(lambda: len(slack.channel().thread(verdict.ts)) > 2)
        await slack.open_home(ada)
        await slack.records.until(lambda: slack.team.homes)
        await slack.command("/diagnose", ada)
        await slack.records.until(lambda: slack.team.views)
        asked = await slack.tell("31009", ada)
        await slack.records.until(lambda: any(map(has_ended, asked.channel.thread(asked.ts))), 20)
    sent = [
        (method, args)
        for method, calls in slack.records.outgoing.items()
        if method in TYPES
        for args in calls
    ]
    assert {"chat.postMessage", "chat.update", "views.open", "views.publish"} <= {
        method for method, _ in sent
    }
    assert {"chat.startStream", "chat.stopStream"} <= {method for method, _ in sent}
    assert judge(sent, "sent") == []
