"""Find Call SIDs in any text.

Pure.
"""

import re
from typing import Final

_SID: Final = re.compile(r"(?<![0-9A-Za-z])CA[0-9a-f]{32}(?![0-9A-Za-z])")
_MOST: Final = 20


def find_call_sids(text: str) -> tuple[str, ...]:
    """List the Call SIDs in *text*, each once and in order."""
    return tuple(dict.fromkeys(match[0] for match in _SID.finditer(text)))[:_MOST]
