"""Files that people share: the message, what the API tells of the file, and its content for whoever has the token."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fake_slack.api import SlackError, method
from tests.fake_slack.state import Channel, File, Message, Team, User, new_id

if TYPE_CHECKING:
    from tests.fake_slack.slack import FakeSlack


async def share(
    slack: "FakeSlack",
    name: str,
    content: bytes,
    user: User,
    channel: Channel,
    thread: str | None = None,
    text: str = "",
    at: str = "",
) -> Message:
    """Upload a file with a message, in a thread or not; the app hears of it. It lies at Slack, or *at* a place."""
    team = slack.teams[user.team]
    file = File(new_id("F"), name, len(content), content=content, shared=True)
    slack.files[file.id] = file
    slack.elsewhere |= {file.id: at} if at else {}
    message = slack.paste(text, user, channel, thread)
    message.files.append(file)
    event = {**message.json(), "channel": channel.id, "channel_type": channel.kind, "subtype": "file_share"}
    await slack._event(team, {**event, "event_ts": message.ts})
    return message


@method("files.info", "files:read")
def info(slack: "FakeSlack", team: Team, args: dict[str, Any]) -> dict[str, Any]:
    file = slack.files.get(str(args.get("file") or ""))
    if file is None:
        raise SlackError("file_not_found")
    rooms = [
        one for one in team.channels.values() if any(file in post.files for post in one.messages.values())
    ]
    where = [one.id for one in rooms if one.kind != "im"]
    direct = [one.id for one in rooms if one.kind == "im"]
    url = slack.elsewhere.get(file.id) or f"{slack.base}/files-pri/{file.id}/{file.name}"
    return {"file": {**file.json(), "channels": where, "groups": [], "ims": direct, "url_private": url}}


async def serve(slack: "FakeSlack", request: web.Request) -> web.Response:
    """Give the content, or the page to sign in, which Slack sends with 200 too."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    file = slack.files[request.match_info["id"]]
    team = next((one for one in slack.teams.values() if one.token == token), None)
    if team is None or "files:read" not in team.scopes:
        return web.Response(text="<html>Sign in</html>", content_type="text/html")
    return web.Response(body=file.content, content_type="application/octet-stream")
