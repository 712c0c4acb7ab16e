"""The bot with its Web API at the emulator: what stands there after a diagnosis is what our fake would show.

The emulator sends no commands and clicks, so the fake types them, by the emulator's own ids.
"""

import asyncio
import json
from pathlib import Path
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from tests.emulator.shim import Shim
from tests.emulator.test_emulator import TOKEN
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Channel, Team, User
from tests.slack.bot import FINAL, Bot, serving
from tests.slack.world import closed_world

LIMIT: Final = 20.0  # seconds
UNKNOWN: Final = {"agents.sessions.setStatus: 404"}  # the emulator has no agent sessions and no streams


async def adopt(slack: FakeSlack, web: AsyncWebClient) -> None:
    """Let the fake speak of the emulator's workspace, people and channel."""
    me = await web.auth_test()
    channels = (await web.conversations_list())["channels"]
    people = (await web.users_list())["members"]
    place = next(one["id"] for one in channels if one["name"] == "support")
    team = Team(me["team_id"], "Acme", me["user_id"], me.get("bot_id") or "B0", TOKEN, set())
    team.users = {one["id"]: User(one["id"], one["name"], team.id) for one in people}
    team.channels[place] = Channel(place, "support", team.id, team.bot_id, members=set(team.users))
    slack.teams, slack.team = {team.id: team}, team


async def test_diagnosis(emulated: Shim, slack: FakeSlack, tmp_path: Path) -> None:
    """A command leads to one message with the verdict, and nothing the emulator would not take."""
    web = AsyncWebClient(token=TOKEN, base_url=f"{emulated.base}/api/")
    await adopt(slack, web)
    channel = slack.channel()
    environment = {"SLACK_API_URL": f"{emulated.base}/api/"}
    async with serving(Bot(slack, "http", tmp_path, closed_world(tmp_path), environment)):
        before = {one["ts"] for one in await history(web, channel)}
        command = await slack.command("/diagnose 31009 javascript", slack.user("grace"), channel)
        assert command.acked
        async with asyncio.timeout(LIMIT):
            while not (  # noqa: ASYNC110 - it is another process that changes
                found := [one for one in await history(web, channel) if FINAL in json.dumps(one["blocks"])]
            ):
                await asyncio.sleep(0.1)  # the emulator tells nobody that something has changed
    assert [one["ts"] in before for one in found] == [False]
    assert found[0]["text"].startswith("Blocked")
    assert set(emulated.errors) <= UNKNOWN


async def test_killed_after_the_acknowledgment(emulated: Shim, slack: FakeSlack, tmp_path: Path) -> None:
    """A process that is killed at once leaves nothing undone: the next one shows the verdict, in one message."""
    web = AsyncWebClient(token=TOKEN, base_url=f"{emulated.base}/api/")
    await adopt(slack, web)
    channel = slack.channel()
    before = {one["ts"] for one in await history(web, channel)}
    bot = Bot(slack, "http", tmp_path, closed_world(tmp_path), {"SLACK_API_URL": f"{emulated.base}/api/"})
    await bot.start()
    assert (await slack.command("/diagnose 31009 javascript", slack.user("grace"), channel)).acked
    await bot.kill()
    async with serving(bot), asyncio.timeout(LIMIT):
        while not (  # noqa: ASYNC110 - it is another process that changes
            found := [one for one in await history(web, channel) if one["ts"] not in before]
        ) or FINAL not in json.dumps(found):
            await asyncio.sleep(0.1)  # the emulator tells nobody that something has changed
    assert len(found) == 1
    assert set(emulated.errors) <= UNKNOWN


async def history(web: AsyncWebClient, channel: Channel) -> list[dict[str, Any]]:
    return list((await web.conversations_history(channel=channel.id))["messages"])
