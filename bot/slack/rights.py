"""Who may look from where, and how often: asked for whoever presses or types, not for whoever began the case."""

import time
from collections.abc import Sequence

from bot.slack.asker import Asker


class NotAllowedError(Exception):
    """SlackError, with a reason for the person and what they can do instead."""

    def __init__(self, why: str, instead: Sequence[str] = ()) -> None:
        super().__init__(why)
        self.instead = tuple(instead)


class Rights:
    """The rules and the limits of one installation."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def check(self, asker: Asker, relays: Sequence[str]) -> None:
        """Let *asker* use *relays*, or raise `NotAllowedError`."""

    def check_stop(self, asker: Asker, relays: Sequence[str]) -> None:
        """Let *asker* stop what runs on *relays*, or raise; it costs nothing, so no limit counts it."""
