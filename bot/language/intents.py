"""Classify a message in a case thread by one table of rules, read from the top.

Pure: no network, no clock. Never fails: a text that matches no rule is `unknown`, which is a question or gets
`EXAMPLES` as a reply.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from bot.intake.read import read
from bot.language.answer_words import UNSURE, read_named
from bot.language.refinements import extract_refinements
from bot.model.normalize import normalize
from bot.model.request import Vocabulary

IntentKind: TypeAlias = Literal[
    "stop",
    "help",
    "preflight",
    "evidence",
    "meaning",
    "relay",
    "edge",
    "platform",
    "answer",
    "unsure",
    "again",
    "unknown",
]

EXAMPLES: Final = (
    "“test again”, “try android”, “from acme-hq”, “edge frankfurt”, “not on a VPN”, “SDK 6.12.0”, "
    "“show the evidence”, “why?”, “what does NAT mean?”, “preflight on iOS”, “stop”"
)

# Thread messages are short. A longer text is a pasted log, and no request.
LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class ThreadContext:
    """What the words in a thread may refer to."""

    vocabulary: Vocabulary
    asked: str = ""  # the option of the open question, one of `vocabulary.options`
    topics: Mapping[str, str] = field(default_factory=dict)  # any name of a cause, question, or step: its id


@dataclass(frozen=True, slots=True)
class Intent:
    """A request, and what it names.

    For relay, edge, platform, answer, and again, `values` holds every change: these three, and any option.
    For evidence and meaning, it holds about (an id of `topics`, or the words asked about). For preflight, it
    holds a platform.
    """

    kind: IntentKind
    values: Mapping[str, str] = field(default_factory=dict)


Values: TypeAlias = Callable[[str, "re.Match[str]", ThreadContext], dict[str, str]]


@dataclass(frozen=True, slots=True)
class IntentRule:
    """A text that matches *pattern* is a request of this *kind*."""

    kind: IntentKind
    pattern: re.Pattern[str]
    values: Values


def _rule(kind: IntentKind, pattern: str, values: Values) -> IntentRule:
    return IntentRule(kind, re.compile(pattern, re.IGNORECASE), values)


def _nothing(_text: str, _match: "re.Match[str]", _thread: ThreadContext) -> dict[str, str]:
    return {}


def _changes(text: str, _match: "re.Match[str]", thread: ThreadContext) -> dict[str, str]:
    return extract_refinements(text, thread.vocabulary, thread.asked)


def _platform(text: str, _match: "re.Match[str]", thread: ThreadContext) -> dict[str, str]:
    platform = read(text, thread.vocabulary).clues.get("platform")
    return {"platform": platform} if platform else {}


def _about(text: str, match: "re.Match[str]", thread: ThreadContext) -> dict[str, str]:
    """Return the topic named in *text*, preferring the longest name, or the words asked about."""
    lower = f" {_spaced(text)} "
    for name in sorted(thread.topics, key=len, reverse=True):
        if f" {_spaced(name)} " in lower:
            return {"about": thread.topics[name]}
    words = next((group for group in match.groups() if group), "").strip(" ?.!:,\"'`*_")
    return {"about": words[:80]} if words else {}


OF: Final = r"(?:.*?\b(?:of|for|about|behind|on|from)\s+(.*))?"  # the subject follows
NOT_YET: Final = r"(?!.*\b(?:not|nothing|nobody|never|cannot|until|when|if|once|will|\w+n't|\w+'ll)\b)"

NOT_WHEN: Final = r"(?!.*\b(?:when|whenever|if|until|every time)\b)"  # a description, not a request

# The first matching rule decides. Questions come before changes: "what does it mean that the edge is
# frankfurt" changes nothing.
RULES: Final = (
    _rule(
        "stop",
        r"^(?:(?:please|ok|ok,|no,?|just)\s+)*"
        r"(?:stop|cancel|abort|halt|quit|enough|forget (?:it|about it)|never ?mind)"
        r"(?:\s+(?:it|this|that|now|please|the (?:run|test|diagnosis|check|probes?)|all|everything|here))*\W*$",
        _nothing,
    ),
    _rule(
        "help", r"^\W*(?:help|commands|usage|options|examples)(?:\s+(?:me|please))*\W*$|^\W*\?+\W*$", _nothing
    ),
    _rule(
        "help",
        r"what (?:can|could) (?:you (?:do|say)|(?:i|we) (?:say|ask|type|write))|what are (?:my|the) options",
        _nothing,
    ),
    _rule(
        "help",
        r"how (?:do|does|can) (?:i|we|this|it|you) (?:use (?:it|this|you|lineman)|work|talk)\b"
        r"|^\W*(?:who|what) are you\W*$",
        _nothing,
    ),
    _rule("preflight", r"pre-?\s?flight", _platform),
    _rule("evidence", rf"\b(?:evidence|proof|raw|json|observations?|prove)\b{OF}", _about),
    _rule("evidence", r"\bhow (?:do|did|can) you (?:know|tell|see|find)\b(.*)", _about),
    _rule(
        "evidence",
        r"^\W*(?:(?:can|could) (?:you|i|we)\s+)?(?:please\s+)?(?:show|see|give|send|list)\s+(?:me|us)?\s*"
        rf"(?:(?:all|the|more|full|every)\s+)*(?:details?|results?|looks?|probes?|steps?|logs?|data|table)\b{OF}",
        _about,
    ),
    _rule(
        "meaning",
        r"\bwhat\s+(?:does|do|is|are|was|'s)\s+(.*?)(?:\s+(?:mean|stand for|about|for))?\s*\?*$",
        _about,
    ),
    _rule("meaning", r"\bwhat's\s+(.*?)\s*\?*$|\bwhy\b(.*)", _about),
    _rule(
        "meaning", r"\b(?:explain|define|meaning of|tell (?:me|us) (?:more )?about|describe)\b(.*)", _about
    ),
    _rule("again", r"^\W*(?:(?:please|and|now|ok|so)\W+)*(?:once )?again\b", _changes),
    _rule(
        "again",
        rf"^{NOT_WHEN}.*\b(?:test|try|run|check|look|diagnose|probe|do|go)(?:\s+\S+){{0,3}}?\s+again\b",
        _changes,
    ),
    _rule("again", rf"^{NOT_WHEN}.*\b(?:once more|one more time|another (?:try|run|go|time))\b", _changes),
    _rule(
        "again", r"\bre-?(?:run|test|try|check)\b|\b(?:try|test|check|run (?:it|this|that)) now\b", _changes
    ),
    _rule(
        "again",
        rf"^{NOT_YET}.*\b(?:fixed|solved|resolved|unblocked|whitelisted|allowlisted|"
        r"(?:opened|allowed|changed)\s+(?:(?:up|the|our|their|all|outbound|\d+)\s+){0,3}"
        r"(?:ports?|udp|tcp|firewall|ranges?|it|that|them|rules?|settings?|dns|proxy|resolver|edge|\d+))\b",
        _changes,
    ),
)

# A longer text that mentions a platform is a description, unless it says what to do.
STORY: Final = 12  # words
WISH: Final = re.compile(
    r"\b(?:try|test|switch|change|use|set|run|check|diagnose|please|can you|could you)\b|=", re.IGNORECASE
)

# The kinds of change, the most important first: a relay or an edge requires a new run.
CHANGES: Final[tuple[IntentKind, ...]] = ("relay", "edge", "platform")


def read_intent(text: str, thread: ThreadContext) -> Intent:
    """Classify *text* in *thread*."""
    sentence = " ".join(normalize(text[: LONGEST * 4])[:LONGEST].split())
    named, rest = read_named(sentence, thread.vocabulary)
    if named and not rest.strip():
        return Intent("answer", named)
    if thread.asked and UNSURE.search(sentence.casefold()):
        return Intent("unsure")
    about_platform = re.match(r"(?i)\W*(?:what|how) about\b", sentence)
    if not about_platform:
        for rule in RULES:
            if match := rule.pattern.search(sentence):
                return _weigh(rule.kind, rule.values(sentence, match, thread), thread.vocabulary)
    if len(sentence.split()) > STORY and not WISH.search(sentence):
        return Intent("unknown")
    changes = extract_refinements(sentence, thread.vocabulary, thread.asked)
    return _weigh("unknown", changes, thread.vocabulary)


def _weigh(kind: IntentKind, values: dict[str, str], vocabulary: Vocabulary) -> Intent:
    """Prefer a change of relay, edge, or platform to "again", which it implies."""
    if kind in ("again", "unknown"):
        for change in CHANGES:
            if change in values:
                return Intent(change, values)
    if kind == "unknown" and any(name in vocabulary.options for name in values):
        return Intent("answer", values)
    return Intent(kind, values)


def _spaced(text: str) -> str:
    """Lower-case *text* and put single spaces between words, so that `turn-required` matches "turn required"."""
    return " ".join(re.findall(r"[a-z0-9]+", text.casefold()))
