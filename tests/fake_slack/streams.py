"""Streamed messages: started, appended to, stopped; dead after five minutes or when the reader presses Stop.

What Slack does not document is as developers have measured it: recipients are needed everywhere, a chunk replaces title
and status of its card, an open stream can be neither edited nor deleted, and an edit replaces all that was streamed.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.fake_slack import limits
from tests.fake_slack.api import SlackError, method, writable
from tests.fake_slack.chat import checked, named, own, put
from tests.fake_slack.state import Message, Team

if TYPE_CHECKING:
    from tests.fake_slack.slack import FakeSlack


@method("chat.startStream", "chat:write")
def start(slack: "FakeSlack", team: Team, args: dict[str, Any]) -> dict[str, Any]:
    channel = writable(team, args)
    if not args.get("thread_ts"):
        raise SlackError(
            "invalid_arguments", response_metadata={"messages": ["missing required field: thread_ts"]}
        )
    for name in ("recipient_team_id", "recipient_user_id"):
        if not args.get(name):
            raise SlackError(f"missing_{name}")
    _check(slack, "chat.startStream", args)
    message = put(slack, team, channel, {"thread_ts": args["thread_ts"]})
    message.stream = "streaming"
    team.sessions[channel.id, message.root] = "processing"
    _add(message, args)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.appendStream", "chat:write")
def append(slack: "FakeSlack", team: Team, args: dict[str, Any]) -> dict[str, Any]:
    message = _streaming(slack, team, args)
    if not args.get("markdown_text") and not args.get("chunks"):
        raise SlackError("no_text")
    _check(slack, "chat.appendStream", args)
    _add(message, args)
    return {"channel": message.channel.id, "ts": message.ts}


@method("chat.stopStream", "chat:write")
def stop(slack: "FakeSlack", team: Team, args: dict[str, Any]) -> dict[str, Any]:
    message = _streaming(slack, team, args)
    _check(slack, "chat.stopStream", args)
    if args.get("blocks"):
        checked(slack, "chat.stopStream", {"text": message.text or "streamed", **args})
    _add(message, args)
    message.blocks = named(list(args.get("blocks") or []))
    message.metadata = args.get("metadata") or message.metadata
    message.stream = "stopped"
    status = args.get("session_status", "active")
    team.sessions[message.channel.id, message.root] = status
    return {"channel": message.channel.id, "ts": message.ts, "message": message.json()}


def _streaming(slack: "FakeSlack", team: Team, args: Mapping[str, Any]) -> Message:
    message = own(team, args)
    message.expire(slack.clock.now())
    if message.stream == "stopped_by_user":
        raise SlackError("stopped_by_user")
    if message.stream != "streaming":
        raise SlackError("message_not_in_streaming_state")
    return message


def _check(slack: "FakeSlack", name: str, args: Mapping[str, Any]) -> None:
    slack.records.outgoing[name].append(dict(args))
    if found := limits.pings(args):
        slack.records.violate(f"{name}: pings {found}")
    if wrong := limits.check_chunks(args.get("chunks") or ()):
        for sentence in wrong:
            slack.records.violate(f"{name}: {sentence}")
        raise SlackError("invalid_chunks")
    if len(str(args.get("markdown_text", ""))) > limits.MARKDOWN:
        raise SlackError("msg_too_long")


def _add(message: Message, args: Mapping[str, Any]) -> None:
    chunks = list(args.get("chunks") or ())
    message.chunks += chunks
    written = [str(args.get("markdown_text") or ""), *(str(c.get("text") or "") for c in chunks)]
    message.text = f"{message.streamed}{''.join(written)}"
    message.streamed = message.text
    message.text += "".join(f" {card['title']}" for card in message.cards().values())
