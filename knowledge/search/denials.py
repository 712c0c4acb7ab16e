"""Find what a description rules out: "no proxy", "the token is valid", "switching it off changed nothing".

Pure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

_ARTICLES: Final = (
    r"(?:(?:a|an|any|the|our|my|his|her|their|its|such|kind|sort|of|corporate|company|office|web|http|local|other|"
    r"more|browser)\s+){0,4}"
)
_NOT: Final = (
    r"(?:no|not(?= (?:vpn|prox|firewall|ad ?block|antivirus|extension|captive))|"
    r"not (?:on|using|behind|via|over|through|in|with|an?|the)|without|never (?:on|"
    r"behind|used)|away from|free of|"
    r"outside (?:of )?|nothing (?:is )?wrong with|(?:no|without) (?:problems?|issues?|trouble|fault) with|"
    r"nothing to do with|neither|nor|isn't|aren't|no longer (?:on|behind|using)|(?:don't|"
    r"do not|doesn't|does not|didn't|"
    r"did not) (?:use|have|need|run|involve)|(?:turned|switched|switching|turning) off|"
    r"(?:paus|disabl|remov|uninstall)(?:e|es|ed|ing)|(?:turn|switch)(?:s|es)? off)"
)
_NOT_IT: Final = (
    r"(?:(?:is|was|are|it's|that's|it is)\s*(?:not|n't)|isn't|wasn't|aren't|"
    r"(?:is|was|are|it's)\s+neither|not)(?:\s+(?:about|because of|due to|caused by))?"
)
_BAD: Final = r"(?:(?:expired|invalid|wrong|blocked|old|bad|missing|stale|broken|denied)\s+)?"
_NO_CHANGE: Final = (
    r"(?:all the same|no (?:change|difference|effect)|same (?:error|problem|result|thing)|"
    r"(?:did|does)(?:n't| not) (?:help|change)|"
    r"(?:makes|made) no difference|changed nothing|without (?:success|effect)|fails anyway|still fails|to no avail)"
)
_FINE: Final = (
    r"(?:granted|allowed|given|fine|ok|okay|good|valid|fresh(?! install)|"
    # "Is new", and not "on the new laptops"; "is right", and not "right away".
    r"(?:(?<=\bis )|(?<=\bare )|(?<=\bwas )|(?<=\bwere )|(?<=brand )|(?<=brand-))new|correct|reachable|"
    r"right(?! (?:after|away|before|now|at|in|when|side|once)\b)|"
    r"(?:(?:only )?(?:a few |some |\d+ )?(?:seconds?|minutes?) old)|just (?:minted|made|created|issued)|"
    r"resolves?|resolved|healthy|off|"
    r"disabled|disconnected|ruled out|up to date|working|works?|fetched|present|synced|synchronized|in sync|accepted|"
    r"enabled|open|arrives?|received|verified|checked|intact|unchanged|excluded|"
    r"not (?:the|a|an) (?:problem|cause|issue|"
    r"reason)|not (?:involved|in use|to blame|blocked))"
)
# What was well at another time is not well now.
_ONCE: Final = (
    r"once|yesterday|last|before|at (?:first|night)|"
    r"for (?:an?|one|two|\d+|some|a few) (?:hours?|minutes?|days?)"
)
# "The token is not expired", "the microphone was never blocked".
_NOT_BAD: Final = (
    r"(?:is|are|was|were|has|have)(?:\s+(?:not|never)|n't)\s+(?:(?:been|yet|really|actually|at all)\s+)?"
    r"(?:blocked|denied|muted|the (?:problem|cause|reason|culprit)|at fault|to blame|broken|"
    r"missing|disabled|in the way|involved|in use)"
)
_NOT_OLD: Final = (
    r"(?:is|are|was|were|has|have)(?:\s+(?:not|never)|n't)\s+(?:yet\s+)?(?:expired?|out of date|run out|old)"
)
# "The microphone was blocked, now it is allowed."
_NOW: Final = r"\b[^.\n]{0,50}\b(?:now|meanwhile|since then|today)\b[^.,\n]{0,20}\b"
_GAP: Final = (
    r"(?:(?!dead\b|broken\b|silent\b|gone\b|fail\w*|refus\w*|block\w*|denied\b|mut\w+|stop\w*|drop\w*)"
    r"(?!not\b|never\b|no\b|nor\b|without\b|isn|\w+n't|gets?\b|got\b|when\b|if\b|we\b|they\b|you\b|until\b|before\b|since\b)"
    r"[\w'-]+\s+){0,4}"
)


@dataclass(frozen=True, slots=True)
class _Subject:
    """Something that people rule out, and the causes that fall with it."""

    name: str
    words: str
    causes: tuple[str, ...]
    absent: bool = False  # whether "no X" rules it out; "no microphone" is a complaint
    not_bad: str = _NOT_BAD
    blamed: tuple[tuple[str, float], ...] = ()  # "without X it works": causes and points


TOKENS: Final = (
    "token-invalid", "token-expired", "token-missing", "token-without-grant", "token-early", "token-lifetime",
)  # fmt: skip
_SUBJECTS: Final = (
    _Subject("vpn", r"vpns?\b", ("vpn-in-the-way",), absent=True),
    _Subject("proxy", r"prox(?:y|ies)\b", ("proxy-required", "proxy-login"), absent=True,
        blamed=(("websocket-blocked", 1.6), ("proxy-refuses-service", 1.4), ("proxy-login", 0.8))),
    _Subject("vdi", r"(?:citrix|vdi|vmware|horizon|rdp|(?:virtual|remote) desktops?|terminal servers?)\b", ("vdi",),
        absent=True, blamed=(("vdi", 2.0),)),
    _Subject("firewall", r"firewalls?\b", (), absent=True,
        blamed=(("signaling-blocked", 0.8), ("media-udp-blocked", 0.8))),
    _Subject("microphone", r"(?:mic(?:rophone)?(?:'s)?(?: (?:permission|access))?|"
        r"permissions?(?: for the mic\w*)?)\b", ("microphone-denied",)),
    _Subject("token", r"(?:(?:access )?tokens?|jwts?|api keys?|credentials)\b", TOKENS),
    _Subject("token-age", r"(?:(?:access )?tokens?|jwts?)\b", ("token-expired",), not_bad=_NOT_OLD),
    _Subject("headset", r"(?:head ?sets?|head ?phones?|sound cards?|mic(?:rophone)?s?(?! (?:permission|access)))\b",
        ("microphone-unavailable",)),
    _Subject("dns", r"(?:dns|name (?:resolution|lookup)s?|(?:host ?)?names?|hosts?)\b", ("dns-failing",)),
    _Subject("clock", r"(?:clock|system time|date and time)\b", ("clock-skew", "token-early")),
    _Subject("extension",
        r"(?:(?:ad|script|tracking|pop-?up|cookie|content) ?blockers?|extensions?|plug-?ins?|add-?ons?|"
        r"u?block(?: origin)?|"
        r"adblock\w*|adguard|privacy badger|ghostery|no ?script|brave shields?)\b", ("browser-extension",), absent=True,
        blamed=(("browser-extension", 2.2),)),
    _Subject("inspection", r"(?:(?:ssl|tls|https) (?:inspection|decryption|scanning)|antivirus|virus scanner|"
        r"inspection|web (?:shield|protection|filter)|security suite)\b", ("tls-intercepted",), absent=True,
        blamed=(("tls-intercepted", 1.8),)),
    _Subject("certificate", r"(?:certificates?|certs?)\b", ("tls-intercepted", "certificate-out-of-date")),
    _Subject(
        "internet", r"(?:internet|network|connection|wi-?fi|line|bandwidth)(?: connection| access)?\b", ("no-network",)
    ),
    _Subject("portal", r"(?:(?:captive )?portals?|(?:login|splash|terms|welcome) pages?)\b", ("captive-portal",),
        absent=True),
    _Subject("push",
        r"(?:push(?:es| notifications?)?|notifications?(?= (?:arriv|are received|come)))\b", ("push-registration",)),
    _Subject("port-443", r"(?:(?:tcp )?(?:port )?443(?: tcp)?|https port)\b", ("signaling-blocked",)),
    _Subject("turn", r"(?:turn servers?|ice servers?)\b", ("turn-credentials-stale",)),
)  # fmt: skip

_LISTED: Final = r"(?:[\w-]+\s*(?:,|and|or|nor|/)\s*(?:(?:and|or|nor)\s+)?)?"

# "There is no message that the token has expired": what nothing reports is not reported.
_NOT_REPORTED: Final = re.compile(
    r"\b(?:(?:(?:does|do|did|has|have)(?: ?not|n't)|never|without|nobody|no ?one|nothing)(?: \w+)? "
    r"(?:(?:say|mention|claim|stat(?!us)|mean|impl[yi]|indicat)\w*|said|(?:show|report|complain|tell|told)\w*"
    r"(?= (?:\w+ )?that\b))(?: (?:anything|us|me|anywhere))?(?: (?:that|of|about|the|an?|any)\b)|"
    r"(?:no|not (?:an?|any)|without (?:an?|any)|neither an?|nor an?) (?:\w+ )?"
    r"(?:messages?|errors?|hints?|mention|notes?|warnings?|evidence|indications?|log (?:lines?|entr\w+)) "
    r"(?:that|of|about|saying)\b)[^.;:,\n]*",
    re.IGNORECASE,
)
# "We thought of an expired token, but …": what people suspected first, and no longer do.
_SUSPECTED: Final = re.compile(
    r"\b(?:we|i|they|he|she|people|it)\b(?: (?:first|at first|initially|had|have|all|already))* "
    r"(?:(?:thought (?:of|about|that|it (?:was|is|might be|could be))|suspected|assumed|guessed|blamed|considered)\b"
    r"[^.;:,\n]{0,80}?(?=[,;]? (?:but|yet|however|though)\b)|ruled out\b[^.;:,\n]{0,60})",
    re.IGNORECASE,
)
# "The firewall is not blocking UDP."
_NOT_BLOCKED: Final = re.compile(
    r"\b(?:is|are|was|were|does|do|did|has|have)(?: ?not|n't) (?:be(?:en|ing) )?"
    r"(?:block|filter|stop|drop|restrict|intercept)\w*(?: (?:any|the|our|outgoing|outbound))* "
    r"(?P<what>udp|tcp|media|audio|ports?|port \d+|\d{2,5}|web ?sockets?|tls)\b",
    re.IGNORECASE,
)


def without_unreported(text: str) -> str:
    """Drop what *text* says that nothing and nobody reports, and what people suspected before they knew better."""
    return _SUSPECTED.sub(" ", _NOT_REPORTED.sub(" ", text))


def without_unblocked(text: str) -> str:
    """Drop what *text* says is not blocked."""
    return _NOT_BLOCKED.sub(" ", text)


def unblocked_in(text: str) -> Iterator[str]:
    """Return the causes that fall with what *text* says is not blocked."""
    for match in _NOT_BLOCKED.finditer(text):
        is_media = match["what"].casefold() in ("udp", "media", "audio")
        yield from (
            ("media-udp-blocked", "media-udp-one-way")
            if is_media
            else ("signaling-blocked", "websocket-blocked")
        )


@dataclass(frozen=True, slots=True)
class Denial:
    """Something that is ruled out: its name, the causes that fall with it, and where it is written."""

    subject: str
    causes: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    words: str  # the pattern that names it
    blamed: tuple[tuple[str, float], ...]  # the causes if "without it" is where calls work


def denials_in(text: str) -> Iterator[Denial]:
    """Find what *text* rules out."""
    for subject in _SUBJECTS:
        if not re.search(subject.words, text, re.IGNORECASE):
            continue
        places = {match.span() for pattern in _patterns(subject) for match in pattern.finditer(text)}
        if places:
            yield Denial(subject.name, subject.causes, tuple(sorted(places)), subject.words, subject.blamed)


@cache
def _patterns(subject: _Subject) -> tuple[re.Pattern[str], ...]:
    """The ways to rule out *subject*, compiled when a text first names it: for all subjects, it takes 0.03 s."""
    return tuple(
        re.compile(pattern, re.IGNORECASE)
        for pattern in (
            rf"\b{_NOT if subject.absent else _NOT_IT}\s+{_ARTICLES}{_BAD}{_LISTED}{_ARTICLES}{subject.words}",
            rf"\b{subject.words}\s+{_GAP}{_FINE}\b(?!\s*(?:not|until|only|again|{_ONCE})\b)",
            rf"\b{subject.words}[^.\n]{{0,60}}?\b{_NO_CHANGE}\b",
            rf"\b{subject.words}\s+{subject.not_bad}\b",
            rf"\b{subject.words}{_NOW}{_FINE}\b",
            rf"\b{_FINE}\s*,?\s+(?:and )?so (?:is|are|was|were) {_ARTICLES}{subject.words}",
        )
    )
