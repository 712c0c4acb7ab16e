"""Answer what to do in a case: what else to try, how to make calls until then, whether it is done, and what comes next.

Pure: no network, no clock. Says only what was observed; what was not checked is called that.
"""

import re
from collections.abc import Iterator
from typing import Final

from bot.language.case_context import CaseContext
from bot.language.case_scope import Found, Rule, first_answer, in_network, what_was_found

_WOULD: Final = (
    r"^(?!.*\b(?:how (?:do|does|to|can|could|should)|bluetooth)\b).*"
    r"\b(?:would|will|could|can|might|may|does|do|did|should|shall|why not|worth|"
    r"what if|what about|how about|any point|help\w*|fix\w*|try|solve\w*)\b"
)
_DEVICE: Final = (
    r"\b(?:re-?boot\w*|re-?start\w*|re-?install\w*|power[- ]?cycl\w*|re-?fresh\w*|cache|cookies|incognito|"
    r"private (?:window|mode)|headsets?|(?:log|sign)(?:ging|ing)? (?:out|off)(?: and (?:back )?in)?|"
    r"(?:another|an? (?:different|other|new|newer|second)|a newer|switch\w* (?:to )?(?:the |a )?|"
    r"chang\w+ (?:the |her |his |their )?|us(?:e|ing) (?:an? )?|swap\w* (?:the |a )?|"
    r"updat\w+ (?:the |her |his |their )?)"
    r"(?: ?\w+)? ?(?:browsers?|chrome|firefox|safari|laptops?|computers?|pcs?|machines?|devices?|handsets?|apps?|"
    r"headsets?|mics?|microphones?))\b"
)
_NETWORK: Final = (
    r"\b(?:hot ?spots?|mobile data|cellular|tether\w*|4g|5g|lte|from home|at home|home (?:office|network|wi-?fi)|"
    r"(?:another|an? (?:different|other)|other) (?:\w+ )?(?:networks?|wi-?fi|internet|line|connection|isp|provider))\b"
)
_WIRE: Final = re.compile(r"\b(?:cables?|wired|ethernet|lan cable|off (?:the )?wi-?fi)\b")
_TRY_DEVICE: Final = re.compile(
    rf"{_WOULD}.*{_DEVICE}|{_DEVICE}[^.?]*\b(?:help|fix|work|solve|change|matter)"
)
_TRY_NETWORK: Final = re.compile(
    rf"{_WOULD}.*{_NETWORK}|{_NETWORK}[^.?]*\b(?:help|fix|work|solve|change|matter)"
)
_OTHERS: Final = re.compile(
    r"\b(?:zoom|(?:ms |microsoft )?teams|whatsapp|skype|webex|facetime|google meet|youtube|netflix|everything else|"
    r"(?:all )?other (?:apps?|sites?|pages?|services?|calls?|programs?)|browsing|web ?sites?|the (?:rest|internet))\b"
    r"[^.?]{0,20}\b(?:works?|working|worked|fine|ok|okay|loads?|opens?|runs?|no (?:problem|issue)s?)\b"
)
_AROUND: Final = re.compile(
    r"\bif (?:they|it|he|she|(?:the|their) \w+) (?:cannot|can't|can not|will not|refuses?|does not|doesn't|do not|"
    r"won't|don't|says? no)\b|"
    r"\bwork-?arounds?\b|\bstop-?gap\b|\bin the (?:meantime|mean time|interim)\b|\bmeanwhile\b|"
    r"\b(?:what|how|can|could|is there|anything|any)\b.*\b(?:until|till|for now|temporar\w+|short[- ]term|"
    r"while (?:we|they|i|it|that)(?:'re| are|'s| is)? (?:wait\w*|pending|being))\b|"
    r"\b(?:another|any other|some other|quick) way (?:around|round)\b|\bget (?:around|round) (?:it|this|that)\b"
)
_DONE: Final = re.compile(
    r"\b(?:can|may|should|could|shall|do|is|safe to|ok to|time to)\b.*\bclos(?:e|ed|ing)\b.*\b(?:ticket|case|this|it|"
    r"thread|issue|one)\b|"
    r"^\W*(?:(?:so|and|ok|then|well)\W+)*(?:are (?:we|they) (?:done|good|finished|all set|in the clear)|"
    r"(?:is )?(?:all|everything) (?:is )?(?:good|clear|fine|green|ok|okay|well|in order))\b(?! but)(?!.*\bwhy\b)"
)
_STILL: Final = re.compile(
    r"\bwhy\b[^.?]*\b(?:still|anyway|nevertheless|nonetheless|then)\b|"
    r"\b(?:all|everything|nothing|no errors?|no problem|tests?|checks?)\b[^.?]*"
    r"\b(?:green|fine|pass\w*|ok|okay|good|wrong|found|clean)\b[^.?]*\bwhy\b"
)
_NEXT: Final = re.compile(
    r"^\W*(?:(?:so|and|ok|okay|then|well|now)\W+)*(?:what(?:'s| is| do (?:we|i|they) do| should (?:we|i|they) do|"
    r" would you do|'d you do| can (?:we|i|they) do| to do)?(?: the)? (?:next|now)|next steps?|"
    r"where (?:do|should) (?:we|i) (?:go|look|start)\b|"
    r"what else (?:can|could|should) (?:we|i|they) (?:do|try|check|look at|test))\b"
)
_ALLOW: Final = re.compile(
    r"\b(?:what|which)\b(?! (?:\w+ )?(?:ports?|hosts?|ips?|addresses|domains?|range)\b)[^.?]{0,30}"
    r"\b(?:exempt\w*|exclud\w+|allow\w*|open|whitelist\w*|unblock\w*|bypass\w*|permit\w*|let through|exception)\b"
)
_QUESTION: Final = re.compile(r"\?|^\W*(?:(?:so|and|ok)\W+)*(?:is|are|does|do|will|would|could|can)\b")
_ELSEWHERE: Final = "Mobile data and other networks do not pass through it, so calls should work there."
_MOST: Final = 3  # causes that are named


