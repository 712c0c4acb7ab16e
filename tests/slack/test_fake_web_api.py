"""The fake's Web API, called with Slack's own client."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import APP_TOKEN, CLIENT_ID, CLIENT_SECRET
from tests.slack.small_app import button, modal


def client(slack: FakeSlack, token: str | None = None) -> AsyncWebClient:
    return AsyncWebClient(token=token or slack.team.token, base_url=f"{slack.base}/api/")


async def error(coroutine: object) -> str:
    with pytest.raises(SlackApiError) as caught:
        await coroutine  # type: ignore[misc]  # a coroutine
    return str(caught.value.response["error"])


async def test_post_change_and_read_a_thread(slack: FakeSlack) -> None:
    """What is posted stands in its thread, changed in place, with its metadata."""
    web, channel = client(slack), slack.channel()
    metadata = {"event_type": "run", "event_payload": {"id": "r1"}}
    first = await web.chat_postMessage(channel=channel.id, text="one", metadata=metadata)
    await web.chat_postMessage(channel=channel.id, text="two", thread_ts=first["ts"])
    await web.chat_update(channel=channel.id, ts=first["ts"], text="one, done", blocks=button("x"))
    replies = await web.conversations_replies(channel=channel.id, ts=first["ts"], include_all_metadata=True)
    assert [one["text"] for one in replies["messages"]] == ["one, done", "two"]
    assert replies["messages"][0]["metadata"]["event_payload"] == {"id": "r1"}
    assert slack.messages(channel)[0].history == ["one"]


async def test_tokens(slack: FakeSlack) -> None:
    """Only the installed workspace's token opens anything, and only the app's token a connection."""
    assert await error(client(slack, "xoxb-wrong").auth_test()) == "invalid_auth"
    assert (await client(slack).auth_test())["bot_id"] == slack.team.bot_id
    assert await error(client(slack).apps_connections_open(app_token="xapp-wrong")) == "invalid_auth"
    assert (await client(slack).apps_connections_open(app_token=APP_TOKEN))["url"].startswith("ws://")
    await client(slack).auth_revoke()
    assert await error(client(slack).auth_test()) == "account_inactive"


async def test_membership_and_scopes(slack: FakeSlack) -> None:
    """Where the bot is not it cannot post, and without a scope it is told which one is needed."""
    slack.team.scopes.discard("chat:write.public")
    outside = slack.add_channel("outside", bot=False)
    private = slack.add_channel("private", bot=False, kind="group")
    web = client(slack)
    assert await error(web.chat_postMessage(channel=outside.id, text="x")) == "not_in_channel"
    assert await error(web.chat_postMessage(channel=private.id, text="x")) == "channel_not_found"
    assert await error(web.conversations_history(channel=outside.id)) == "not_in_channel"
    slack.team.scopes.discard("files:write")
    with pytest.raises(SlackApiError) as caught:
        await web.files_upload_v2(channel=slack.channel().id, filename="a.json", content="{}")
    assert caught.value.response["needed"] == "files:write"


async def test_limits(lawless: FakeSlack) -> None:
    """What is too long or has no text is refused, with a reason, and written down."""
    web, channel = client(lawless), lawless.channel().id
    long = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]
    assert await error(web.chat_postMessage(channel=channel, text="x", blocks=long)) == "invalid_blocks"
    many = [{"type": "divider"}] * 51
    assert await error(web.chat_postMessage(channel=channel, text="x", blocks=many)) == "invalid_blocks"
    heavy = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5
    assert await error(web.chat_postMessage(channel=channel, text="x", blocks=heavy)) == "msg_blocks_too_long"
    await web.chat_postMessage(channel=channel, text="<!channel>", blocks=button("x"))
    told = "\n".join(lawless.records.violations)
    for word in ("3001 characters", "51 blocks", "msg_blocks_too_long", "pings"):
        assert word in told
    assert lawless.pings() == ["<!channel>"]


async def test_rate_limit(slack: FakeSlack) -> None:
    """More than a channel takes is put off with Retry-After, and the SDK's own handler gets it through."""
    slack.chaos.per_second, slack.chaos.burst = 1.0, 1
    web, channel = client(slack), slack.channel().id
    await web.chat_postMessage(channel=channel, text="one")
    with pytest.raises(SlackApiError) as caught:
        await web.chat_postMessage(channel=channel, text="two")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "1")
    slack.clock.advance(1)
    slack.chaos.fail("chat.postMessage", "ratelimited")
    web.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=2))
    slack.chaos.per_second, slack.chaos.retry_after = None, 0
    await web.chat_postMessage(channel=channel, text="two")
    assert [one.text for one in slack.messages()] == ["one", "two"]


