"""Answer questions in a case from its own answers: TURN, the firewall, hosts, checks, and what to pass on.

Pure: no network, no clock. Says only what was observed; what was not checked is called that.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from bot.language.case_advice import answer_from_advice
from bot.language.case_checks import answer_from_checks, where_checked
from bot.language.case_checks import any_of as _any
from bot.language.case_context import CaseContext
from bot.language.case_results import answer_from_results
from bot.language.case_scope import answer_from_scope

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
    r"\b(?:something|anything|texts?|wording|message|e-?mail|mail|note|template|draft|summary|write-?up|words|paragraph|"
    r"sentences?|reply)\b[^.?]{0,25}\b(?:forward|send|pass on|paste|give|share|copy|"
    r"for (?:the|our|my|their) (?:customer|user|client|network|firewall|it\b|ticket))",
    r"\b(?:write|draft|word|phrase|compose|prepare|put)\b[^.?]{0,25}"
    r"\b(?:e-?mail|mail|message|reply|note|for the (?:customer|user|client))\b",
    r"\b(?:explain|put|word|phrase|present|break|summari[sz]e) (?:it|this|that)\b[^.?]{0,12}"
    r"\b(?:to|for) (?:an?|the|them|him|her|our|my|their|somebody|someone|people)\b",
)
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
        return (*(about.customer or (_NOTHING,)), *where_checked(about)), ()
    if _HOSTS.search(lower):
        return tuple(_hosts(about)), ()
    for answer in (answer_from_scope, answer_from_advice):
        if (found := answer(lower, about))[0]:
            return found
    if _FIREWALL.search(lower):
        return tuple(_firewall(about)), ("firewall-who",)
    if (results := answer_from_results(lower, about))[0]:
        return results
    return answer_from_checks(lower, about), ()


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
    yield from where_checked(about)


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
    yield from where_checked(about)


def _unknown(question: str, name: str, about: CaseContext) -> str:
    reason = about.unknown.get(question, "").rstrip(".")
    return f"{name} was not checked{f' ({reason})' if reason else ''}."


def _titles(causes: Iterable[str], about: CaseContext) -> str:
    titles = [about.titles.get(cause, cause).rstrip(".") for cause in causes]
    return "; ".join(f"{title[:1].lower()}{title[1:]}" if title[1:2].islower() else title for title in titles)
