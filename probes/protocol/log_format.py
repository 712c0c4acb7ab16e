"""The one format of log lines: what a stranger sent can neither begin a new line nor control a terminal."""

import logging
from typing import Final

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


def escape(text: str) -> str:
    """Replace what is not printable by its escape, as Python writes it in a string."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _NEWLINES.get(c) or ascii(c)[1:-1] for c in text)


def _indented(text: str) -> str:
    return "\n".join(f"  {escape(line.strip(chr(13)))}" for line in text.split("\n"))
