"""What the bot really sends, in a short story, has the shapes that Slack's types allow."""

from pathlib import Path
from typing import Final

import pytest

from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.workflows import run_step
from tests.slack import tools
from tests.slack.bot import Bot, has_ended, serving
from tests.slack.conftest import slack as slack
from tests.slack.world import closed_world
from tests.slack_types.outgoing import TYPES, judge

pytestmark = pytest.mark.skipif(
    bool(tools.missing("slack_types")), reason=tools.missing("slack_types") or "-"
)

# Each is sent once, and nothing else that can be waited for follows.
BRIEF: Final = {
    "chat.postEphemeral",
    "chat.unfurl",
    "assistant.threads.setSuggestedPrompts",
    "functions.completeSuccess",
}


def calls(slack: FakeSlack) -> set[str]:
    """The methods that the bot has called with success."""
    return {call.method for call in slack.records.calls if not call.error}


@pytest.mark.unmeasured
async def test_story(slack: FakeSlack, tmp_path: Path) -> None:
    """A diagnosis, its thread, the home tab, the form, a stream, a card, a workflow: every call is judged by tsc."""
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
        await slack.vote(verdict, "negative", ada)
        await slack.open_home(ada, "messages")
        await slack.say("see https://www.twilio.com/docs/api/errors/31009", ada)
        await slack.mention("stop", ada)
        step = await run_step(slack, {"channel": slack.channel().id, "code": "31009"})
        await slack.records.until(lambda: step.state != "running" and calls(slack) >= BRIEF, 20, str(BRIEF))
    sent = [(call.method, call.args) for call in slack.records.calls if call.method in TYPES]
    assert {"chat.postMessage", "chat.update", "views.open", "views.publish"} <= calls(slack)
    assert {"chat.startStream", "chat.stopStream", "agents.sessions.setStatus"} <= calls(slack)
    assert judge(sent, "sent") == []
