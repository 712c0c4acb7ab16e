"""What the store keeps, as values: cases, runs, posts.

Pure: no database, no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from bot.model.request import Request

RUNNING: Final = "running"
Ended: TypeAlias = Literal["done", "stopped", "lost", "failed"]
FeedbackVerdict: TypeAlias = Literal["right", "wrong"]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One Slack thread: where it stands, who asked, and for what."""

    id: str
    team: str
    channel: str
    user: str  # who asked
    request: Request  # as it stands after the last follow-up
    thread_ts: str = ""  # empty until the first message is posted
    message_ts: str = ""  # the message that is updated in place
    locale: str = ""
    created: float = 0.0  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of a case."""

    id: str  # short, speakable
    case: str
    vantages: Mapping[str, str]  # every relay that looks, in the order asked for, and where it stands
    request: Request
    knowledge: str  # the digest of the knowledge that decides
    network: str  # its id
    started: float  # seconds since the epoch
    status: str = RUNNING  # or one of `Ended`
    ended: float | None = None
    outcome: str = ""  # found, clear or unclear, once it is done
    summary: Mapping[str, Any] = field(default_factory=dict)  # what replies show without walking again

    @property
    def relays(self) -> tuple[str, ...]:
        """From where it looks."""
        return tuple(self.vantages)


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A request that was accepted, and is neither begun nor answered yet."""

    team: str
    event: str  # the delivery's id
    way: str  # by which it came in
    asker: Mapping[str, str]  # who and where: ids of Slack's
    said: Mapping[str, str]  # redacted
    turn: str = ""  # what shares a turn is answered in the order of its stamps
    stamp: str = ""
    received: float = 0.0  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class PostRow:
    """A message that Slack is owed: `version` is what it should show, `sent` what it shows."""

    key: str  # one message, for ever: such as the run's id and what the message is
    run: str
    team: str
    channel: str
    thread_ts: str
    payload: Mapping[str, Any]  # what the caller needs to make the message
    message_ts: str = ""  # known once it is posted; empty: post it, else: update it
    version: int = 1
    sent: int = 0
    created: float = 0.0

    @property
    def due(self) -> bool:
        """Whether Slack shows less than it should."""
        return self.sent < self.version
