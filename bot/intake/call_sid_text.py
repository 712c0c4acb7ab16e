"""Take the Call SID out of a text that asks about a call.

Pure.
"""

import re
from typing import Final

from bot.intake.parsing.call_sids import find_call_sids

_AROUND: Final = r"(?:\b(?:the\s+)?call\b)?(?:[ _-]?\bsid\b)?\s*[:#=]?\s*[<`'\"]?{sid}[>`'\"]?"
# Words that only ask to look at the call.
_FILLER: Final = re.compile(
    r"(?:a|about|an|and|are|can|check|could|diagnose|did|do|does|fail|failed|fails|for|here|i|in|investigate|is|it|look|"
    r"me|my|of|on|our|please|read|see|that|the|their|this|to|was|we|what|why|with|you|your|at)"
)


def take_call_sid(text: str) -> tuple[str, str]:
    """Return the first Call SID in *text*, and what *text* asks besides it; "" and *text* if it has none."""
    sid = next(iter(find_call_sids(text)), "")
    if not sid:
        return "", text
    rest = re.sub(_AROUND.format(sid=sid), " ", text, flags=re.IGNORECASE).strip(" ,.;:")
    words = re.findall(r"\w+", rest.casefold())
    return sid, "" if all(map(_FILLER.fullmatch, words)) else rest
