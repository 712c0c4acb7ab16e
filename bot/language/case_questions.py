"""Answer questions in a case from its own answers: TURN, the firewall, hosts, checks, and what to pass on.

Pure: no network, no clock. Says only what was observed; what was not checked is called that.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from bot.language.case_context import CaseContext, LookedAt
from bot.language.case_results import answer_from_results


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


_TURN_HELPS: Final = _any(
    r"\b(?:turn|ice servers?)\b[^.?]{0,30}\b(?:help|fix|solve|cure|save|rescue|enough|work|"
    r"be any use|make (?:it|a difference)|get (?:\w+ ){1,2}(?:going|working|through|connected|running))",
    r"\b(?:help|fix|solve|cure)\w*\b[^.?]{0,30}\b(?:turn|ice servers?)\b",
    r"\b(?:do|does|would|will|must|should) (?:we|i|they|s?he|it|the \w+)\b[^.?]{0,20}\bneed[^.?]{0,12}\bturn\b",
)
_ABOUT_HERE: Final = _any(
    r"\b(?:here|this (?:case|customer|user|network|site|one)|them|they|him|her|us|we|our|it|now|anything)\b",
    r"^\W*(?:would|will|could|does|do|is|can)\b",
)
_FIREWALL: Final = _any(
    r"\b(?:is|was|could|can|might|may|would)(?:n't)?\b[^.?]{0,20}\b(?:our|the|their|my|his|her|a|your|some)"
    r"(?: own| customer's| company| corporate| office| local)?\s+(?:firewall|filter|network|router)\b",
    r"\bfirewall(?:'s)?\b[^.?]{0,20}"
    r"\b(?:to blame|at fault|fault|the (?:cause|culprit|problem|reason)|involved|blocking)",
    r"\b(?:does|did|do|has|is) (?:our|the|their|my|a) (?:firewall|filter|network)\b[^.?]{0,20}\b(?:block|drop|stop)",
)
_HOSTS: Final = _any(
    r"\b(?:which|what)\b[^.?]{0,20}"
    r"\b(?:hosts?|servers?|address(?:es)?|ips?|names?|domains?|gateways?|targets?|ports?)\b[^.?]{0,25}"
    r"\b(?:blocked|failing|fails?|failed|shut|closed|dropped|unreachable|down|not (?:work|reach|answer|open))",
    r"\bwhat (?:exactly )?(?:is|was|were|got|gets) (?:being )?(?:blocked|shut|dropped)\b",
    r"\b(?:which|what) (?:ones?|of them) (?:is|are|was|were) (?:blocked|failing|shut)",
)
_TELL: Final = _any(
    r"\bwhat (?:should|shall|can|could|do|must|would|to)\b[^.?]{0,12}"
    r"\b(?:tell|say to|write (?:back )?to|get back to|respond to|answer|reply to|pass on to|send)"
    r"(?:\s+(?:to\s+)?(?:them|him|her|the (?:customer|user|caller|client|agent|team|network people|it team|"
    r"firewall team)|our (?:customer|user|it|network team|firewall team)|it))?",
    r"\bwhat (?:goes|do i put) (?:back )?(?:to|in the mail to) the (?:customer|user)\b",
)
_TESTED: Final = _any(
    r"\b(?:did|have|has|do|does) (?:you|it|lineman|the (?:relay|bot|probe))\b[^.?]{0,12}"
    r"\b(?:test|check|tr(?:y|ied)|look|measure|prob|see|reach|cover)",
    r"\b(?:was|were|is|has|have|are)\b[^.?]{0,30}\b(?:tested|checked|tried|looked at|measured|probed|covered)\b",
    r"^\W*(?:(?:and|so|but|ok)\W+)*(?:did|does|is|are|was|were)\b[^.?]{0,30}"
    r"\b(?:pass|passed|succeed\w*|ok|fine|healthy|get through|opened|open|connect\w*|come up|works?|working)\b",
    r"\b(?:rule|ruled|exclude|excluded)\b[^.?]{0,12}\bout\b|\b(?:can|could|do) (?:we|you|i) exclude\b",
)

# (words for it, the checks that look at it, what it is called).
_CHECKS: Final[tuple[tuple[re.Pattern[str], Callable[[LookedAt], bool], str], ...]] = (
    (_any(r"\b(?:udp|media|rtp|audio|voice)\b"), lambda one: one.probe == "udp_media", "UDP to the media ports"),
    (_any(r"\bturn\b"), lambda one: one.probe == "turn", "TURN"),
    (_any(r"\b(?:stun|nat)\b"), lambda one: one.probe in ("stun", "nat"), "STUN and the NAT"),
    (_any(r"\b(?:dns|names?|lookups?|resolv\w+)\b"), lambda one: one.probe == "dns", "Name lookup"),
    (_any(r"\b(?:tls|ssl|certificates?|inspection)\b"), lambda one: one.probe == "tls", "TLS"),
    (_any(r"\b(?:web ?sockets?|wss)\b"), lambda one: one.probe == "websocket", "The signaling WebSocket"),
    (_any(r"\b(?:registration|ers)\b"), lambda one: one.service == "registration", "The registration server"),
    (_any(r"\b(?:insights|eventgw)\b"), lambda one: one.service == "insights", "The Insights gateway"),
    (_any(r"\bmtu\b|\bpacket size\b"), lambda one: one.probe == "mtu", "The size of packets"),
    (_any(r"\b(?:quality|jitter|loss|latency|rtt|round trip)\b"), lambda one: one.probe == "quality",
     "The line's quality"),
    (_any(r"\b(?:edges?|regions?)\b"), lambda one: one.probe == "edges", "The other edges"),
    (_any(r"\b(?:signal\w*|gateways?|443|tcp)\b"), lambda one: one.probe == "tcp" and one.service == "signaling",
     "TCP to the signaling gateways"),
)  # fmt: skip
_UDP_CAUSES: Final = frozenset({"media-udp-blocked", "turn-required", "media-udp-one-way"})
_NO_SIGNALING: Final = frozenset(
    {
        "signaling-blocked", "websocket-blocked", "dns-failing", "no-network", "tls-intercepted", "captive-portal",
        "proxy-required", "proxy-login", "proxy-refuses-service", "legacy-signaling-port", "ipv6-only",
    }
)  # fmt: skip
_BY_FILTER: Final = frozenset(
    {
        "signaling-blocked", "websocket-blocked", "registration-blocked", "insights-blocked", "media-udp-blocked",
        "media-udp-one-way", "turn-blocked", "turn-partly-blocked", "edges-partly-blocked", "edge-unreachable",
        "legacy-signaling-port", "tls-intercepted", "proxy-refuses-service", "turn-required",
    }
)  # fmt: skip
_NOTHING: Final = "Nothing was found here so far, so there is nothing to pass on yet."
_MOST: Final = 6  # hosts in one answer
_LONGEST: Final = 200  # characters of a question


def answer_from_case(lower: str, about: CaseContext) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return sentences about this case that answer *lower*, and the ids of general passages to go after them.

    Both are empty where no case was looked at, or the question is not about it.
    """
    if not about.looked or len(lower) > _LONGEST:
        return (), ()
    if _TURN_HELPS.search(lower) and _ABOUT_HERE.search(lower):
        return tuple(_turn(about)), ("turn-why",)
    if _TELL.search(lower):
        return (*(about.customer or (_NOTHING,)), *_where(about)), ()
    if _HOSTS.search(lower):
        return tuple(_hosts(about)), ()
    if _FIREWALL.search(lower):
        return tuple(_firewall(about)), ("firewall-who",)
    if (results := answer_from_results(lower, about))[0]:
        return results
    if _TESTED.search(lower) and (named := _tested(lower, about)):
        return named, ()
    return (), ()


