"""The user, channel, and thread of a Slack interaction, in one form for commands, events, and buttons.

No network. Reads the clock once per actor, because Slack opens a modal only within 3 seconds of the trigger.
"""

import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

# Seconds. Slack rejects a trigger after 3 seconds, and the call itself takes time.
TRIGGER_LIVES: Final = 2.0
# The actor of a workflow's step: Slack does not say who runs it, so this is nobody's id. Rules can name it.
WORKFLOW: Final = "workflow"
# When the current request arrived (monotonic clock), before Bolt handled it; set by AckPriority.
ARRIVED: Final[ContextVar[float]] = ContextVar("arrived", default=0.0)


@dataclass(frozen=True, slots=True)
class Actor:
    """One user in one channel or thread."""

    team: str
    user: str
    channel: str = ""  # empty in a modal or on the App Home
    thread: str = ""  # timestamp of the thread's first message, if any
    message: str = ""  # timestamp of the message that was written or whose button was pressed
    response_url: str = ""
    trigger: str = ""
    enterprise: str = ""
    channel_type: str = ""
    home: str = (
        ""  # Slack Connect: the workspace or organization of a person from outside; empty for our own people
    )
    private: bool = False  # the message is visible to this user only, so the reply must be, too
    arrived: float = field(
        default_factory=lambda: ARRIVED.get() or time.monotonic(), compare=False
    )  # seconds, monotonic clock

    @property
    def late(self) -> bool:
        """Whether the request's trigger is too old to open a modal."""
        return time.monotonic() - self.arrived > TRIGGER_LIVES

    @property
    def direct(self) -> bool:
        """Whether this is a direct message to the bot."""
        return self.channel_type == "im" or self.channel.startswith("D")

    @property
    def in_direct_messages(self) -> bool:
        """Whether this is a direct message, to the bot or between people."""
        return self.direct or self.channel_type == "mpim"


def of_command(body: Mapping[str, Any]) -> Actor:
    """Read the actor of a slash command; Slack does not offer slash commands in threads."""
    return Actor(
        team=_text(body, "team_id"),
        user=_text(body, "user_id"),
        channel=_text(body, "channel_id"),
        response_url=_text(body, "response_url"),
        trigger=_text(body, "trigger_id"),
        enterprise=_text(body, "enterprise_id"),
        channel_type=_kind_of(_text(body, "channel_name")),
    )


def of_interaction(body: Mapping[str, Any]) -> Actor:
    """Read the actor of a button, select, shortcut, or modal."""
    team, user, channel = (_inner(body, name) for name in ("team", "user", "channel"))
    message, container = _inner(body, "message"), _inner(body, "container")
    stamp = _text(message, "ts") or _text(container, "message_ts")
    return Actor(
        team=_text(team, "id") or _text(user, "team_id"),
        user=_text(user, "id"),
        channel=_text(channel, "id") or _text(container, "channel_id"),
        thread=_text(message, "thread_ts") or _text(container, "thread_ts"),
        message=stamp,
        response_url=_text(body, "response_url"),
        trigger=_text(body, "trigger_id"),
        enterprise=_text(_inner(body, "enterprise"), "id"),
        channel_type=_kind_of(_text(channel, "name")),
        private=container.get("is_ephemeral") is True,
        home=_text(user, "team_id") if _is_foreign(body, user, team) else "",
    )


def _kind_of(name: str) -> str:
    """Recognize group direct messages by the name that Slack gives them; other names say nothing."""
    return "mpim" if name.startswith("mpdm-") else ""


def _is_foreign(body: Mapping[str, Any], user: Mapping[str, Any], team: Mapping[str, Any]) -> bool:
    """Whether a person belongs to another workspace; in an organization with several, that says nothing."""
    home = _text(user, "team_id")
    return bool(home and _text(team, "id")) and home != _text(team, "id") and not _inner(body, "enterprise")


def of_event(body: Mapping[str, Any]) -> Actor:
    """Read the actor of an Events API event: a message, a mention, or an opened tab."""
    event = _inner(body, "event")
    home = _outside(body, event)
    # From outside, the event may name the other workspace; the authorization names the one that Lineman is in.
    installed = _text(_first(body, "authorizations"), "team_id") if home else ""
    return Actor(
        team=installed or _text(body, "team_id") or _text(event, "team"),
        user=_text(event, "user"),
        channel=_text(event, "channel"),
        thread=_text(event, "thread_ts"),
        message=_text(event, "ts"),
        enterprise=_text(_first(body, "authorizations"), "enterprise_id") or _text(body, "enterprise_id"),
        channel_type=_text(event, "channel_type"),
        home=home,
    )


def _outside(body: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """Return the workspace or organization of a person who does not belong to ours; empty if that is not known.

    An organization has several workspaces, and an event does not list them: there, only another organization counts.
    """
    granted, home = _first(body, "authorizations"), _text(event, "user_team")
    if not home and body.get("is_ext_shared_channel") is True:
        home = _text(event, "team")  # the author's workspace, if the event does not name it separately
    organization = _text(granted, "enterprise_id") or _text(body, "enterprise_id")
    ours = {organization, _text(granted, "team_id") or _text(body, "team_id")}
    unsure = organization and not home.startswith("E")
    return "" if unsure or home in ours else home


def delivery_id(body: Mapping[str, Any]) -> str:
    """Return an id that is the same when Slack delivers *body* again; empty if there is none."""
    event = _inner(body, "event")
    if event:
        return _text(body, "event_id") or f"{_text(event, 'channel')} {_text(event, 'ts')}".strip()
    pressed = _pressed(body)
    return _text(body, "trigger_id") or f"{_text(pressed, 'action_id')} {_text(pressed, 'action_ts')}".strip()


def stamp_of(body: Mapping[str, Any]) -> str:
    """Return Slack's timestamp of the message or action, by which deliveries are ordered; empty if none."""
    event = _inner(body, "event")
    return _text(event, "ts") or _text(_pressed(body), "action_ts") or _text(body, "action_ts")


def _pressed(body: Mapping[str, Any]) -> Mapping[str, Any]:
    actions = body.get("actions")
    return actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], dict) else {}


def _inner(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def _first(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    values = body.get(name)
    return values[0] if isinstance(values, list) and values and isinstance(values[0], Mapping) else {}


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""
