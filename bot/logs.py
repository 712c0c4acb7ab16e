"""Set up the log: its format, the redaction filter, and a limit for warnings that repeat."""

import logging
import time
from typing import Final

from bot.redaction.redact import RedactingFilter
from probes.protocol.log_format import TEXT, make_formatter

FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
APART: Final = 60.0  # seconds between two warnings of the same kind


def write_log(level: str, form: str = TEXT) -> None:
    """Log to stderr from *level* (such as INFO) up, as "text" or "json", without secrets and phone numbers."""
    handler = logging.StreamHandler()
    handler.addFilter(RedactingFilter())
    handler.setFormatter(make_formatter(form, FORMAT))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("asyncio").addFilter(_ACCEPTING)


class LogThrottle:
    """Rate limiter for repeated warnings, by their kind."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._logged: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def warn(self, sentence: str, kind: str = "") -> None:
        """Log *sentence*, unless one of its *kind* (itself by default) was logged within `APART` seconds."""
        kind, now = kind or sentence, time.monotonic()
        if now - self._logged.get(kind, -APART) < APART:
            self._left_out[kind] = self._left_out.get(kind, 0) + 1
            return
        self._logged[kind] = now
        if left_out := self._left_out.pop(kind, 0):
            sentence = f"{sentence} ({left_out} more like this before)"
        self._log.warning("%s", sentence)


class _AcceptFilter(logging.Filter):
    """Passes one line a minute of what asyncio logs, with a traceback, each second while it can accept nothing."""

    _logged = -APART

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether *record* is to be logged; shorten it if it is about connections."""
        if not record.getMessage().startswith("socket.accept() out of system resource"):
            return True
        now = time.monotonic()
        if now - self._logged < APART:
            return False
        self._logged = now
        reason = getattr(record.exc_info[1], "strerror", "") if record.exc_info else ""
        record.msg, record.args, record.exc_info = (
            "cannot accept connections at the moment: %s",
            (reason,),
            None,
        )
        return True


_ACCEPTING: Final = _AcceptFilter()
