"""The two formats of log lines: what a stranger sent can neither begin a new line nor control a terminal."""

import json
import logging
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final

LOG_FORMAT: Final = "LINEMAN_LOG_FORMAT"
TEXT, JSON = "text", "json"
LOG_FORMATS: Final = (TEXT, JSON)

# What the lines of this task are about: ids of ours, such as those of a run, its case, a plan, or a relay.
_IDS: Final[ContextVar[Mapping[str, str]]] = ContextVar("log_ids", default={})  # noqa: B039 - never changed

_NEWLINES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


class EscapingFormatter(logging.Formatter):
    """Writes one line per record. Only a traceback has lines of its own, each indented."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        """Format the record's own line, with control characters as escapes."""
        return escape(super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802 - the name is logging's
        """Format a traceback whose lines cannot be taken for records."""
        return _indented(super().formatException(ei))  # type: ignore[arg-type]  # as logging passes it

    def format(self, record: logging.LogRecord) -> str:
        """Format the record; a traceback that a filter wrote is escaped as well."""
        if record.exc_text:
            record.exc_text = _indented(record.exc_text)
        return super().format(record)


class JsonFormatter(logging.Formatter):
    """Writes one JSON object per record, in printable ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        """Format the record with its traceback and the ids that `add_log_ids` added."""
        trace = record.exc_text or (self.formatException(record.exc_info) if record.exc_info else "")
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_IDS.get(),
            **({"traceback": trace} if trace else {}),
            **({"stack": record.stack_info} if record.stack_info else {}),
        }
        sound = {name: text.encode("utf-8", "backslashreplace").decode() for name, text in fields.items()}
        return json.dumps(sound).replace(
            "\x7f", "\\u007f"
        )  # DEL is the one control character that JSON allows


def make_formatter(form: str, text_format: str) -> logging.Formatter:
    """Make the formatter of the form "json" or "text"; *text_format* is the format of a line of text."""
    return JsonFormatter() if form == JSON else EscapingFormatter(text_format)


def add_log_ids(**ids: str) -> None:
    """Add *ids* to what this task logs as JSON from now on."""
    _IDS.set({**_IDS.get(), **ids})


def escape(text: str) -> str:
    """Replace what is not printable by its escape, as Python writes it in a string."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _NEWLINES.get(c) or ascii(c)[1:-1] for c in text)


def _indented(text: str) -> str:
    return "\n".join(f"  {escape(line.strip(chr(13)))}" for line in text.split("\n"))
