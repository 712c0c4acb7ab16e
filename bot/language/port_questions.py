"""Recognize questions for all ports and hosts at once, and name the passages that answer them.

Pure.
"""

import re
from typing import Final

_ASKED: Final = re.compile(
    r"\b(?:which|what) (?:\w+ ){0,3}(?:ports?|hosts?|addresses|ips?|domains?|urls?)\b|"
    r"\bports? (?:do|must|should|need(?:ed)?|required|to|are|for)\b|\bfirewall rules\b|"
    r"\b(?:what|which|anything)\b.*\b(?:whitelist(?:ed)?|allow-?list(?:ed)?|unblock(?:ed)?)\b|"
    r"\bwhat\b.*\b(?:has|have|needs?|must|should)\b.*\b(?:allowed|opened|open|permitted|let through)\b|"
    r"\b(?:open|allow|whitelist|permit|unblock)\w*\b.*\bfirewalls?\b|"
    r"\bfirewalls?\b.*\b(?:open|allow|whitelist|permit|let)\b|"
    r"\b(?:tell|send|give|ask|say to)\b.*\b(?:firewall|network|it) (?:team|admins?|people|department|guys)\b",
    re.IGNORECASE,
)
# One of these is a subject of its own.
_NARROW: Final = re.compile(
    r"\b(?:signal\w*|media|audio|rtp|voice traffic|turn|stun|regist\w+|ers|insights|"
    r"eventgw|telemetry|push|apns|fcm|firebase|apple|google|"
    r"inbound|incoming|forward\w*|inside|websocket|dns|proxy|vpn|zscaler|netskope|10194|"
    r"10193|\d{4,5}|sip|used to|old sdk|edge|relay|"
    r"preflight|csp|policy)\b",
    re.IGNORECASE,
)
# The ports of media are the same for every edge.
_OF_MEDIA: Final = re.compile(r"\b(?:media|audio|rtp|voice traffic|edge)\b", re.IGNORECASE)
_MEDIA: Final = re.compile(
    r"\b(?:which|what) (?:\w+ )?ports?\b.*\b(?:media|audio|rtp|voice traffic)\b", re.IGNORECASE
)
EVERYTHING: Final = "ports-all"  # the passage for all that has to be open; the others go into detail
_PASSAGES: Final = (
    EVERYTHING,
    "ports-signaling",
    "ports-registration",
    "ports-media",
    "turn-ports",
    "ports-insights",
    "ports-push",
)
_MOBILE_ONLY: Final = frozenset({"ports-registration", "ports-push"})


def passages_about_ports(text: str, platform: str) -> tuple[str, ...]:
    """Return the ids of the passages that answer *text* if it asks for all that has to be open, or for media alone."""
    if _MEDIA.search(text) and not _NARROW.search(_OF_MEDIA.sub("", text)):
        return ("ports-media",)
    if not _ASKED.search(text) or _NARROW.search(text):
        return ()
    return all_ports(platform)


def all_ports(platform: str) -> tuple[str, ...]:
    """Return the ids of the passages for all that has to be open on *platform*; or on all platforms if it is ""."""
    return tuple(name for name in _PASSAGES if platform != "javascript" or name not in _MOBILE_ONLY)
