"""Everything else of the Web API that Lineman calls: auth, people, conversations, files, agent surfaces."""

from typing import TYPE_CHECKING, Any

from tests.fake_slack.api import SlackError, channel_of, method, room_of, truth, writable
from tests.fake_slack.chat import named
from tests.fake_slack.state import APP, Channel, File, Message, Team, new_id

if TYPE_CHECKING:
    from tests.fake_slack.slack import FakeSlack

Args = dict[str, Any]


@method("api.test", token="none")
def api_test(slack: "FakeSlack", team: Team, args: Args) -> Args:
    return {"args": args}


@method("auth.test")
def auth_test(slack: "FakeSlack", team: Team, args: Args) -> Args:
    who = {"user_id": team.bot, "user": "lineman", "bot_id": team.bot_id, "app_id": APP}
    if team.org_wide:  # the token is not one workspace's
        who |= {"enterprise_id": team.enterprise, "is_enterprise_install": True}
        return {
            **who,
            "team_id": team.enterprise,
            "team": "Org",
            "url": "https://org.enterprise.slack.example/",
        }
    return {**who, "team_id": team.id, "team": team.name, "url": "https://acme.slack.example/"}


@method("auth.revoke")
def revoke(slack: "FakeSlack", team: Team, args: Args) -> Args:
    if not truth(args.get("test")):
        team.installed = False
    return {"revoked": not team.installed}


@method("apps.connections.open", token="app")
def connect(slack: "FakeSlack", team: Team, args: Args) -> Args:
    return {"url": slack.socket.invite()}


@method("users.info", "users:read")
def user(slack: "FakeSlack", team: Team, args: Args) -> Args:
    found = team.users.get(str(args.get("user", "")))
    if found is None:
        raise SlackError("user_not_found")
    profile = found.profile()
    if not truth(args.get("include_locale")):
        del profile["locale"]
    return {"user": profile}


@method("usergroups.users.list", "usergroups:read")
def group(slack: "FakeSlack", team: Team, args: Args) -> Args:
    members = team.groups.get(str(args.get("usergroup", "")))
    if members is None:
        raise SlackError("no_such_subteam")
    return {"users": sorted(members)}


@method("usergroups.list", "usergroups:read")
def groups(slack: "FakeSlack", team: Team, args: Args) -> Args:
    return {"usergroups": [{"id": one, "handle": team.handles.get(one, one.lower())} for one in team.groups]}


@method("conversations.info", "channels:read", "groups:read", "im:read", "mpim:read")
def info(slack: "FakeSlack", team: Team, args: Args) -> Args:
    return {"channel": _about(team, channel_of(team, args))}


@method("conversations.open", "im:write", "mpim:write")
def open_direct(slack: "FakeSlack", team: Team, args: Args) -> Args:
    users = args.get("users", "")
    names = users if isinstance(users, list) else str(users).split(",")
    if names[0] not in team.users:
        raise SlackError("user_not_found")
    return {"channel": _about(team, team.direct(names[0]))}


@method("conversations.join", "channels:join")
def join(slack: "FakeSlack", team: Team, args: Args) -> Args:
    channel = channel_of(team, args)
    channel.members.add(team.bot)
    return {"channel": _about(team, channel)}


@method("conversations.members", "channels:read", "groups:read", "im:read", "mpim:read")
def members(slack: "FakeSlack", team: Team, args: Args) -> Args:
    return {"members": sorted(channel_of(team, args).members)}


@method("conversations.replies", "channels:history", "groups:history", "im:history", "mpim:history")
def replies(slack: "FakeSlack", team: Team, args: Args) -> Args:
    found = readable(team, args).thread(str(args.get("ts", "")))
    if not found:
        raise SlackError("thread_not_found")
    return _page(found, args)


@method("conversations.history", "channels:history", "groups:history", "im:history", "mpim:history")
def history(slack: "FakeSlack", team: Team, args: Args) -> Args:
    return _page([one for one in readable(team, args).posts() if one.root == one.ts][::-1], args)


