"""The exit code of each outcome."""

from collections.abc import Mapping
from typing import Final

EXIT: Final[Mapping[str, int]] = {"found": 0, "clear": 1, "unclear": 3}
