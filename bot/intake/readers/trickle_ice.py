"""Read the table of the Trickle ICE page: which candidates a browser gathered, and which servers failed.

A table without a relay candidate proves nothing: whether a TURN server was entered does not show.
"""

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import ToolFacts, port_of
from bot.intake.parsing.lazy_pattern import LazyPattern
from probes.protocol.failures import Failure

_ROW: Final = r"^\s*\d+\.\d{1,4}\s+(?:(?:rtp|rtcp|\d)\s+)?(host|srflx|prflx|relay)\b"
SIGN: Final = LazyPattern(rf"{_ROW}|^Time\s+(?:Component\s+)?Type\s+Foundation", re.IGNORECASE | re.MULTILINE)
LINES: Final = LazyPattern(
    rf"{_ROW}|^\s*\d+\.\d{{1,4}}\s+Done|^Time\s+(?:Component\s+)?Type\s+Foundation"
    r"|The server (?:turn|stun)s?:\S+ returned an error"
    r"|^(?:STUN|TURN) [^\n]{0,60}(?:timed out|error)|^Unauthorized",
    re.IGNORECASE,
)
_ERROR: Final = LazyPattern(
    r"server (turn|stun)s?:([\w.-]{3,200})(?::(\d{1,5}))?\S* returned an error with code=(\d{3})",
    re.IGNORECASE,
)


def read_trickle_ice(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield the candidates of the table, and host, port, and facts of each server that failed."""
    kinds = sorted({match[1].casefold() for match in re.finditer(_ROW, text, re.MULTILINE | re.IGNORECASE)})
    if kinds:
        relay = {"relay_candidate": True} if "relay" in kinds else {}
        yield "the browser", 0, {"candidates": kinds, **relay}
    for match in _ERROR.finditer(text):
        if match[1].casefold() == "turn":
            stale = match[4] in ("401", "441", "438")
            sign = Failure.TURN_UNAUTHORIZED if stale else Failure.GENERIC_TIMEOUT_ERROR
            bad = (
                "the TURN server does not accept the credentials"
                if stale
                else "the TURN server did not answer"
            )
            yield (
                match[2].casefold(),
                port_of(match[3], 3478),
                {"sign": sign.value, "bad": bad, "protocol": "udp"},
            )