@method("reactions.add", "reactions:write")
def react(slack: "FakeSlack", team: Team, args: Args) -> Args:
    channel = channel_of(team, args)
    if str(args.get("timestamp", "")) not in channel.messages:
        raise SlackError("message_not_found")
    return {}


@method("files.getUploadURLExternal", "files:write")
def upload_url(slack: "FakeSlack", team: Team, args: Args) -> Args:
    file = File(new_id("F"), str(args["filename"]), int(args["length"]), str(args.get("alt_txt") or ""))
    slack.files[file.id] = file
    if file.name.lower().endswith((".png", ".jpg", ".gif")) and not file.alt.strip():
        slack.records.violate(f"files.getUploadURLExternal: {file.name} without alt_txt")
    if len(file.alt) > 1000:
        raise SlackError("alt_txt_too_large")
    if file.length < 1:
        raise SlackError("invalid_arguments")
    return {"upload_url": f"{slack.base}/upload/{file.id}", "file_id": file.id}


@method("files.completeUploadExternal", "files:write")
def complete(slack: "FakeSlack", team: Team, args: Args) -> Args:
    files = [slack.files[one["id"]] for one in args.get("files") or () if one.get("id") in slack.files]
    if not files or any(len(file.content) != file.length for file in files):
        raise SlackError("file_not_found")
    for file, given in zip(files, args["files"], strict=True):
        file.title, file.shared = str(given.get("title") or file.name), True
    if args.get("channel_id") or args.get("channels"):
        channel = writable(team, {"channel": args.get("channel_id") or args["channels"]})
        text = str(args.get("initial_comment") or "")
        thread = str(args["thread_ts"]) if args.get("thread_ts") else None
        message = Message(
            slack.clock.stamp(), channel, team.bot, text, named([]), thread, bot=True, files=files
        )
        message.versions.append(slack.clock.now())
        channel.messages[message.ts] = message
    return {"files": [file.json() for file in files]}


@method("assistant.threads.setStatus", "chat:write", "assistant:write")
@method("assistant.threads.setSuggestedPrompts", "assistant:write", "chat:write")
@method("assistant.threads.setTitle", "assistant:write", "chat:write")
def assistant(slack: "FakeSlack", team: Team, args: Args) -> Args:
    channel_of(team, args, "channel_id")
    if len(args.get("loading_messages") or ()) > 10:
        raise SlackError("invalid_arguments")
    if "prompts" in args and "thread_ts" in args:
        slack.records.violate("an agent's prompts with a thread_ts: Slack drops them without a word")
    return {}


@method("agents.sessions.setStatus", "chat:write")
def session(slack: "FakeSlack", team: Team, args: Args) -> Args:
    channel, thread = channel_of(team, args, "channel_id"), str(args.get("thread_ts", ""))
    known = args.get("status") in ("active", "processing", "suspended", "closed")
    if not known or not thread or len(str(args.get("title", ""))) > 200:
        raise SlackError("invalid_arguments")
    if thread not in channel.messages:
        raise SlackError("thread_not_found")
    place = channel.id, thread
    if place not in team.sessions:
        team.titles[place] = str(args.get("title", "")).replace(":", "_")
    team.sessions[place] = str(args["status"])
    return {"status": args["status"], "title": team.titles.get(place, "")}


def readable(team: Team, args: Args) -> Channel:
    """The channel, if the bot may read what is written there."""
    channel = room_of(team, args)
    if team.bot not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _about(team: Team, channel: Channel) -> Args:
    kinds = {f"is_{kind}": channel.kind == kind for kind in ("channel", "group", "im", "mpim")}
    about = {"id": channel.id, "name": channel.name, "is_archived": channel.archived, **kinds}
    return {**about, "is_member": team.bot in channel.members, "is_private": channel.kind != "channel"}


def _page(messages: list[Message], args: Args) -> Args:
    shown = [message.json() for message in messages[: int(args.get("limit", 100))]]
    if not truth(args.get("include_all_metadata")):
        for one in shown:
            one.pop("metadata", None)
    return {"messages": shown, "has_more": len(messages) > len(shown)}
