"""Define the stored values: cases, runs, requests, posts.

Pure: no database, no clock.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final, Literal, TypeAlias

from bot.model.request import Request
from probes.protocol.frozen import frozen

RUNNING: Final = "running"
RESTARTED: Final = "restarted"  # in the summary of a run that a restart interrupted and that started again
WAITED: Final = "waited"  # in the summary of a run that had not begun when the process shut down
Ended: TypeAlias = Literal["done", "stopped", "lost", "failed"]
FeedbackVerdict: TypeAlias = Literal["right", "wrong"]


@frozen
class CaseRow:
    """One Slack thread: its place, its user, and its request."""

    id: str
    team: str
    channel: str
    user: str  # who opened the case
    request: Request  # as of the last change
    thread_ts: str = ""  # empty before the first message is posted
    message_ts: str = ""  # the message that is updated in place
    locale: str = ""
    created: float = 0.0  # seconds since the epoch


@frozen
class RunRow:
    """One run of a case."""

    id: str  # short and easy to say
    case: str
    vantages: Mapping[str, str]  # every relay, in the requested order, with its vantage
    request: Request
    knowledge: str  # digest of the knowledge
    network: str  # id of the network file
    started: float  # seconds since the epoch
    status: str = RUNNING  # or one of `Ended`
    ended: float | None = None
    outcome: str = ""  # found, clear, or unclear, once it is done
    summary: Mapping[str, Any] = field(
        default_factory=dict
    )  # what replies show without evaluating again; while it runs, what a restart needs

    @property
    def relays(self) -> tuple[str, ...]:
        """The relays of the run."""
        return tuple(self.vantages)


@frozen
class InboxRow:
    """A request that was accepted, and is neither started nor answered yet."""

    team: str
    event: str  # the delivery's id
    way: str  # kind of delivery
    asker: Mapping[str, str]  # ids of the Slack user and place
    said: Mapping[str, str]  # the text, redacted
    turn: str = ""  # requests of one turn are answered in the order of their timestamps
    stamp: str = ""
    received: float = 0.0  # seconds since the epoch


@frozen
class PostRow:
    """A message to be posted. `version` is the content due, `sent` the content that Slack shows."""

    key: str  # one message forever: such as the run's id and the kind of message
    run: str
    team: str
    channel: str
    thread_ts: str
    payload: Mapping[str, Any]  # what the caller needs to render the message
    message_ts: str = ""  # empty: post it; else: update it
    version: int = 1
    sent: int = 0
    created: float = 0.0

    @property
    def due(self) -> bool:
        """Tell whether Slack does not show the latest version."""
        return self.sent < self.version
