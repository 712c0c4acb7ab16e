"""The log of the HTTP server is bounded, and does not hide our own errors."""

import logging

import pytest
from aiohttp.http_exceptions import BadStatusLine, LineTooLong

from bot.http_log import NOT_HTTP, HttpServerLog


def failing(log: HttpServerLog, error: Exception) -> None:
    log.error("Error handling request from %s", "192.0.2.1", exc_info=error)


def test_bad_http_is_one_line_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever the kind of bad HTTP, a minute has one line for all of it, which quotes nothing."""
    log = HttpServerLog(logging.getLogger("edge"))
    for error in (BadStatusLine("\x1b[31m"), LineTooLong(b"x" * 20, 10), BadStatusLine("y")):
        failing(log, error)
    assert [(record.getMessage(), record.exc_info) for record in caplog.records] == [(NOT_HTTP, None)]


class Tracebacks(logging.Handler):
    """Notes the kind of each traceback at once: a handler further up may turn it into text."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: list[type[BaseException] | None] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kinds.append(record.exc_info[0] if record.exc_info else None)


def test_own_error_has_its_traceback_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of error is logged with its traceback, and again only after a minute."""
    logger, tracebacks = logging.getLogger("edge of own errors"), Tracebacks()
    logger.addHandler(tracebacks)
    log, now = HttpServerLog(logger), [100.0]
    monkeypatch.setattr("bot.http_log.time.monotonic", lambda: now[0])
    for seconds, error in ((0, KeyError()), (30, KeyError()), (31, ValueError()), (61, KeyError())):
        now[0] = 100.0 + seconds
        failing(log, error)
    logger.removeHandler(tracebacks)
    assert tracebacks.kinds == [KeyError, ValueError, KeyError]
