"""Whether words may hold a report or a tool's output, before anybody spends time on reading them.

Pure.
"""

import re
from typing import Final

SHORTEST: Final = 40  # characters

# Looking into words for a report costs milliseconds; most messages have nothing of the kind.
_MAY_BE: Final = re.compile(
    r"[{\[(]\s*\\?[\"'\u201c\u2018]?\w|candidate:|s_client|<<>> DiG|\* Connected to|curl: \("
)
# Output of tools counts where somebody says so.
_ON_DEVICE: Final = re.compile(
    r"\bon (?:the |their |his |her )?(?:(?:user|customer|client|caller|agent)(?:['\u2019]?s)? )?(?:own )?"
    r"(?:device|machine|laptop|computer|phone|pc)\b",
    re.IGNORECASE,
)


def may_hold_report(words: str) -> bool:
    """Tell whether it is worth while to look for a report in *words*."""
    return len(words) >= SHORTEST and bool(_MAY_BE.search(words))
