"""Complaints that would fill a log: each sentence at most once a minute."""

import logging
import time
from typing import Final

APART: Final = 60.0  # seconds


class LogThrottle:
    """What has been said lately."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._said: dict[str, float] = {}

    def warn(self, sentence: str) -> None:
        """Log *sentence*, unless it was logged just now."""
        now = time.monotonic()
        if now - self._said.get(sentence, -APART) >= APART:
            self._said[sentence] = now
            self._log.warning("%s", sentence)
