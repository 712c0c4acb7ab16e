"""Why each file over 220 lines is not split. A reason goes when its file gets shorter."""

from collections.abc import Mapping
from typing import Final

REASONS: Final[Mapping[str, str]] = {
    "bot/cli/main.py": "the table of commands and the help that groups them, each one line per command",
    "bot/rendering/blocks/evidence.py": "one page of tables, top to bottom; each table is a function of a few lines",
    "probes/net/stun.py": "one codec: packing and parsing mirror each other and share the RFC's numbers",
}
