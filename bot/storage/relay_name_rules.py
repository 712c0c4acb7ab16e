"""Check the names and labels of relays, which people type."""

import re
from typing import Final

from bot.errors import UsageError, quote
from bot.model.request import LOCAL

# What users type after `from`: no spaces, no commas, and nothing that Slack reformats.
NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
LABEL: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,38}=[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
RESERVED: Final = (LOCAL, "and", "from", "all")


def check_names(name: str, labels: tuple[str, ...] = ()) -> None:
    """Raise `UsageError` if a relay cannot be called *name*, or cannot have one of *labels*."""
    if not NAME.fullmatch(name) or name in RESERVED:
        raise UsageError(
            f"{quote(name)} is not a valid relay name. Use at most 40 lower-case letters, "
            f"digits, and hyphens, but not {', '.join(RESERVED)}."
        )
    for label in labels:
        if not LABEL.fullmatch(label):
            raise UsageError(f"{quote(label)} is not a label. Write it like site=hq.")
