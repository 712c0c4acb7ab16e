"""chat.*: posting, changing, deleting, and what is refused."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from tests.fake_slack import limits
from tests.fake_slack.api import SlackError, channel_of, method, room_of, writable
from tests.fake_slack.state import Channel, Message, Team

if TYPE_CHECKING:
    from tests.fake_slack.slack import FakeSlack

PACE: Final = 0.8  # seconds between two changes of a message; asked for is one, some of it is lost on the way


@method("chat.postMessage", "chat:write")
def post(slack: "FakeSlack", team: Team, args: dict[str, Any]) -> dict[str, Any]:
    channel = writable(team, args)
    if slack.chaos.too_many(channel.id, slack.clock):
        raise SlackError("ratelimited")
    checked(slack, "chat.postMessage", args)
    message = put(slack, team, channel, args)
    return {"channel": channel.id, "ts": message.ts, "message": message.json()}


@method("chat.postEphemeral", "chat:write")
def whisper(slack: "FakeSlack", team: Team, args: dict[str, Any]) -> dict[str, Any]:
    channel = writable(team, args)
    if args.get("user") not in channel.members:
        raise SlackError("user_not_in_channel")
    checked(slack, "chat.postEphemeral", args)
    message = put(slack, team, channel, args, only_for=str(args["user"]))
    return {"message_ts": message.ts}


@method("chat.update", "chat:write")
def update(slack: "FakeSlack", team: Team, args: dict[str, Any]) -> dict[str, Any]:
    message = own(team, args)
    message.expire(slack.clock.now())
    if message.stream == "streaming":
        raise SlackError("streaming_state_conflict")
    if message.versions and slack.clock.now() - message.versions[-1] < PACE and len(message.versions) > 1:
        gap = slack.clock.now() - message.versions[-1]
        slack.records.violate(f"pace: {message.ts} changed {gap:.2f} s after the last change")
    checked(slack, "chat.update", args)
    change(slack, message, args)
    return {"channel": message.channel.id, "ts": message.ts, "text": message.text, "message": message.json()}


@method("chat.delete", "chat:write")
def delete(slack: "FakeSlack", team: Team, args: dict[str, Any]) -> dict[str, Any]:
    message = own(team, args)
    if message.stream == "streaming":
        raise SlackError("cant_delete_message")
    message.deleted = True
    slack.echo(message, "message_deleted")
    return {"channel": message.channel.id, "ts": message.ts}


@method("chat.getPermalink")
def permalink(slack: "FakeSlack", team: Team, args: dict[str, Any]) -> dict[str, Any]:
    channel = channel_of(team, args)
    ts = str(args.get("message_ts", ""))
    if ts not in channel.messages:
        raise SlackError("message_not_found")
    return {"channel": channel.id, "permalink": f"https://acme.slack.example/archives/{channel.id}/p{ts}"}


def own(team: Team, args: Mapping[str, Any]) -> Message:
    """A message of the bot's own, by channel and ts."""
    channel = room_of(team, args)
    message = channel.messages.get(str(args.get("ts", "")))
    if message is None or message.deleted or message.only_for:
        raise SlackError("message_not_found")
    if message.user != team.bot:
        raise SlackError("cant_update_message")
    return message


def checked(slack: "FakeSlack", name: str, args: Mapping[str, Any]) -> None:
    """Refuse what Slack refuses, and record what the app should not send."""
    slack.records.outgoing[name].append(dict(args))
    if slack.judges_later:
        return
    wrong = judge(slack, name, args)
    if any(sentence.startswith("msg_blocks_too_long") for sentence in wrong):
        raise SlackError("msg_blocks_too_long")
    if any(sentence.startswith("metadata_too_large") for sentence in wrong):
        raise SlackError("metadata_too_large")
    if not args.get("text") and not args.get("blocks"):
        raise SlackError("no_text")
    if refused := [sentence for sentence in wrong if not sentence.startswith(("text:", "no text"))]:
        raise SlackError(
            "invalid_blocks", response_metadata={"messages": [f"[ERROR] {one}" for one in refused]}
        )


def judge(slack: "FakeSlack", name: str, args: Mapping[str, Any]) -> list[str]:
    """Record everything wrong with a message, and return what Slack itself would refuse."""
    if found := limits.pings(args):
        slack.records.violate(f"{name}: pings {found}")
    wrong = limits.check_message(args)
    for sentence in wrong:
        slack.records.violate(f"{name}: {sentence}")
    return wrong


def put(
    slack: "FakeSlack", team: Team, channel: Channel, args: Mapping[str, Any], only_for: str | None = None
) -> Message:
    """Put a message of the bot's into *channel*."""
    thread = str(args["thread_ts"]) if args.get("thread_ts") else None
    if thread and only_for is None and thread not in channel.messages:
        raise SlackError("thread_not_found")
    message = Message(
        ts=slack.clock.stamp(),
        channel=channel,
        user=team.bot,
        text=str(args.get("text") or args.get("markdown_text") or ""),
        blocks=named(list(args.get("blocks") or [])),
        thread_ts=thread,
        metadata=args.get("metadata"),
        bot=True,
        only_for=only_for,
        versions=[slack.clock.now()],
    )
    channel.messages[message.ts] = message
    if only_for is None:
        slack.echo(message)
    return message


def change(slack: "FakeSlack", message: Message, args: Mapping[str, Any]) -> None:
    """Change what *args* name; a change of the text alone takes the blocks away."""
    message.history.append(message.text)
    message.versions.append(slack.clock.now())
    if "text" in args or "blocks" in args:
        message.text = str(args.get("text", message.text))
        message.blocks = named(list(args.get("blocks") or []))
    if args.get("metadata"):
        message.metadata = args["metadata"]
    slack.echo(message, "message_changed")


def named(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each block an id, as Slack does."""
    return [{"block_id": f"b{number}", **block} for number, block in enumerate(blocks)]
