"""One thing that somebody asked for, as Slack delivered it: the way it came in, who asked, what was said.

No network and no store: what the work at hand answers is told by one variable, `ANSWERING`.
"""

import hashlib
import secrets
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bot.errors import UsageError
from bot.slack.api.actor import Actor, delivery_id, stamp_of


@dataclass
class InboundEvent:
    """It is answered once."""

    way: str  # a name in `listeners.routes.HANDLERS`
    actor: Actor
    id: str  # the same however often Slack brings it
    fields: Mapping[str, str]
    thread: str = ""  # what shares a turn is answered in order
    stamp: str = ""  # Slack's timestamp of what was said
    again: bool = False  # it had begun to be answered, perhaps
    suspect: bool = False  # and a process ended over it, perhaps
    received: float = field(default_factory=time.time)  # seconds since the epoch
    _replies: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """What it goes by in the inbox."""
        return self.actor.team, self.id

    def reply_key(self) -> str:
        """Name the next reply to it, so that it is known again after a restart; ids of Slack's are not given away."""
        self._replies += 1
        text = hashlib.sha256(" ".join(self.key).encode()).hexdigest()
        return f"{text[:20]}-{self._replies}"


# The delivery that is being answered, where there is one.
CURRENT_EVENT: Final[ContextVar[InboundEvent | None]] = ContextVar("answering", default=None)


def make_event(
    way: str, asker: Actor, body: Mapping[str, Any], fields: Mapping[str, str], *, ordered: bool = True
) -> InboundEvent:
    """Make the delivery of *body*; what is *ordered* is answered in order with what else is said in its thread."""
    event = InboundEvent(way, asker, delivery_id(body) or f"unnamed {secrets.token_hex(8)}", fields)
    turn = thread_key(asker) if ordered else ""
    return replace(event, thread=turn, stamp=stamp_of(body)) if turn else event


def thread_key(asker: Actor) -> str:
    """Name the thread in which *asker* spoke; a message outside of threads may begin one. Empty outside of channels."""
    root = asker.thread or asker.message
    return f"thread {asker.channel} {root}" if asker.channel and root else ""


class NoWindowError(UsageError):
    """A window could not be opened in the time that Slack gives for it."""
