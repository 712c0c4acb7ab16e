"""What a workspace holds: people, channels, messages, views, files. It knows no rules and no network."""

import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

APP = "A0LINEMAN"
APP_TOKEN = "xapp-1-A0LINEMAN-1-fake"
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
CLIENT_ID = "1111.2222"
CLIENT_SECRET = "client-secret-of-the-fake"
MANIFEST = json.loads((Path(__file__).parents[2] / "manifest.json").read_text())
SCOPES = frozenset(MANIFEST["oauth_config"]["scopes"]["bot"])  # what the manifest asks for, and no more
STREAM_LIFE = 300.0  # seconds; slackapi/python-slack-sdk#1859

_numbers = itertools.count(1)


def new_id(letter: str) -> str:
    """An id as Slack writes them, never the same twice in a process."""
    return f"{letter}0{next(_numbers):09X}"


class Clock:
    """Seconds since 1970, which tests may put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._last = 0

    def now(self) -> float:
        return time.time() + self.ahead

    def advance(self, seconds: float) -> None:
        self.ahead += seconds

    def stamp(self) -> str:
        """A message's `ts`: later than all before it."""
        self._last = max(self._last + 1, int(self.now() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


@dataclass
class User:
    id: str
    name: str
    team: str
    locale: str = "en-US"
    zone: str = "Europe/Amsterdam"
    is_bot: bool = False
    home: str = ""  # the workspace of a person from another organization

    def profile(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "team_id": self.team,
            "name": self.name,
            "real_name": self.name.title(),
            "tz": self.zone,
            "tz_offset": 3600,
            "locale": self.locale,
            "is_bot": self.is_bot,
            "deleted": False,
            "profile": {"display_name": self.name, "real_name": self.name.title()},
        }


@dataclass
class Message:
    """One post as it stands now; `versions` is how often it was changed."""

    ts: str
    channel: "Channel" = field(repr=False)
    user: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list, repr=False)
    thread_ts: str | None = None
    metadata: dict[str, Any] | None = None
    bot: bool = False
    only_for: str | None = None  # ephemeral
    deleted: bool = False
    versions: list[float] = field(default_factory=list, repr=False)  # when posted, then when changed
    history: list[str] = field(default_factory=list, repr=False)  # the texts it had before
    stream: Literal["", "streaming", "stopped", "dead", "stopped_by_user"] = ""
    chunks: list[dict[str, Any]] = field(default_factory=list, repr=False)
    streamed: str = ""  # the text without the cards
    files: list["File"] = field(default_factory=list, repr=False)
    unfurl_id: str = ""  # under which the app was told of its links
    previews: dict[str, list[dict[str, Any]]] = field(default_factory=dict, repr=False)  # below it, by link

    @property
    def root(self) -> str:
        """The `ts` of its thread."""
        return self.thread_ts or self.ts

    def cards(self) -> dict[str, dict[str, Any]]:
        """The task cards that were streamed, each as its last chunk left it."""
        return {one["id"]: one for one in self.chunks if one.get("type") == "task_update"}

    def expire(self, now: float) -> None:
        """Let a stream die that has lived too long."""
        if self.stream == "streaming" and now - self.versions[0] > STREAM_LIFE:
            self.stream = "dead"

    def elements(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Each block with each thing in it that can be pressed or chosen."""
        for block in self.blocks:
            inside = [*block.get("elements", ()), block.get("accessory"), block.get("element")]
            yield from ((block, one) for one in inside if isinstance(one, dict) and "action_id" in one)

    def actions(self) -> list[str]:
        return [element["action_id"] for _, element in self.elements()]

    def json(self) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text}
        made |= {"team": self.channel.team, "blocks": self.blocks}
        if self.thread_ts:
            made["thread_ts"] = self.thread_ts
        if self.bot:
            made |= {"bot_id": self.channel.bot_id, "app_id": APP}
        if self.metadata:
            made["metadata"] = self.metadata
        if self.stream:
            made["streaming_state"] = "in_progress" if self.stream == "streaming" else "completed"
        if self.files:
            made["files"] = [file.json() for file in self.files]
        return made


@dataclass
class Channel:
    id: str
    name: str
    team: str
    bot_id: str
    kind: Literal["channel", "group", "im", "mpim"] = "channel"
    members: set[str] = field(default_factory=set)
    archived: bool = False
    messages: dict[str, Message] = field(default_factory=dict, repr=False)

    def thread(self, ts: str) -> list[Message]:
        """The post and its replies, oldest first."""
        return [one for one in self.posts() if one.root == ts]

    def posts(self) -> list[Message]:
        """What everybody can read, oldest first."""
        return [one for one in self.messages.values() if not one.deleted and one.only_for is None]


@dataclass
class File:
    id: str
    name: str
    length: int
    alt: str = ""
    title: str = ""
    content: bytes = field(default=b"", repr=False)
    shared: bool = False

    def json(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "title": self.title or self.name, "size": self.length}


@dataclass
class View:
    id: str
    team: str
    user: str
    content: dict[str, Any] = field(repr=False)
    root: str = ""
    hash: str = ""

    def json(self) -> dict[str, Any]:
        ids = {"id": self.id, "team_id": self.team, "hash": self.hash, "root_view_id": self.root or self.id}
        more = {"app_id": APP, "bot_id": "B0", "previous_view_id": None, "state": {"values": {}}}
        return {**more, **self.content, **ids}

    def inputs(self) -> dict[str, dict[str, Any]]:
        """What can be filled in, by its block."""
        blocks = enumerate(self.content.get("blocks", ()))
        return {
            block.get("block_id", f"b{at}"): block["element"] for at, block in blocks if "element" in block
        }


@dataclass
class Execution:
    """One run of a step of a workflow."""

    id: str
    step: str
    state: Literal["running", "completed", "failed"] = "running"
    outputs: dict[str, Any] = field(default_factory=dict)
    error: str = ""


@dataclass
class Team:
    """One workspace that has installed the app."""

    id: str
    name: str
    bot: str
    bot_id: str
    token: str
    scopes: set[str]
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)  # user groups, by id
    handles: dict[str, str] = field(default_factory=dict)  # of the user groups, by id
    homes: dict[str, View] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    installed: bool = True
    enterprise: str = ""  # the organisation it belongs to
    org_wide: bool = False  # whether the app is installed in all of that
    lives: int = 0  # seconds that tokens are good for; 0: for ever
    refresh: str = ""
    tokens: dict[str, float] = field(default_factory=dict, repr=False)  # those still known, until when
    sessions: dict[tuple[str, str], str] = field(default_factory=dict)  # status, by channel and thread
    titles: dict[tuple[str, str], str] = field(default_factory=dict)  # of the sessions
    executions: dict[str, Execution] = field(default_factory=dict)  # of steps of workflows, by id

    def find(self, channel: str) -> Channel | None:
        """A channel by its id, or the direct messages with a user by theirs."""
        if channel in self.users:
            return self.direct(channel)
        return self.channels.get(channel)

    def direct(self, user: str) -> Channel:
        """The direct messages between the bot and *user*."""
        for channel in self.channels.values():
            if channel.kind == "im" and {user, self.bot} <= channel.members:
                return channel
        made = Channel(new_id("D"), "directmessage", self.id, self.bot_id, "im", {user, self.bot})
        self.channels[made.id] = made
        return made
