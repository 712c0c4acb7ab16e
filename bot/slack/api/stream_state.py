"""What may be started in one workspace: agent sessions, and streams; and how progress is shown.

Starting and stopping a stream is Tier 2 (20 per minute and workspace), appending is Tier 4 (100), and the status of a
session is Tier 3 (50). Each start is followed by one end. A start is allowed if what is open, and what ended in the
last minute, is fewer than the limit. Then no start and no end exceeds it. Times are the event loop's, in seconds.
"""

import asyncio
from math import inf
from typing import Final

from bot.rate_limit import Limit
from bot.slack.api.client import BUSY, SlackError
from bot.slack.api.settings import ProgressStyle
from bot.slack.api.update_pacer import MessageKey, now
from probes.protocol.sliding_window import SlidingWindow

STARTS: Final = Limit(20, 60)  # https://docs.slack.dev/apis/web-api/rate-limits, Tier 2
SESSIONS: Final = Limit(24, 60)  # two calls each, Tier 3
APPENDS: Final = Limit(90, 60)  # Tier 4, with some room
LIFE: Final = 270.0  # seconds; Slack closes a stream after about 300 and shows an error in it
HOUR: Final = 3600.0  # seconds after which Slack ends the status of a session
REFUSED: Final = (
    600.0  # seconds without streams after Slack has refused one for another reason than its rate limit
)


class PairedCalls:
    """Things of one workspace that are started and ended by one call each, such as sessions."""

    def __init__(self, starts: Limit = SESSIONS, life: float = HOUR) -> None:
        self._most, self._life = starts.count, life
        self._open: dict[MessageKey, float] = {}  # when each started
        self._ended = SlidingWindow(starts.period)
        self._rests_until = -inf

    def may_start(self) -> bool:
        """Whether one more may start now."""
        at = now()
        for place in [place for place, began in self._open.items() if at - began > self._life]:
            self.ended(place)  # Slack has ended it long ago
        return at >= self._rests_until and len(self._open) + self._ended.count(at) < self._most

    def started(self, place: MessageKey) -> None:
        """Record what has started."""
        self._open[place] = now()

    def ended(self, place: MessageKey) -> None:
        """Record what has ended, or was found to have ended."""
        if self._open.pop(place, None) is not None:
            self._ended.add(now())

    def is_open(self, place: MessageKey) -> bool:
        """Whether this process has started it and not ended it."""
        return place in self._open

    def rest(self, seconds: float) -> None:
        """Start nothing for *seconds*."""
        self._rests_until = now() + seconds


class Streams(PairedCalls):
    """The streams of one workspace, and how progress is shown in it."""

    def __init__(self, style: ProgressStyle = "stream", starts: Limit = STARTS) -> None:
        super().__init__(starts, LIFE + STARTS.period)
        self._style = style
        self._appended = SlidingWindow(APPENDS.period)
        self._appends_rest_until = -inf
        self._cards = style != "list"

    @property
    def cards(self) -> bool:
        """Whether progress is shown as task cards."""
        return self._cards

    def may_start(self) -> bool:
        """Whether one more stream may start now."""
        return self._style == "stream" and self._cards and super().may_start()

    def refused(self, error: SlackError) -> None:
        """Start no stream for a while: as long as Slack asks, or longer if it does not allow streams here."""
        self.rest(error.wait if error.word in BUSY else REFUSED)

    def cards_refused(self) -> None:
        """Show progress as a list from now on: Slack did not accept the cards."""
        self._cards = False

    def pause_appends(self, seconds: float) -> None:
        """Append nothing for *seconds* after a rate limit."""
        self._appends_rest_until = now() + seconds

    async def turn(self) -> None:
        """Wait until one more append is allowed, and count it."""
        at = now()
        while at < (due := max(self._appended.free_at(APPENDS.count, at), self._appends_rest_until)):
            await asyncio.sleep(due - at)
            at = now()
        self._appended.add(at)
