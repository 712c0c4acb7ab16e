"""Who asks, where, and how they can be answered: the same for every way in.

No network. It looks at the clock once: windows open within three seconds or not at all.
"""

import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

# Seconds: Slack refuses a trigger after three, and the call takes its time too.
TRIGGER_LIVES: Final = 2.0
# When the request at hand came in, before Bolt looked at it; the door notes it.
ARRIVED: Final[ContextVar[float]] = ContextVar("arrived", default=0.0)


@dataclass(frozen=True, slots=True)
class Actor:
    """One person in one place."""

    team: str
    user: str
    channel: str = ""  # empty in a form or on the App Home
    thread: str = ""  # timestamp of the thread's first message, where there is one
    message: str = ""  # timestamp of the message that was written or pressed
    response_url: str = ""
    trigger: str = ""
    enterprise: str = ""
    channel_type: str = ""
    private: bool = False  # what was pressed is visible to this person alone, and so is the answer
    arrived: float = field(
        default_factory=lambda: ARRIVED.get() or time.monotonic(), compare=False
    )  # seconds

    @property
    def late(self) -> bool:
        """Whether the trigger that came with the request is too old to open a window."""
        return time.monotonic() - self.arrived > TRIGGER_LIVES

    @property
    def direct(self) -> bool:
        """Whether this is a direct message with the bot."""
        return self.channel_type == "im" or self.channel.startswith("D")


def of_command(body: Mapping[str, Any]) -> Actor:
    """Read who typed a slash command; commands cannot be typed in threads."""
    return Actor(
        team=_text(body, "team_id"),
        user=_text(body, "user_id"),
        channel=_text(body, "channel_id"),
        response_url=_text(body, "response_url"),
        trigger=_text(body, "trigger_id"),
        enterprise=_text(body, "enterprise_id"),
    )


def of_interaction(body: Mapping[str, Any]) -> Actor:
    """Read who pressed, chose or sent something: buttons, shortcuts and forms."""
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
        private=container.get("is_ephemeral") is True,
    )


def of_event(body: Mapping[str, Any]) -> Actor:
    """Read who wrote a message or opened a tab."""
    event = _inner(body, "event")
    return Actor(
        team=_text(body, "team_id") or _text(event, "team"),
        user=_text(event, "user"),
        channel=_text(event, "channel"),
        thread=_text(event, "thread_ts"),
        message=_text(event, "ts"),
        enterprise=_text(_first(body, "authorizations"), "enterprise_id") or _text(body, "enterprise_id"),
        channel_type=_text(event, "channel_type"),
    )


def delivery_id(body: Mapping[str, Any]) -> str:
    """Name a delivery so that it is known again when it comes twice; empty if it cannot be named."""
    event = _inner(body, "event")
    if event:
        return _text(body, "event_id") or f"{_text(event, 'channel')} {_text(event, 'ts')}".strip()
    pressed = _pressed(body)
    return _text(body, "trigger_id") or f"{_text(pressed, 'action_id')} {_text(pressed, 'action_ts')}".strip()


def stamp_of(body: Mapping[str, Any]) -> str:
    """Give Slack's timestamp of what was said, pressed or sent; by these, one thing came before another."""
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