def _turn(about: CaseContext) -> Iterator[str]:
    """Say whether TURN would help, as far as UDP, TURN, and the app's settings are known."""
    found, answers = set(about.found), about.answers
    media, turn, passed = (answers.get(name, "") for name in ("media-udp", "turn", "turn-passed"))
    if blocked := found & _NO_SIGNALING:
        yield f"No, not for what was found here: {_titles(blocked, about)}. TURN carries audio, not signaling."
        return
    if found & _UDP_CAUSES or media in ("outbound-lost", "inbound-lost"):
        if turn == "shut":
            yield "No. UDP to the media ports is blocked here, and no TURN server can be reached either."
        elif turn == "reached":
            yield "Yes. UDP to the media ports is blocked here, and a TURN server can be reached."
            yield {
                "yes": "The app passes TURN servers already, so check the address and how old the credentials are.",
                "no": "The app passes no TURN servers yet. The app's developer needs to add them.",
            }.get(passed, "Whether the app passes TURN servers is not known.")
        else:
            yield "Probably. UDP to the media ports is blocked here, but TURN was not checked."
    elif media == "open":
        yield "No. UDP to the media ports gets through here, so audio does not need TURN."
    else:
        yield f"Not known here: {_unknown('media-udp', 'UDP to the media ports', about)}"
        if turn:
            yield {"reached": "A TURN server can be reached.", "shut": "No TURN server can be reached."}.get(
                turn, ""
            )


