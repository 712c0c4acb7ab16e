"""Match a symptom description with causes, and decide from their scores what to do with it.

Pure: no network, no clock. Accepts any text that `normalize` returns. Words are compared after denials and contrasts
have been read; names of platforms are left out, because a platform filters causes and speaks for none.
"""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.intake.firsthand import firsthand, is_shortened, without_remarks
from bot.intake.fitting import fits
from bot.intake.subject import FEWEST, is_about_calls, is_of_another_product, tempered
from bot.model.symptom_match import CauseCandidate, MatchVerdict, SymptomMatch
from knowledge.model.schema import Knowledge
from knowledge.reasoning.answers import option_for
from knowledge.search.labeled_lines import ELSEWHERE
from knowledge.search.languages import ENGLISH, language_of, to_english
from knowledge.search.library import Library, library_of
from knowledge.search.ranker import Ranked
from knowledge.search.signs import LONGEST, Signs, find_signs
from knowledge.search.spelling import correct
from knowledge.search.statements import read_statements, without_past
from knowledge.search.tokens import telling, words_of

_SHARPNESS: Final = 4.0  # how fast confidence falls with the score; fitted to the tuning phrases
# "Please see the attached Wireshark file" describes no trouble.
_ATTACHED: Final = re.compile(
    r"\b(?:(?:please|pls|kindly)\s+)?(?:see|find|check|open|look at)\s+(?:the\s+|my\s+|our\s+)?"
    r"(?:attach\w+|enclosed)\b[^.;\n]{0,60}"
    r"|\b(?:attached|enclosed)\s+(?:is|are|you (?:will )?find)\b[^.;\n]{0,60}|\b(?:see|find)\s+attach(?:ed|ment)s?\b",
    re.IGNORECASE,
)
_FAINT: Final = 0.62  # a lower score is chance
_PROVEN: Final = 3.0  # for the cause that a code proves
_OTHER_CODE: Final = -0.5  # for causes that do not raise the code
_POINT: Final = 1.0  # from signs and statements together: what the words may no longer overrule
# Words alone are `sure` only above these; `make eval` prints the curve that they come from.
_CLEAR: Final = 0.8  # of two claims, the first needs this share
SURE_SHARE: Final = 0.8
_ALIKE: Final = 0.88  # similarity of the nearest line
_SURE_WORDS: Final = 3
# "Cannot place calls in the app": words that fit every cause make nothing sure.
_VAGUE: Final = frozenset(
    word
    for words in (
        "call place make start go through out dial dialer phone softphone app web client user customer agent device",
        "connect connection line work fail broken error problem issue can not no never any anymore since",
        "today yesterday morning all every always new still one possible",
    )
    for word in telling(words_of(words))
)
_OLD_SDK: Final = ("legacy-signaling-port", "sdk-retired", "tls-too-old")
_NUMBERED: Final = ("ios", "android")  # their versions before 3.0 need another port
_FIRST_CURRENT: Final = 3

