"""Log format and redaction filter."""

import logging
from typing import Final

from bot.errors import UsageError
from bot.redaction.redact import RedactingFilter

FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def write_log(level: str) -> None:
    """Log to stderr, with every secret and phone number taken out on the way."""
    if level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise UsageError("LINEMAN_LOG must be DEBUG, INFO, WARNING or ERROR.")
    handler = logging.StreamHandler()
    handler.addFilter(RedactingFilter())
    handler.setFormatter(logging.Formatter(FORMAT))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
