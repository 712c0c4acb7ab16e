"""Decide whether a thread message without a mention is addressed to the bot.

Pure: no network, no clock. If in doubt, it is not: users can mention the bot.
"""

import re
from typing import Final

from bot.language.answer_words import is_doubt
from bot.language.intents import Intent
from bot.language.refinements import LEAD
from bot.model.normalize import normalize

LONGEST: Final = 30  # words; a longer text is for a person
SHORT: Final = 12  # words of a request to stop, or for help
WORD: Final = 3  # words of an answer that is only yes or no
BRIEF: Final = 3  # words of a request, without introductory words

_THEY: Final = r"(?:the |our )?(?:customer|user|client|caller|team|admin)"
_SOMEBODY: Final = rf"(?:i|we|he|she|they|you|who|it|someone|somebody|{_THEY})"
_OTHERS: Final = rf"(?:they|he|she|you|u|your|it team|{_THEY})"
_LEAD: Final = r"^\W*(?:(?:and|so|but|or|ok|okay|now|please)\W+)*"
_AUX: Final = r"(?:did|does|do|has|have|had|will|would|can|could|should|is|are|was|were)"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


# Signs that people talk to each other: names, courtesies, promises, third persons, times of a working day.
_PEOPLE: Final = _any(
    r"^\W*(?:hi|hey|hello|yo|dear)\s+(?!lineman\b)[a-z]+",
    r"^\s*@\w",
    r"^\W*(?:thanks?|thank you|thx|ty|cheers|great|awesome|perfect|cool|nice|lol|haha|sorry|congrats|welcome)\b",
    r"^\W*(?:good (?:morning|night|job|catch)|np|no problem|done|ack|\+1|same here|agreed|got it|will do|on it|brb)\b",
    rf"\b{_SOMEBODY}(?:'ll|'d|'m going to|'re going to)(?!\w)",
    r"\b(?:let me|let us|gonna|i'm|i am|i've|we've|they've)\b",
    rf"\b(?:i|we|he|she|they|{_THEY}) (?:will|would|shall|might|may|plan|am going|are going|wants?|needs?|can|can't)\b",
    rf"\b(?:i|we|he|she|they|{_THEY}) (?:cannot|could|should|must|ha(?:ve|s) to|had|has|sa(?:id|ys)|t(?:old|ells?))\b",
    rf"\b(?:i|we|he|she|they|{_THEY}) (?:ask(?:ed|s)|thinks?|tr(?:y|ies|ied))\b",
    rf"\b(?:ask|tell|ping|call|e?mail|message|inform|loop|cc|remind|wait for|talk to|speak to|check with|reach out)\s+"
    rf"(?:in |back |up )?(?:{_THEY}|(?:my |your |their |it |network )?(?:team|boss|vendor|provider|manager)|them|him|"
    r"her|you|me|us|every(?:one|body)|some(?:one|body)|support)\b",
    rf"\b(?:with|by|from) (?:{_THEY}|(?:the |my |your |their )(?:boss|vendor|manager|team))\b",
    r"\b(?:today|tomorrow|yesterday|later|tonight|this (?:morning|afternoon|evening|week)|next (?:week|month|time))\b",
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|weekend|lunch|coffee|dinner|break|meeting|shift|vacation|holiday)\b",
    r"\b(?:any|some|every)(?:one|body)\b|\b(?:guys|folks)\b|\bwho(?:se|m)?\b|\byou(?:r|rs)?\b",
    rf"{_LEAD}{_AUX} {_OTHERS}\b",
    rf"\b(?:what|when|where|how|why) {_AUX} {_OTHERS}\b",
)
# These begin like an answer to an open question, but are none.
_COURTESY: Final = _any(
    r"^\W*no (?:problem|worries|rush|thanks|need|way|hurry)\b|^\W*yes please\b|^\W*sure thing\b"
)
# Addressed to the bot, although it contains "you" or "we".
_TO_US: Final = _any(
    rf"{_LEAD}(?:can|could|would) (?:you|we) (?:please )?(?:test|try|re-?run|retry|diagnose|run (?:it|this|that))\b"
    r"(?!.* (?:with|to) )",
    rf"{_LEAD}(?:can|could|would) (?:you|we) (?:please )?(?:check|look) (?:it )?(?:again|now)\b(?!.* (?:with|to) )",
    rf"{_LEAD}(?:can|could|would) you (?:please )?(?:show|explain|give|send) (?:me|us|the|it|that|this)\b"
    r"(?!.* (?:with|to) )",
    r"\blineman\b|\bplease (?:test|try|run|re-?run)\b",
    rf"{_LEAD}(?:did|have) you (?:test|check|tr(?:y|ied)|measure|prob)(?:e?d)?\b.*"
    r"\b(?:udp|tcp|tls|turn|stun|dns|media|signaling|certificates?|websockets?|mtu|insights|registration)\b",
    rf"{_LEAD}what (?:should|can|could|do) (?:i|we) tell (?:them|him|her|(?:the |our )?(?:customer|user|client|caller|"
    r"team|firewall team|network team|it))\W*$",
    r"^\W*tell (?:me|us) (?:more )?about\b|^\W*how (?:do|did|can) you (?:know|tell|see)\b",
)
_FIXED: Final = _any(
    rf"{_LEAD}(?:we|they|i)(?:'ve| have)? (?:just )?"
    r"(?:fixed|opened|allowed|unblocked|changed|allowlisted|whitelisted)\b"
)
_ASKS_STATE: Final = _any(r"^\W*(?:is|was|has|have|had|did|are|were|does|do)\b")
# A question by its form alone. "could be the VPN" is none.
_PUT: Final = _any(
    r"\?\s*$",
    rf"{_LEAD}(?:what|what's|whats|why|how|which|where|when (?:do|does|is|are|should|can|must|did)|explain|define)\b",
)
# Words that show that a question is about the case.
_SUBJECT: Final = _any(
    r"\b(?:turn|stun|ice|udp|tcp|tls|ssl|dtls|dns|nat|vpn|ipv6|mos|rtt|jitter|latency|codec|opus|prox(?:y|ies))\b",
    r"\b(?:firewalls?|ports?|edges?|regions?|roaming|sdks?|pre-?flight|tokens?|certificates?|web ?sockets?)\b",
    r"\b(?:signall?ing|media|audio|sound|packets?|allow-?list|whitelist|gateways?|interception|inspection)\b",
    r"\b(?:wi-?fi|mobile data|registration|push|mic|microphone|browser|javascript|android|ios|iphone|react native)\b",
    r"\b(?:captive portal|headset|antivirus|virus scanners?|clock|grants?|round trip|ice[_ ]?servers?|csp)\b",
    r"\b(?:twilio|relays?|probes?|candidates?|ip (?:range|address)(?:es|s)?|error codes?|\d{5})\b",
    r"\bwhat (?:does|do) .+ mean\b",
    r"\b(?:which|what) (?:hosts?|servers?|names?|addresses)\b.*\b(?:blocked|fail\w*|shut|closed|dropped|unreachable)\b",
)
# A question that only refers to the last reply. It is about the case if it contains nothing else.
_POINTS: Final = _any(
    rf"{_LEAD}(?:why(?: (?:is|was) (?:that|this|it))?|how come|how so|what now|what next)\W*$",
    rf"{_LEAD}what(?:'s| is) wrong\W*$",
    rf"{_LEAD}how (?:do|can|could|should) (?:i|we|they) (?:fix|solve|resolve|repair) (?:it|this|that)\W*$",
    rf"{_LEAD}what (?:can|could|should|must|do) (?:i|we|they|the customer) (?:do|change|open|allow)"
    r"(?: now| next| about (?:it|this|that))?\W*$",
    rf"{_LEAD}what does (?:it|this|that) mean\W*$",
    rf"{_LEAD}what (?:is|was) (?:it|the fix|(?:the )?(?:cause|problem|reason))\W*$",
    rf"{_LEAD}how sure(?: is (?:it|that))?\W*$",
)

