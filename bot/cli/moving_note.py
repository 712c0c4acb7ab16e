"""Say how to move the files of a former default: once, when a command that needs them begins."""

import os
import sys
from typing import Final

from bot.relays.hub.paths import moving_note

# The commands that use files that last. A diagnosis uses them, too, but its output is for somebody else.
COMMANDS_WITH_FILES: Final = frozenset({"backup", "hub", "relays", "restore", "serve"})


def write_moving_note(command: str) -> None:
    """Write it on stderr if *command* is one of these and there is something to move."""
    if command in COMMANDS_WITH_FILES and sys.stderr is not None and (note := moving_note(os.environ)):
        sys.stderr.write(f"{note}\n")
