"""What the commands that read a text share: the text, the exit codes, and the form of their JSON."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.errors import UsageError

OK: Final = 0
UNANSWERED: Final = 3

_MOST: Final = 1_000_000  # bytes of stdin


def text_of(words: Sequence[str]) -> str:
    """Return the text that was given, or stdin if it is `-`."""
    if list(words) == ["-"]:
        return sys.stdin.buffer.read(_MOST).decode("utf-8", "replace")
    text = " ".join(words)
    if not text.strip():
        raise UsageError('Give a text to read, such as "no audio on VPN"; - reads standard input.')
    return text


def print_json(value: Mapping[str, Any]) -> None:
    """Print *value* for programs."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=True)
    sys.stdout.write("\n")
