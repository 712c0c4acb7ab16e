"""InboundEvent: one event as Slack delivered it, with its kind, actor, and text.

No network, no store. `CURRENT_EVENT` holds the event that the current task handles.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Coroutine, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bot.errors import UsageError
from bot.slack.api.actor import Actor, delivery_id, stamp_of


@dataclass
class Attempts:
    """What the attempts to handle one event have done in this process, so that the next one does not do it again."""

    started: bool = False  # its run is stored; what follows cannot fail the event any more
    said: set[str] = field(default_factory=set)  # private replies
    counted: set[str] = field(default_factory=set)  # limits in which it counts
    # Tasks, by name, that end a run which may have been stored and will not begin; they follow the reply.
    undo: dict[str, Callable[[], Coroutine[Any, Any, None]]] = field(default_factory=dict)


@dataclass
class InboundEvent:
    """One event from Slack, handled once."""

    way: str  # a name in `listeners.routes.HANDLERS`
    actor: Actor
    id: str  # the same for every delivery of this event
    fields: Mapping[str, str]
    thread: str = ""  # events with the same value are handled in order
    stamp: str = ""  # Slack's timestamp of the message or action
    again: bool = False  # handling may have started before
    suspect: bool = False  # the process may have crashed while handling it
    received: float = field(default_factory=time.time)  # Unix time in seconds
    stored: bool = True  # in the inbox, until it is answered or its run is stored
    attempts: Attempts = field(default_factory=Attempts)
    _replies: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """The key of the event in the inbox: workspace and id."""
        return self.actor.team, self.id

    def repeated(self) -> "InboundEvent":
        """Return the event for another attempt, whose replies have the same keys."""
        return replace(self, again=True, _replies=0)

    def reply_key(self) -> str:
        """Return a key for the next reply, stable across restarts; a hash, so that Slack's ids are not disclosed."""
        self._replies += 1
        text = hashlib.sha256(" ".join(self.key).encode()).hexdigest()
        return f"{text[:20]}-{self._replies}"


# The event that the current task handles; None outside of events.
CURRENT_EVENT: Final[ContextVar[InboundEvent | None]] = ContextVar("answering", default=None)


def make_event(
    way: str, asker: Actor, body: Mapping[str, Any], fields: Mapping[str, str], *, ordered: bool = True
) -> InboundEvent:
    """Make the event for *body*; if *ordered*, it is handled in order with other events in its thread."""
    event = InboundEvent(way, asker, delivery_id(body) or f"unnamed {secrets.token_hex(8)}", fields)
    turn = thread_key(asker) if ordered else ""
    return replace(event, thread=turn, stamp=stamp_of(body)) if turn else event


def thread_key(asker: Actor) -> str:
    """Return the key of the actor's thread, which a message outside threads may start; empty outside channels."""
    root = asker.thread or asker.message
    return f"thread {asker.channel} {root}" if asker.channel and root else ""


class NoWindowError(UsageError):
    """The modal could not be opened before Slack's trigger expired."""
