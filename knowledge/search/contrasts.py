"""Read where a description says that calls work, and where they fail: the VPN, mobile data, home, the office.

Pure.
"""

import re
from collections.abc import Iterable
from typing import Final

_CLAUSE: Final = re.compile(
    r"[.;!?\n]+\s+|[.;!?\n]+$|\n|[,:]\s+|\s[-\u2013\u2014]\s|\b(?:but|yet|while|whereas|although|though|however)\b|"
    r"\band (?=(?:with|on|over|in|without|from|at)\b)",
    re.IGNORECASE,
)
WORKS: Final = re.compile(
    r"\b(?:yes|(?:all|every(?:body|one)|others?)\b[^.,;\n]{0,20}\b(?:can|do|does)(?=\s*(?:$|[.,;]))|"
    r"(?:they|it|we|he|she) (?:do|does|can|did)(?=\s*(?:$|[.,;]))|comes? back|"
    r"is back|returns?|works?|worked|working|fine|ok|okay|good|well|perfect\w*|all right|"
    r"alright|connects?|(?:it|they|he|she|we|phones?|devices?|apps?|clients?) registers?|"
    r"succeeds?|go(?:es)? (?:through|out)|"
    r"gets through|no (?:problem|issue|trouble|error)s?|there (?:is|'s) (?:sound|audio)|"
    r"has (?:sound|audio)|immediately works|"
    r"can (?:call|connect|hear|register|be heard)|(?:fix|help|cure|solve)(?:s|ed)?)\b",
    re.IGNORECASE,
)
FAILS: Final = re.compile(
    r"\b(?:fail\w*|not|cannot|never|no|nothing|nobody|silen\w+|drops?|dropped|errors?|"
    r"block(?!er)\w*|refus\w+|tim(?:es?|ed) ?out|"
    r"timeouts?|dead|broken|connecting|disconnect\w*|stuck|hangs?|lost|mute|unable|impossible)\b|n't\b|\b\d{5}\b",
    re.IGNORECASE,
)
# "Over mobile data at once" has no verb.
_AT_ONCE: Final = re.compile(
    r"\b(?:immediately|at once|right away|straight away|instantly|no problem)\b", re.IGNORECASE
)
_NO_FAULT: Final = re.compile(r"\b(?:no|without) (?:problem|issue|trouble|error|fault)s?\b", re.IGNORECASE)
VPN: Final = re.compile(
    r"\b(?:vpn|anyconnect|globalprotect|wireguard|openvpn|forticlient|zerotier|tailscale)\b", re.IGNORECASE
)
_CONDITION: Final = re.compile(  # a clause that says where or when, and the next one what happens then
    r"\W*(?:(?:and|but|so|then|only)\s+)?"
    r"(?:with(?:out)?|when(?:ever)?|if|once|after|as soon as|in|on|at|over|from|via)\b|"
    r"[^.]*\b(?:off|disabled|removed|paused|uninstalled|deactivated)\W*$",
    re.IGNORECASE,
)
_OFF: Final = re.compile(
    r"\b(?:without|off|(?:turn|switch)(?:ed|ing|s)?\b[^.,]{0,20}\boff|disconnect(?:ed|"
    r"ing)?|disabl(?:ed|ing|e)|leav(?:e|ing)|exit(?:ing)?|quit(?:ting)?|outside|not on|"
    r"clos(?:ed|ing))\b",
    re.IGNORECASE,
)
# What is off or absent, in a clause after one about the VPN: "without works", "when it is off all is well".
_WITHOUT_IT: Final = re.compile(
    r"\bwithout(?: it| one)?\b[^a-z]*$|\bwithout(?: \w{2,4})? (?:works|fine|ok|no problem)\b"
    r"|\b(?:when|if|once|as soon as)\b[^.,]{0,12}\boff\b|\boff (?:it )?works\b",
    re.IGNORECASE,
)
_INSIDE: Final = re.compile(r"\b(?:inside|within|through|over|on|with) it\b", re.IGNORECASE)
_MOBILE: Final = re.compile(
    r"\b(?:mobile (?:data|network|internet)|mobiles? data|cellular|[345]g|lte|hot ?spots?|"
    r"tether\w*|cell (?:data|network)|"
    r"phone's internet|sim)\b",
    re.IGNORECASE,
)
_AWAY: Final = re.compile(
    r"\b(?:(?:at|from|in|my|their|his|her) home|home (?:network|office|wi-?fi|internet)|"
    r"other networks?|another network|"
    r"elsewhere|different network|next[- ]door|(?:other|second|next) (?:building|floor|room)|"
    r"other sites?|other offices?|other branches|other locations?)\b",
    re.IGNORECASE,
)
_OFFICE: Final = re.compile(
    r"\b(?:office|corporate|company|work (?:network|wi-?fi|lan)|at work|branch|wi-?fi|"
    r"wlan|lan|school|campus|university|"
    r"hospital|(?:head|branch|[a-z]{3,15}) (?:office|site|branch)|"
    r"customer(?:'s)? (?:site|network)|(?:this|our|their|whole|entire) (?:network|building|"
    r"site)|plant|firewall|warehouse|clinic|"
    r"hotel|headquarters|hq)\b",
    re.IGNORECASE,
)