def answer_from_advice(lower: str, about: CaseContext) -> Found:
    """Return sentences that answer *lower*, and the ids of general passages to go after them; both may be empty."""
    return first_answer(_KINDS, lower, about)


def _on_device(about: CaseContext) -> Found:
    """Say whether another browser or device, or a restart, can change anything."""
    if in_network(about):
        same = "It is usually the same for every browser and device in a network, so a restart rarely helps."
        return ("Probably not. " + what_was_found(about), same), ()
    if about.found:
        return (what_was_found(about), "Try it once, but only a change of what was found fixes it."), ()
    return ("It is worth one try: no check found a problem in the network.", *_after_nothing(about)), ()


def _elsewhere(about: CaseContext) -> Found:
    """Say whether calls can work in another network."""
    if in_network(about):
        return ("Yes, probably. " + what_was_found(about), _ELSEWHERE), ("wifi-vs-mobile",)
    if about.found:
        return (what_was_found(about), "Another network shows whether it depends on this one."), ()
    return ("It is a good comparison: no check found a problem here.",), ("wifi-vs-mobile",)


def others_work(lower: str) -> bool:
    """Tell whether *lower* compares with another service that works."""
    return bool(_OTHERS.search(lower))


def _others(about: CaseContext) -> Found:
    """Say why another service can work in the same network."""
    where = (what_was_found(about),) if about.found else ("No check found a problem here.",)
    return where, ("other-apps",)


def _wired(about: CaseContext) -> Found:
    """Say whether a cable can help. It is the same network with a better first hop."""
    if in_network(about):
        return (
            "Probably not. " + what_was_found(about),
            "A cable leads through the same firewall as the Wi-Fi.",
        ), ()
    return (f"Measured here: {about.measured}.",) if about.measured else (), ("wifi-tips",)


def _around(about: CaseContext) -> Found:
    """Say how to make calls before what was found is fixed."""
    if not about.found:
        return (
            "No check found a problem, so there is nothing to work around yet.",
            *_after_nothing(about),
        ), ()
    if not in_network(about):
        return (what_was_found(about), *about.customer), ()
    return ("Until this is fixed, use mobile data or another network. " + _ELSEWHERE,), _turn_for(about)


def _turn_for(about: CaseContext) -> tuple[str, ...]:
    blocked = about.answers.get("media-udp", "") in ("outbound-lost", "inbound-lost")
    return ("turn-why",) if blocked and about.answers.get("turn") == "reached" else ()


def _done(about: CaseContext) -> Found:
    """Say whether the case can be closed."""
    if about.found:
        return ("Not yet. " + what_was_found(about), *about.customer), ()
    return ("Yes, if calls work for the user now. No check found a problem.", *_after_nothing(about)), ()


def _next(about: CaseContext) -> Found:
    """Say what to do while nothing was found. Otherwise the cause says what to do."""
    return (() if about.found else ("No check found a problem so far.", *_after_nothing(about))), ()


def _still(about: CaseContext) -> Found:
    """Say why calls still fail: for what was found, or else for something that was not checked."""
    return ((what_was_found(about), *about.evidence), ()) if about.found else _next(about)


def _after_nothing(about: CaseContext) -> Iterator[str]:
    """Name what can still be found out, and how."""
    if about.vantage != "user-network":
        yield "Run the checks in the user's own network: with a relay there, or with a check link that the user opens."
    else:
        yield "If calls still fail, the cause may be on the user's device, in the app, or in a VPN."
    yield "Run preflight on the user's device, or paste the log of a call that failed."
    rest = [text for text in about.judged.values() if text.startswith("Not checked here: ")]
    if rest:
        titles = "; ".join(
            text.removeprefix("Not checked here: ").split(". ")[0].rstrip(".") for text in rest[:_MOST]
        )
        yield f"Not checked here: {titles}."


def _allow(about: CaseContext) -> Found:
    """Pass on what has to be allowed, where a filter was found."""
    if not in_network(about):
        return (), ()
    after = {"tls-intercepted": "inspection-bypass", "media-udp-blocked": "ports-media"}
    passages = tuple(after[cause] for cause in about.found if cause in after)
    return about.customer, passages


_KINDS: Final[tuple[Rule, ...]] = (
    (_OTHERS.search, _others),
    (_AROUND.search, _around),
    (_TRY_NETWORK.search, _elsewhere),
    (lambda lower: _QUESTION.search(lower) and _WIRE.search(lower), _wired),
    (_TRY_DEVICE.search, _on_device),
    (_DONE.search, _done),
    (_STILL.search, _still),
    (_NEXT.search, _next),
    (_ALLOW.search, _allow),
)