# Options describe no symptom.
# A prompt with a tool's command; what it printed has its own reader.
_COMMAND: Final = re.compile(
    r"^[^\S\n]*(?:[$#]|PS [A-Z]:\\[^>\n]*>|[A-Z]:\\[^>\n]*>)\s*(?:nslookup|dig|curl|ping|tracert|traceroute|mtr|"
    r"openssl|nc|test-netconnection|resolve-dnsname)\b[^\n]*",
    re.IGNORECASE | re.MULTILINE,
)
_OPTION: Final = re.compile(
    r"(?:--)?\b(?!NS(?:Localized|Underlying)|UserInfo)[a-z][a-z-]*=[\w.,:-]+(?=\s|$)", re.IGNORECASE
)
_PLATFORMS: Final = re.compile(
    r"\b(?:ios|iphones?|ipads?|ipados|android|react[ -]?native|flutter|java ?script|chrome|chromium|firefox|safari|"
    r"microsoft edge|opera|web (?:phone|sdk|client)|browser sdk|swift|kotlin|pixel|samsung|mozilla\S*|"
    r"applewebkit\S*)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ReadSymptoms:
    """The match, the language of the text, and the codes whose context leaves their cause open."""

    match: SymptomMatch
    language: str
    open_codes: frozenset[str]


def match_symptoms(
    sentence: str,
    named: Sequence[str],
    clues: Mapping[str, str],
    knowledge: Knowledge,
    log: str = "",
    library: Library | None = None,
) -> ReadSymptoms:
    """Rank the causes that *sentence* may describe; none if it contains no meaningful word.

    *named* are the codes in it. *clues* are its platform, edge, relay, and answers. Lines of a *log* are
    searched for signs only; their words describe nothing. The *library* is that of *knowledge*, unless given.
    """
    codes = tuple(code for code in named if code in knowledge.errors)
    story = _story(sentence[:LONGEST], clues.get("relay", ""))
    language = language_of(story)
    library = library or library_of(knowledge)
    english = _english(story, language, library)
    statements = read_statements(english)
    original = f"{without_past(story)}\n" if language != ENGLISH else ""
    plain = without_remarks(story)
    seen = firsthand(f"{original}{_english(plain, language, library)}")
    signs = find_signs(f"{original}{statements.text}", codes, log, seen)
    points = dict(statements.points)
    for cause, value in signs.points.items():
        points[cause] = points.get(cause, 0.0) + value
    for cause in _OLD_SDK if _has_current_sdk(clues) else ():
        points[cause] = points.get(cause, 0.0) - _POINT
    proven = _proven(codes, signs.opened, knowledge)
    seen_codes = [code for code in codes if code in seen or code not in story]
    certain = _proven(seen_codes, signs.opened, knowledge)
    for cause, value in _by_code(codes, proven, knowledge).items():
        points[cause] = points.get(cause, 0.0) + value
    words = _PLATFORMS.sub(" ", statements.text)
    ranked = library.causes(words, points)
    fitting = [item for item in ranked if fits(knowledge.causes.get(item.label), clues, knowledge)]
    foreign = ranked[0].label == ELSEWHERE
    causes = tuple(
        CauseCandidate(item.label, knowledge.causes[item.label].title, round(share, 4))
        for item, share in zip(fitting, _confidence(fitting), strict=True)
        if item.near or codes or points.get(item.label, 0.0) > 0
    )
    text = "" if foreign else statements.text
    verdict = _verdict(text, fitting, causes, bool(codes), certain, points, signs)
    if not codes and not log:
        verdict = tempered(verdict, english, statements.text)
        verdict = (
            "close" if verdict == "sure" and not signs.decided and is_shortened(story, plain) else verdict
        )
    return ReadSymptoms(SymptomMatch(codes, clues, causes, verdict), language, signs.opened)


def _english(story: str, language: str, library: Library) -> str:
    return correct(story, library.written) if language == ENGLISH else to_english(story, language)


def _story(text: str, relay: str) -> str:
    """Return *text* without options."""
    bare = _ATTACHED.sub(" ", _OPTION.sub(" ", _COMMAND.sub("", text)))
    return re.sub(rf"\bfrom\s+{re.escape(relay)}\b", " ", bare, flags=re.IGNORECASE) if relay else bare


def _has_current_sdk(clues: Mapping[str, str]) -> bool:
    major = clues.get("sdk-version", "").partition(".")[0]
    return major.isdecimal() and int(major) >= _FIRST_CURRENT and clues.get("platform", "") in _NUMBERED


def _proven(codes: Collection[str], opened: Collection[str], knowledge: Knowledge) -> frozenset[str]:
    """Return the causes that one of *codes* proves by itself, except where the context leaves that open."""
    questions = [question for question in knowledge.questions.values() if question.code]
    shown = {
        (question.id, option_for(question, code)) for question in questions for code in {*codes} - {*opened}
    }
    return frozenset(
        cause.id
        for cause in knowledge.causes.values()
        for condition in cause.when
        if len(condition) == 1
        and any((question, answer) in shown for question, fit in condition.items() for answer in fit)
    )


def _by_code(codes: Collection[str], proven: Collection[str], knowledge: Knowledge) -> dict[str, float]:
    """Return what *codes* say about each cause: far more than words if they prove it."""
    if not codes:
        return {}
    points = {}
    for cause in knowledge.causes.values():
        weight = max((cause.weight.get(code, 0.0) for code in codes), default=0.0)
        points[cause.id] = (0.25 + weight / 6 if weight else _OTHER_CODE) + _PROVEN * (cause.id in proven)
    return points


def _confidence(ranked: Sequence[Ranked]) -> list[float]:
    """Convert scores to shares of 1."""
    best = ranked[0].score if ranked else 0.0
    weights = [math.exp(_SHARPNESS * (item.score - best)) for item in ranked]
    total = sum(weights) or 1.0
    return [weight / total for weight in weights]


def _verdict(
    text: str,
    ranked: Sequence[Ranked],
    causes: Sequence[CauseCandidate],
    has_code: bool,
    proven: Collection[str],
    points: Mapping[str, float],
    signs: Signs,
) -> MatchVerdict:
    """Decide how much to claim. Words alone are sure only if they are many and clear."""
    if not causes:
        return "none"
    words = _PLATFORMS.sub(" ", text)
    first = causes[0]
    claimed = {*proven} | signs.decided
    if (claimed or signs.named) and not has_code and is_of_another_product(words):
        return "none"
    if claimed == {first.cause} or (first.cause in claimed and first.score >= _CLEAR):
        return "sure"
    telling_words = telling(words_of(words))
    is_vague = _VAGUE.issuperset(telling_words)
    best = ranked[0]
    alike = next(item.near for item in ranked if item.label == first.cause) >= _ALIKE
    pointed = has_code or (alike and len(words.split()) > FEWEST) or points.get(first.cause, 0.0) >= _POINT
    if not pointed and (best.score < _FAINT or not is_about_calls(words, text)):
        return "none"
    if has_code:
        return "close"
    return (
        "sure"
        if first.score >= SURE_SHARE and alike and len(telling_words) >= _SURE_WORDS and not is_vague
        else "close"
    )
