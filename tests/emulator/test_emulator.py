"""The emulator behind the shim takes what Slack's own client sends, and agrees with our fake on the same story."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.emulator.shim import Shim
from tests.fake_slack.slack import FakeSlack
from tests.slack.small_app import button, modal

TOKEN = "xoxb-emulated-lineman"


async def story(web: AsyncWebClient, channel: str, trigger: str) -> list[Any]:
    """Post, change, answer in the thread, upload, open a form twice; gives what anybody can see of it."""
    metadata = {"event_type": "run", "event_payload": {"id": "r1"}}
    first = await web.chat_postMessage(channel=channel, text="looking", blocks=button("1"), metadata=metadata)
    await web.chat_update(channel=channel, ts=first["ts"], text="found", blocks=button("2"))
    await web.chat_postMessage(channel=channel, text="why", thread_ts=first["ts"])
    where = {"channel": channel, "thread_ts": first["ts"]}
    await web.files_upload_v2(**where, filename="raw.json", content="{}", title="Raw")
    opened = await web.views_open(trigger_id=trigger, view=modal())
    await web.views_update(view_id=opened["view"]["id"], view=modal())
    with pytest.raises(SlackApiError) as caught:
        await web.views_open(trigger_id=trigger, view=modal())
    replies = await web.conversations_replies(channel=channel, ts=first["ts"])
    texts = [one["text"] for one in replies["messages"] if not one.get("files")]
    files = [file["name"] for one in replies["messages"] for file in one.get("files", [])]
    value = replies["messages"][0]["blocks"][1]["elements"][0]["value"]
    return [texts, files, value, opened["view"]["callback_id"], caught.value.response["error"]]


async def test_same_story(emulated: Shim, slack: FakeSlack) -> None:
    """What our fake shows after a story, the emulator shows too."""
    theirs = AsyncWebClient(token=TOKEN, base_url=f"{emulated.base}/api/")
    channels = (await theirs.conversations_list())["channels"]
    there = next(one["id"] for one in channels if one["name"] == "support")
    trigger = (await theirs.api_call("views.generateTriggerId", data={}))["trigger_id"]
    ours = AsyncWebClient(token=slack.team.token, base_url=f"{slack.base}/api/")
    here = await story(ours, slack.channel().id, slack.trigger(slack.user("ada")))
    assert await story(theirs, there, trigger) == here
    assert emulated.errors == ["views.open: exchanged_trigger_id"]
