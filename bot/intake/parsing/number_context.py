"""Judge by the words around a number whether it can be an error code: a port, a line, or a count of things is none.

Pure.
"""

import re
from typing import Final

from bot.intake.parsing.line_search import line_at

ELSE: Final = re.compile(r"\b(?:size|id)[ \t:=#\[(]{0,3}\Z", re.IGNORECASE)  # then only a known code is one
NEVER: Final = re.compile(  # then it is never one, and in an ICE candidate neither
    r"\b(?P<word>ports?|rport|udp|tcp|pid|line|bytes|ms|took|in|after|thread|extension|ext|"
    r"(?:(?<!in )case|tickets?|inc|incident|orders?|invoice|room|zip|plz|parcel|part|serial|model|asset|badge|"
    r"(?:zip|post|postal|area|country|pin|door|bar)[- ]?code|"
    r"inventory|desk|fall|vorgang|auftrag|rechnung|zimmer|caso|pedido|sala|dossier|commande|chambre|ordine|chamado)"
    r"(?:[- ]?(?:no|nr|num|number|nummer|id|n[\u00b0\u00ba])\.?)?)(?: (?:is|was|number))?[ \t:=#\[(.]{0,3}\Z",
    re.IGNORECASE,
)
_ASIAN_PORT: Final = re.compile(
    "(?:\u30dd\u30fc\u30c8|\u7aef\u53e3|\u9023\u63a5\u57e0|\ud3ec\ud2b8)(?:\u756a\u53f7)?[ \t:=]{0,3}\\Z"
)
# A line of netstat or ss: ports and processes.
_SOCKETS: Final = re.compile(
    r"\b(?:SYN[_-]SENT|ESTAB(?:LISHED)?|LISTEN(?:ING)?|(?:CLOSE|TIME|FIN)[_-]WAIT\w*)\b"
)
CANDIDATE: Final = re.compile(r"\bcandidate:|\btyp (?:host|srflx|prflx|relay)\b")
_ACCESS: Final = re.compile(
    r"(?:\bHTTP/[\d.]+)?\"[ \t][1-5]\d\d[ \t]\Z"
)  # a web server's log: status, then bytes
_TAG: Final = re.compile(r"\b[VDIWEF]/[\w.$-]{1,60}\s{0,9}\(\s*\Z")  # logcat: a tag and its process
# "20101 users have no sound", "all 20000 UDP ports": a number of things.
COUNTED: Final = re.compile(
    r"\s{1,3}(?:(?:udp |tcp |open |different )?ports?|users|agents|calls|callers|customers|people|employees|seats|"
    r"clients|minutes|hours|days|times)\b",
    re.IGNORECASE,
)
# "10000 to 20000", "20000 UDP": ports, unless the numbers are codes.
_RANGE: Final = r"\s{0,3}(?:-|\u2013|\u2014|to|through|thru|until|till|bis)\s{1,3}"
_RANGE_AFTER: Final = re.compile(rf"(?:{_RANGE}|\s?-)\d{{4,5}}(?!\d)|\s{{0,3}}/?(?:udp|tcp)\b", re.IGNORECASE)
_RANGE_BEFORE: Final = re.compile(rf"(?<!\d)\d{{4,5}}(?:{_RANGE}|-\s?)\Z", re.IGNORECASE)
UNIT: Final = re.compile(r"\s?(?:ms|s|sec|seconds|bytes|kb|hz|packets)\b", re.IGNORECASE)


def is_never(text: str, match: re.Match[str]) -> bool:
    """Tell whether the number is a port, a process, a line, a duration, or a number of things."""
    at = match.start(match.lastindex or 0)
    unit = UNIT.match(text, match.end(match.lastindex or 0))
    before = NEVER.search(text, max(0, at - 24), at)
    if _ACCESS.search(text, max(0, at - 24), at) or _ASIAN_PORT.search(text, max(0, at - 9), at):
        return True
    if _TAG.search(text, max(0, at - 70), at) or COUNTED.match(text, match.end(match.lastindex or 0)):
        return True
    return bool(before and (unit or before["word"].casefold() not in ("in", "after"))) or bool(
        CANDIDATE.search(line := line_at(text, at)) or _SOCKETS.search(line)
    )


def is_else(text: str, match: re.Match[str]) -> bool:
    """Tell whether the number may be something else, too: then only a known code is one."""
    at, end = match.start(match.lastindex or 0), match.end(match.lastindex or 0)
    return bool(
        ELSE.search(text, max(0, match.start() - 12), match.start())
        or UNIT.match(text, match.end())
        or _RANGE_AFTER.match(text, end)
        or _RANGE_BEFORE.search(text, max(0, at - 20), at)
    )