# A change is short or is a request. A longer line that names a platform or an edge describes what happens
# there.
_ASKED_FOR: Final = _any(r"\b(?:please|try|test|switch|change|diagnose)\b")
_ASKED_TO_SEE: Final = _any(
    r"^\W*(?:show|give|send|list|see|evidence|proof|prove|raw|json|details|how|can|could|what|is there)\b"
)
# The words of an answer: "they are not on a VPN", "we don't pass TURN servers".
_TOLD: Final = (
    "they are is was on a an the we i he she it it's they're he's she's don't doesn't isn't aren't do does not no yes "
    "use uses using pass passes passing here behind without with at home office user customer caller has have still of "
    "and in app corporate company vpn turn server servers ice iceservers sdk version voice"
)


def is_addressed_to_bot(text: str, intent: Intent) -> bool:
    """Tell whether *text*, without a mention in a case's thread, is a request of *intent* or a question to the bot."""
    sentence = " ".join(normalize(text).replace("\u2019", "'").split())
    words = sentence.split()
    if not words or len(words) > LONGEST:
        return False
    if (
        _TO_US.search(sentence)
        or _POINTS.search(sentence)
        or (intent.kind == "again" and _FIXED.search(sentence))
    ):
        return True
    if intent.kind in ("stop", "help"):
        return len(words) <= SHORT
    if intent.kind == "unsure":
        return is_doubt(sentence)
    if intent.kind == "answer" and not _PUT.search(sentence):
        if _COURTESY.search(sentence):
            return False
        return len(words) <= WORD or _only_tells(words)
    if _PEOPLE.search(sentence) or (intent.kind == "again" and _ASKS_STATE.search(sentence)):
        return False
    if intent.kind in ("unknown", "meaning") or (intent.kind == "answer" and _PUT.search(sentence)):
        named = intent.kind == "meaning" and "-" in intent.values.get("about", "")
        return bool(_PUT.search(sentence)) and bool(named or _SUBJECT.search(sentence))
    return _is_wish(sentence, intent)


def _is_wish(text: str, intent: Intent) -> bool:
    """Tell whether *text* asks for what it was classified as, and does not only mention it."""
    rest = LEAD.sub("", text.casefold().replace("it's ", "it is "), count=1).split()
    match intent.kind:
        case "platform" | "edge" | "relay":
            asks = _PUT.search(text) and _SUBJECT.search(text)  # then it is answered, and changes nothing
            most = BRIEF + (intent.kind == "relay")  # "acme-hq relay with android"
            return len(rest) <= most or bool(asks or _ASKED_FOR.search(text))
        case "preflight":
            return len(rest) <= BRIEF or bool(_PUT.search(text) or _ASKED_FOR.search(text))
        case "evidence":
            return len(rest) <= BRIEF or bool(_ASKED_TO_SEE.search(text))
    return True


def _only_tells(words: list[str]) -> bool:
    """Tell whether *words* contain only answers that a person can give, a version, and a platform."""
    bare = (word.casefold().strip(".,:;!") for word in words)
    strings = _TOLD.split()
    return all(word in strings or word[:1].isdigit() or word[:2].lstrip("v").isdigit() for word in bare)
