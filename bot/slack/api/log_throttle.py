"""Log each warning at most once per minute."""

import logging
import time
from typing import Final

APART: Final = 60.0  # seconds between two equal lines


class LogThrottle:
    """Rate limiter for repeated warnings, by message."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._said: dict[str, float] = {}

    def warn(self, sentence: str) -> None:
        """Log *sentence*, unless it was logged less than `APART` seconds ago."""
        now = time.monotonic()
        if now - self._said.get(sentence, -APART) >= APART:
            self._said[sentence] = now
            self._log.warning("%s", sentence)
