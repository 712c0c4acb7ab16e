"""The log of the HTTP server: strangers cannot fill it."""

import logging
import time
from typing import Any, Final

from aiohttp.http import HttpProcessingError

from bot.logs import LogThrottle

NOT_HTTP: Final = "rejected requests that are not valid HTTP, or whose headers are too long"
TRACEBACKS_APART: Final = 60.0  # seconds between two tracebacks of the same kind of error


class HttpServerLog(logging.LoggerAdapter[logging.Logger]):
    """What aiohttp logs about requests: one line a minute for bad HTTP, one traceback a minute for each own error."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logger, {})
        self._throttle = LogThrottle(logger)
        self._logged: dict[type[BaseException], float] = {}

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Log as `logging.Logger.log` does, unless it was logged within the last minute."""
        error = kwargs.get("exc_info")
        if isinstance(error, HttpProcessingError):
            self._throttle.warn(NOT_HTTP)
        elif not isinstance(error, BaseException) or self._is_due(type(error)):
            super().log(level, msg, *args, **kwargs)

    def _is_due(self, kind: type[BaseException]) -> bool:
        now = time.monotonic()
        if now - self._logged.get(kind, -TRACEBACKS_APART) < TRACEBACKS_APART:
            return False
        self._logged[kind] = now
        return True
