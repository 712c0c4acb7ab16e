"""Answer whether a thing was checked in a case, and how that went.

Pure: no network, no clock. What was not checked is called that.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from bot.language.case_context import CaseContext, LookedAt


def any_of(*patterns: str) -> re.Pattern[str]:
    """Return the pattern that matches where one of *patterns* does."""
    return re.compile("|".join(patterns))


_TROUBLE: Final = any_of(
    r"\b(?:anything|something|nothing|any (?:problems?|issues?|trouble|errors?)|problems?|issues?|trouble)\b[^.?]{0,12}"
    r"\b(?:with|on|in|at) "
)
_TESTED: Final = any_of(
    r"\b(?:did|have|has|do|does) (?:you|it|lineman|the (?:relay|bot|probe))\b[^.?]{0,12}"
    r"\b(?:test|check|tr(?:y|ied)|look|measure|prob|see|reach|cover)",
    r"\b(?:was|were|is|has|have|are)\b[^.?]{0,30}\b(?:tested|checked|tried|looked at|measured|probed|covered)\b",
    r"^\W*(?:(?:and|so|but|ok)\W+)*(?:did|does|is|are|was|were)\b[^.?]{0,30}"
    r"\b(?:pass|passed|succeed\w*|ok|fine|healthy|get through|opened|open|connect\w*|come up|"
    r"stay (?:up|open)|hold|works?|working)\b",
    r"\b(?:rule|ruled|exclude|excluded)\b[^.?]{0,12}\bout\b|\b(?:can|could|do) (?:we|you|i) exclude\b",
    r"\b(?:fine|ok|okay|good|open|works?|working|clear|clean|reachable|up)\b\W+(?:right|then|yes|correct|isn't it|"
    r"or not|or)\W*$",
    _TROUBLE.pattern,
    r"\bhow (?:is|was|are|were|did) [^.?]{0,20}\b(?:doing|go|look|behave)?\W*$",
)
_SIGNED: Final = any_of(
    r"\b(?:who|which|what|whose)\b[^.?]{0,25}\b(?:sign\w*|issue[rds]\w*|ca|authority|root)\b",
    r"\b(?:issuer|signer)\b",
)

# (words for it, the checks that look at it, what it is called).
_CHECKS: Final[tuple[tuple[re.Pattern[str], Callable[[LookedAt], bool], str], ...]] = (
    (any_of(r"\b(?:udp|media|rtp|audio|voice)\b"), lambda one: one.probe == "udp_media", "UDP to the media ports"),
    (any_of(r"\bturn\b"), lambda one: one.probe == "turn", "TURN"),
    (any_of(r"\b(?:stun|nat)\b"), lambda one: one.probe in ("stun", "nat"), "STUN and the NAT"),
    (any_of(r"\b(?:dns|names?|lookups?|resolv\w+)\b"), lambda one: one.probe == "dns", "Name lookup"),
    (any_of(r"\b(?:tls|ssl|certificates?|inspection)\b"), lambda one: one.probe == "tls", "TLS"),
    (any_of(r"\b(?:web ?sockets?|wss)\b"), lambda one: one.probe == "websocket", "The signaling WebSocket"),
    (any_of(r"\b(?:registration|ers)\b"), lambda one: one.service == "registration", "The registration server"),
    (any_of(r"\b(?:insights|eventgw)\b"), lambda one: one.service == "insights", "The Insights gateway"),
    (any_of(r"\bmtu\b|\bpacket size\b"), lambda one: one.probe == "mtu", "The size of packets"),
    (any_of(r"\b(?:quality|jitter|loss|latency|rtt|round trip)\b"), lambda one: one.probe == "quality",
     "The line's quality"),
    (any_of(r"\b(?:edges?|regions?)\b"), lambda one: one.probe == "edges", "The other edges"),
    (any_of(r"\b(?:signal\w*|gateways?|443|tcp)\b"), lambda one: one.probe == "tcp" and one.service == "signaling",
     "TCP to the signaling gateways"),
    (any_of(r"\bports\b"), lambda one: one.probe == "udp_media", "UDP to the media ports"),
)  # fmt: skip
_MOST: Final = 6  # hosts in one answer


def answer_from_checks(lower: str, about: CaseContext) -> tuple[str, ...]:
    """Say whether the thing that *lower* asks for was checked, and how it went; nothing if it names none."""
    if _SIGNED.search(lower):
        return _signed(about)
    named = _tested(lower, about) if _TESTED.search(lower) else ()
    return (*named, *about.evidence) if named and "how many" in lower else named


def _signed(about: CaseContext) -> tuple[str, ...]:
    """Say what is known of who signed the certificates; nothing if none was checked."""
    looks = [one for one in about.looked if one.probe == "tls" and not one.no_result]
    failed = tuple(f"{one.target}: {one.failure}." for one in looks if one.failure)
    if looks and not failed:
        return ("The certificates come from a public authority and are valid.", *where_checked(about))
    return tuple(dict.fromkeys((*(text for text in about.evidence if "certificate" in text), *failed)))


def _tested(lower: str, about: CaseContext) -> tuple[str, ...]:
    """Say whether the named thing was checked, and how it went; nothing if none is named."""
    for words, belongs, name in _CHECKS:
        if words.search(lower):
            result = tuple(_result(name, [one for one in about.looked if belongs(one)], about))
            trouble = _TROUBLE.search(lower)  # "any problem with DNS?" is not asked for yes or no alone
            return tuple(text.removeprefix("Yes. ") for text in result) if trouble else result
    return ()


def _result(name: str, looks: list[LookedAt], about: CaseContext) -> Iterator[str]:
    ended = [one for one in looks if not one.no_result]
    if not looks:
        yield f"No. {name} was not part of this case."
    elif not ended:
        yield f"{name} was checked without a result: {looks[0].failure}."
    elif failed := [one for one in ended if one.failure]:
        places = dict.fromkeys(f"{one.target} ({one.failure})" for one in failed)
        well = (
            f" {len(ended) - len(failed)} of {len(ended)} checks worked." if len(failed) < len(ended) else ""
        )
        yield f"Yes. {name} was checked, and this failed: {'; '.join(list(places)[:_MOST])}.{well}"
    else:
        yield f"Yes. {name} was checked, and it works."
    yield from where_checked(about)


def where_checked(about: CaseContext) -> Iterator[str]:
    """Add where the checks ran, if that was not the user's network."""
    if about.vantage == "reference":
        yield "The checks ran outside the user's own network, so they say little about that network."
    elif about.vantage == "unknown":
        yield "Whether the checks ran in the user's own network is not known."