def places_in(text: str) -> tuple[set[str], set[str]]:
    """Return the places where it works, according to *text*, and those where it fails."""
    works: set[str] = set()
    fails: set[str] = set()
    before = pending = ""  # where the last clause is about; the same, if that clause says only where
    for clause in clauses(text):
        place = _place(clause, before) or pending
        before = place or before
        fine = bool(
            WORKS.search(clause) or (place in ("mobile", "away", "no-vpn") and _AT_ONCE.search(clause))
        )
        broken = bool(FAILS.search(_NO_FAULT.sub(" ", clause.replace(_off_word(clause), " "))))
        if place and fine and not broken:
            works.add(place)
        elif place and broken:
            fails.add(place)
        elif place == "no-vpn" and fine:
            works.add(place)
        pending = place if not fine and not broken and _CONDITION.match(clause) else ""
    return works, fails


def works_at(text: str, at: int) -> bool:
    """Tell whether the clause of *text* around position *at* says that it works."""
    return bool(WORKS.search(_clauses_at(text, at)[0]))


def works_only_at(text: str, at: int, words: str) -> bool:
    """Tell whether it works without what *words* name at *at*, and nothing fails: "without it, calls work"."""
    condition = _CONDITION.match(_clauses_at(text, at)[0])
    bare = re.sub(words, lambda name: " " * len(name[0]), text, flags=re.IGNORECASE)
    clause, after = _clauses_at(bare, at)
    if FAILS.search(_NO_FAULT.sub(" ", clause)):
        return False
    if WORKS.search(clause):
        return True
    return bool(condition and WORKS.search(after) and not FAILS.search(_NO_FAULT.sub(" ", after)))


def clauses(text: str) -> Iterable[str]:
    """Split *text* at punctuation and at words such as “but” and “while”."""
    return (part for part in _CLAUSE.split(text) if part and part.strip())


def _off_word(clause: str) -> str:
    off = _OFF.search(clause) if VPN.search(clause) else None
    return off[0] if off else "\0"


def _place(clause: str, before: str) -> str:
    """Return where *clause* is about; "without" alone continues with the place *before*."""
    if VPN.search(clause):
        return "no-vpn" if _OFF.search(clause) else "vpn"
    if before == "vpn" and _WITHOUT_IT.search(clause):
        return "no-vpn"
    if before in ("vpn", "no-vpn") and _INSIDE.search(clause):
        return "vpn"
    if _MOBILE.search(clause):
        return "mobile"
    if _AWAY.search(clause):
        return "away"
    return "office" if _OFFICE.search(clause) else ""


def _clauses_at(text: str, at: int) -> tuple[str, str]:
    """Return the clause of *text* around position *at*, and the next one."""
    ends = [match.end() for match in _CLAUSE.finditer(text) if match.end() > at]
    begin = max((match.end() for match in _CLAUSE.finditer(text) if match.end() <= at), default=0)
    first, second = (*ends, len(text), len(text))[:2]
    return text[begin:first], text[first:second]