async def test_streaming(slack: FakeSlack) -> None:
    """A stream takes chunks until it is stopped, dies after five minutes, and ends when a person presses Stop."""
    web, channel, ada = client(slack), slack.channel().id, slack.user("ada")
    root = await web.chat_postMessage(channel=channel, text="root")
    where = {"channel": channel, "thread_ts": root["ts"]}
    assert await error(web.chat_startStream(**where)) == "missing_recipient_team_id"
    where |= {"recipient_team_id": slack.team.id, "recipient_user_id": ada.id}
    stream = await web.chat_stream(**where)
    task = {"type": "task_update", "id": "dns", "title": "Names", "status": "complete"}
    await stream.append(chunks=[task])
    assert await error(web.chat_update(channel=channel, ts=stream.ts, text="x")) == "streaming_state_conflict"
    await stream.stop(markdown_text="done", blocks=button("x"))
    assert slack.messages()[-1].stream == "stopped"
    old = await web.chat_stream(**where)
    await old.append(chunks=[task])
    slack.clock.advance(301)
    assert await error(old.append(chunks=[task])) == "message_not_in_streaming_state"
    await web.chat_update(channel=channel, ts=old.ts, text="goes on as an update")
    third = await web.chat_stream(**where)
    await third.append(chunks=[task])
    slack.messages()[-1].stream = "stopped_by_user"
    assert await error(third.append(chunks=[task])) == "stopped_by_user"


async def test_files(slack: FakeSlack) -> None:
    """A file is uploaded in three steps into a thread; a picture needs words for those who cannot see it."""
    web, channel = client(slack), slack.channel().id
    root = await web.chat_postMessage(channel=channel, text="root")
    where = {"channel": channel, "thread_ts": root["ts"]}
    await web.files_upload_v2(**where, filename="raw.json", content='{"a": 1}', title="Raw")
    (file,) = slack.messages()[-1].files
    assert (file.content, file.title, slack.messages()[-1].thread_ts) == (b'{"a": 1}', "Raw", root["ts"])


async def test_views(slack: FakeSlack) -> None:
    """A trigger opens one form within three seconds; a home tab belongs to a person."""
    web, ada = client(slack), slack.user("ada")
    trigger = slack.trigger(ada)
    opened = await web.views_open(trigger_id=trigger, view=modal())
    assert await error(web.views_open(trigger_id=trigger, view=modal())) == "exchanged_trigger_id"
    await web.views_update(view_id=opened["view"]["id"], view=modal())
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    await web.views_publish(user_id=ada.id, view=home)
    assert slack.team.homes[ada.id].content == home


async def test_expired_trigger(lawless: FakeSlack) -> None:
    """After three seconds a trigger is worth nothing."""
    trigger = lawless.trigger(lawless.user("ada"))
    lawless.clock.advance(3.1)
    assert await error(client(lawless).views_open(trigger_id=trigger, view=modal())) == "expired_trigger_id"
    assert lawless.records.violations


# slack_sdk 3.47 uses what aiohttp 3.14 deprecates
@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
async def test_several_workspaces(slack: FakeSlack) -> None:
    """A code of OAuth is good once and gives the token of its workspace, which sees only its own channels."""
    other = slack.add_team("Other")
    other.scopes.add("users:read")
    slack.codes["code-1"] = other
    web = client(slack)
    got = await web.oauth_v2_access(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, code="code-1")
    assert got["team"]["id"] == other.id
    again = web.oauth_v2_access(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, code="code-1")
    assert await error(again) == "invalid_code"
    theirs = client(slack, got["access_token"])
    assert await error(theirs.chat_postMessage(channel=slack.channel().id, text="x")) == "channel_not_found"
    assert (await theirs.users_info(user=slack.user("ada", other).id, include_locale=True))["user"]["locale"]
