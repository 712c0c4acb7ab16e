"""Read what a description denies, contrasts, and reports as past, before its words are compared.

Pure. "Works over VPN, fails without" names a VPN and accuses it of nothing; words alone would.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from knowledge.search.contrasts import FAILS, VPN, clauses, places_in, works_at, works_only_at
from knowledge.search.denials import (
    TOKENS,
    Denial,
    denials_in,
    unblocked_in,
    without_unblocked,
    without_unreported,
)
from knowledge.search.measurements import good_values_in

_SILENT: Final = re.compile(
    r"\b(?:no (?:sound|audio|voice)|silen\w+|hears?|heard|mute|dead air|sound|audio|"
    r"(?<![.:@/\[-])voice(?![-.\]]| (?:sdk|app|calls?|client|service|phone|soft ?phone|insights|gateway|team)\b)|"
    r"53405|31003|media)\b",
    re.IGNORECASE,
)
_INCOMING: Final = re.compile(
    r"\b(?:incoming|inbound|rings?|ringing|register\w*|registration|receiv\w+)\b", re.IGNORECASE
)
_ONE_WAY: Final = re.compile(
    r"\b(?:one[- ]way|one side|can hear (?:us|me|them)|hears? (?:us|me|him|her|them|"
    r"the (?:customer|caller|agent|other))|"
    r"(?:not|never) heard|heard by)\b",
    re.IGNORECASE,
)
_NOT_HEARD: Final = re.compile(
    r"(?:not|n't|nobody|no one) hears? (?:us|me|him|her|the agent)\b|\b(?:not|never) (?:be )?heard\b",
    re.IGNORECASE,
)
_SAME_EVERYWHERE: Final = re.compile(
    r"\b(?:same|fails?|identical)\b[^.\n]{0,30}\b(?:two|both|three|all|every|several|"
    r"other|different) (?:browsers?|machines?)",
    re.IGNORECASE,
)
_READY: Final = re.compile(
    r"\b(?:device|client|phone)\b[^.,\n]{0,20}\b(?:gets|is|becomes|goes|was|reports?|"
    r"says?)\b[^.,\n]{0,10}\b(?:ready|registered|online)\b",
    re.IGNORECASE,
)
_PAST: Final = re.compile(
    r"\b(?:used to|(?:is|are|was|were|been|has been) (?:gone|solved|fixed|cured|over)|"
    r"(?:solved|fixed) (?:it|that|now|already)|"
    r"no longer (?:see|get|have|occurs?|happens?)|(?<!since )(?<!from )(?:last|previous) (?:week|month|year)|"
    r"years? ago|was (?:fine|ok|good|working))\b",
    re.IGNORECASE,
)
# What was and is over: a code there is no longer the trouble.
_OVER: Final = re.compile(
    r"\b(?:used to|(?:is|are|was|were|been|has been) (?:gone|solved|fixed|cured|over|resolved)|"
    r"(?<!not )(?<!never )(?<!n't )(?:solved|fixed|cured)|no longer (?:see|get|have|occurs?|happens?))\b",
    re.IGNORECASE,
)
_RESOLVE: Final = re.compile(r"\b(?:un)?resolv(?:es?|ed|ing)\b", re.IGNORECASE)
_NAMES: Final = re.compile(
    r"\b(?:dns|hosts?(?:name)?|names?|address(?:es)?|domains?|resolvers?|lookup|nslookup|url|8\.8\.8\.8|\b\w{1,40}\.com)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Statements:
    """The description without what it denies, and the causes that its contrasts speak for (negative: against)."""

    text: str
    points: dict[str, float] = field(default_factory=dict)
    denied: list[str] = field(default_factory=list)  # names of subjects

    def add(self, value: float, *causes: str) -> None:
        """Add *value* to each of *causes*."""
        for cause in causes:
            self.points[cause] = self.points.get(cause, 0.0) + value


_DENIAL: Final = -1.5
_TAKEN_AWAY: Final = re.compile(
    r"\b(?:without|off|disabl\w+|remov\w+|uninstall\w*|paus\w+|deactivat\w+|outside)\b", re.IGNORECASE
)
# Networks that let visitors through only after they accepted terms or logged in; in companies, often only a firewall.
_NET: Final = r"(?=[^.;\n]{0,40}\b(?:wi-?fi|wlan|network|lan|internet|hot ?spot|ssid)\b)"
_PUBLIC: Final = re.compile(
    r"\b(?:hotels?|airports?)\b|\b(?:hostels?|motels?|public|caf[eé]s?|coffee ?(?:shop|house|bar)|starbucks|conference|"
    r"trade fair|exhibition|lounge|library|trains?|ferry|plane|in-?flight|camp ?site|airbnb|dormitory|fair)\b"
    + _NET,
    re.IGNORECASE,
)
_GUEST: Final = re.compile(r"\b(?:guests?|visitors?)\b" + _NET, re.IGNORECASE)
# "Turn the VPN off" has nothing to do with TURN servers.
_SWITCH: Final = re.compile(
    r"\bturn(?:s|ed|ing)?\b(?=[^.,;\n]{0,30}\b(?:on|off|out|back)\b)|\bin turn\b"
    r"|\b(?:my|your|his|her|our|their|whose) turn\b"
    r"|\bturn(?:s|ed|ing)? (?:it|them|green|red|gr[ae]y|black|into|around|up|to)\b"
)


def read_statements(text: str) -> Statements:
    """Read the contrasts and denials in *text*."""
    found = Statements(without_unreported(_SWITCH.sub("switch", text)))
    works, fails = places_in(found.text)
    _judge_vpn(found, works, fails)
    _judge_places(found, works, fails)
    _deny(found)
    if fails & {"vpn", "no-vpn"} == {"vpn"} and "vpn" not in {*works, *found.denied}:
        found.add(0.7, "vpn-in-the-way")
    if "microphone" in found.denied and _NOT_HEARD.search(found.text):
        found.add(1.6, "microphone-unavailable")  # allowed, and perhaps the wrong one
        found.add(-0.6, "media-udp-one-way")
    if _SAME_EVERYWHERE.search(text):
        found.add(_DENIAL, "browser-extension")
    if _READY.search(text):
        found.add(_DENIAL, *TOKENS)
    found.add(_DENIAL, *unblocked_in(found.text))
    measured, well = good_values_in(found.text)
    found.add(_DENIAL, *well)
    found.text = without_past(without_unblocked(measured))
    if not _NAMES.search(_RESOLVE.sub(" ", text)):  # promises and problems are resolved, too
        found.text = _RESOLVE.sub(" ", found.text)
    return found


def _judge_vpn(found: Statements, works: set[str], fails: set[str]) -> None:
    if "vpn" in works and "vpn" not in fails:
        found.denied.append("vpn-helps")
        found.add(-3.0, "vpn-in-the-way")
        found.text = VPN.sub(" ", found.text)
        if _SILENT.search(found.text):
            found.add(1.4, "media-udp-blocked")
            found.add(1.2, "turn-required")
        else:
            found.add(1.3, "signaling-blocked")
            found.add(0.9, "media-udp-blocked")
            found.add(0.5, "turn-required")
    elif "no-vpn" in works:
        found.add(1.3, "vpn-in-the-way")
    elif "no-vpn" in fails and "vpn" not in fails:
        found.denied.append("vpn")
        found.add(-3.0, "vpn-in-the-way")
        found.text = VPN.sub(" ", found.text)


def _judge_places(found: Statements, works: set[str], fails: set[str]) -> None:
    """Something else works elsewhere, so this network is in the way."""
    if not (works & {"mobile", "away"}) or works & {"office"}:
        if "office" in works and "mobile" in fails:
            found.add(0.6, "ipv6-only", "dns-failing")
        return
    if _SILENT.search(found.text):
        one_way = 0.6 if _ONE_WAY.search(found.text) else 0.0
        found.add(0.9, "media-udp-blocked")
        found.add(0.5 + one_way, "media-udp-one-way")
        found.add(0.4, "turn-required")
    elif _INCOMING.search(found.text):
        found.add(0.9, "registration-blocked")
    else:
        found.add(1.2, "signaling-blocked")
    if _PUBLIC.search(found.text) or _GUEST.search(found.text):
        weak = _SILENT.search(found.text) or not _PUBLIC.search(found.text)
        found.add(0.8 if weak else 1.7, "captive-portal")
    found.add(-1.0, *TOKENS, "no-network", "push-registration")


def _deny(found: Statements) -> None:
    """Take out what the text rules out, with the causes that fall with it."""
    blamed = "vpn-in-the-way" in found.points
    places: set[tuple[int, int]] = set()
    for denial in denials_in(found.text):
        if denial.subject == "vpn" and (blamed or _works_there(found.text, denial)):
            continue
        if denial.blamed and _works_without(found.text, denial):
            for cause, value in denial.blamed:
                found.add(value, cause)
            continue
        found.denied.append(denial.subject)
        found.add(_DENIAL, *denial.causes)
        places |= {*denial.places}
    edge = len(found.text)  # spans may overlap
    for begin, end in sorted(places, reverse=True):
        found.text = f"{found.text[:begin]} {found.text[max(begin, min(end, edge)) :]}"
        edge = begin


def _works_there(text: str, denial: Denial) -> bool:
    """Tell whether "without the VPN" is where it works, and so no denial."""
    return all(works_at(text, begin) for begin, _ in denial.places)


def _works_without(text: str, denial: Denial) -> bool:
    """Tell whether *text* takes something away, and then it works: "with it off", not "there is none"."""
    return any(
        _TAKEN_AWAY.search(text[begin:end]) and works_only_at(text, begin, denial.words)
        for begin, end in denial.places
    )


def without_past(text: str) -> str:
    """Drop the clauses about something that is over, unless nothing else is left."""
    parts = list(clauses(text))
    now = [clause for clause in parts if not _PAST.search(clause)]
    if len(now) == len(parts) or not any(FAILS.search(clause) for clause in now):
        return text
    return ". ".join(now)


def codes_of_the_past(text: str, codes: Iterable[str]) -> frozenset[str]:
    """Return those of *codes* that *text* names only in what it says is over, while something else fails now."""
    now = without_past(text) if _OVER.search(text) else text
    return frozenset(code for code in codes if code in text and code not in now)
