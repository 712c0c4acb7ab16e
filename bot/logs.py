"""Set up the log format and the redaction filter."""

import logging
from typing import Final

from bot.redaction.redact import RedactingFilter

FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def write_log(level: str) -> None:
    """Log to stderr from *level* (such as INFO) up, without secrets and phone numbers."""
    handler = logging.StreamHandler()
    handler.addFilter(RedactingFilter())
    handler.setFormatter(logging.Formatter(FORMAT))
    logging.basicConfig(level=level, handlers=[handler], force=True)