def _firewall(about: CaseContext) -> Iterator[str]:
    """Say whether a filter shows, and by what."""
    blocking = [cause for cause in about.found if cause in _BY_FILTER]
    if blocking:
        yield "It looks like a firewall or another filter."
        yield from (f"Found here: {about.titles[cause].rstrip('.')}." for cause in blocking)
        yield from about.evidence
    elif about.found:
        yield f"What was found here is something else: {_titles(about.found, about)}."
    else:
        open_ones = [cause for cause in about.possible if cause in _BY_FILTER]
        yield "Nothing that was checked here shows a firewall."
        if open_ones:
            yield f"Not ruled out: {_titles(open_ones, about)}."
        if "media-udp" in about.unknown:
            yield _unknown("media-udp", "UDP to the media ports", about)
    yield from _where(about)


def _hosts(about: CaseContext) -> Iterator[str]:
    """Name what failed, host by host."""
    failed = dict.fromkeys(
        f"{one.target} ({one.failure})"
        for one in about.looked
        if one.failure and not one.no_result and one.target
    )
    if failed:
        listed = list(failed)
        more = f"; and {len(listed) - _MOST} more" if len(listed) > _MOST else ""
        yield f"These did not work: {'; '.join(listed[:_MOST])}{more}."
        yield from about.evidence
    else:
        yield "No host that was checked is blocked."
    yield from _where(about)


def _tested(lower: str, about: CaseContext) -> tuple[str, ...]:
    """Say whether the named thing was checked, and how it went; nothing if none is named."""
    for words, belongs, name in _CHECKS:
        if words.search(lower):
            return tuple(_result(name, [one for one in about.looked if belongs(one)], about))
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
    yield from _where(about)


def _where(about: CaseContext) -> Iterator[str]:
    """Add where the checks ran, if that was not the user's network."""
    if about.vantage == "reference":
        yield "The checks ran outside the user's own network, so they say little about that network."
    elif about.vantage == "unknown":
        yield "Whether the checks ran in the user's own network is not known."


def _unknown(question: str, name: str, about: CaseContext) -> str:
    reason = about.unknown.get(question, "").rstrip(".")
    return f"{name} was not checked{f' ({reason})' if reason else ''}."


def _titles(causes: Iterable[str], about: CaseContext) -> str:
    titles = [about.titles.get(cause, cause).rstrip(".") for cause in causes]
    return "; ".join(f"{title[:1].lower()}{title[1:]}" if title[1:2].islower() else title for title in titles)
