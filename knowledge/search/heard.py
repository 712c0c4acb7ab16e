"""Find out whether a description already answers a question: "the laptop was asleep", "no VPN here".

Pure. A wrong answer rules causes out, so a clause in doubt answers nothing: a question, a condition, a guess,
something of last week. Two different answers in one description cancel each other out.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from knowledge.model.person import HeardWords
from knowledge.model.schema import UNKNOWN

LONGEST: Final = 20_000  # characters of a description that are examined

# What the patterns in the files may name. Each <gap> stays inside one part of a sentence.
_NAMES: Final = {
    "<the>": r"(?:(?:an?|any|the|this|my|our|his|her|their|its|your|corporate|company|office|work)\s+){0,3}",
    "<who>": (
        r"(?:i|we|he|she|they|it|you|(?:(?:the|our|my|this|that|his|her|their)\s+)?(?:end\s+)?"
        r"(?:users?|customers?|agents?|callers?|clients?|colleagues?|people|apps?|browsers?|pages?|phones?|devices?))"
    ),
    "<be>": r"(?:\s+(?:is|are|was|were|has been|have been|had been|got|gets|stays?|stayed)|'s|'re|:|=)",
    "<not>": r"(?:(?:\bnot|\bnever|\bno longer|\bnone of|n't|n\u2019t)\b)",
    "<gap>": r"[^.,;:!?\n]{0,40}?",
    "<plainly>": r"(?:(?!n't|n\u2019t|\b(?:not|never|no|without)\b)[^.,;:!?\n]){0,40}?",  # a gap without a negation
    "<works>": (
        r"(?:\b(?:works?|worked|working|there is (?:sound|audio|voice)|(?:it|they|he|she|we) (?:does|do)(?! not|n't)|"
        r"(?:is|are|was) (?:fine|ok|okay|good)|no problems?|connects|funktionier\w+|geht|klappt|funciona\w*|"
        r"fonctionne\w*|marche\w*|funziona\w*|alles (?:gut|ok|bestens|in ordnung)|problemlos|"
        r"tod[oa]s? (?:va |van )?bien|"
        r"va bien|ça va|tudo (?:bem|certo|ok)|tutto (?:va )?(?:bene|ok)|perfe[ck]t[oe]?|perfeito|"
        r"(?:sí|sì|sim|oui)(?=\s*(?:$|[.,;!])))\b|\u52d5\u304d\u307e\u3059|\u52d5\u304f|\u7e4b\u304c\u308a)"
    ),
    "<fails>": (
        r"\b(?:fail(?:s|ed|ing)?|drops?|dropped|breaks?|broken|(?:do|does|did)(?: not|n't) (?:work|connect|help)|"
        r"same (?:error|problem|thing|result)|no (?:change|difference|audio|sound))\b"
    ),
}  # fmt: skip

# Parts of a description that are judged apart. A comma ends none: "before the error, the laptop slept".
_CLAUSES: Final = re.compile(
    r"[^.;!?\n\u3002\uff01\uff1f\u2014]*(?:\.(?=\w)[^.;!?\n\u3002\uff01\uff1f\u2014]*)*[.;!?\n\u3002\uff01\uff1f\u2014]*"
)
_CONTRAST: Final = re.compile(
    r"\b(?:but|yet|while|whereas|although|though|however|aber|w\u00e4hrend|pero|mientras|mais|tandis|mas|enquanto|ma|"
    r"mentre)\b",
    re.IGNORECASE,
)
# What is asked, assumed, advised, or of another time is no fact about this call.
_IN_DOUBT: Final = re.compile(
    r"[?\uff1f]|^\W*(?:why|what|which|where|who|is|are|do|does|did|has|have|can|will)\b|\b(?:if|whether|unless|until|would|could|should|shall|may|might|maybe|perhaps|possibly|probably|likely|presumably|"
    r"seems?|apparently|suppose\w*|assum\w+|think|thinks|guess\w*|suspect\w*|wonder\w*|unsure|not sure|no idea|"
    r"do(?:es)?(?:n't| not) know|unknown|unclear|please|try|tries|make sure|ensure|check|can you|could you|how|"
    r"used to|in the past|previously|formerly|back then|last (?:week|month|year|time)|(?:week|month|year)s? ago|"
    r"another (?:user|customer|company)|other (?:users|customers)|wenn|falls|ob|vielleicht|vermutlich|wahrscheinlich|"
    r"bitte|letzte (?:woche|n monat)|si|quiz\u00e1s?|tal vez|quiz\u00e0|por favor|la semana pasada|peut-\u00eatre|"
    r"s'il vous pla\u00eet|la semaine derni\u00e8re|forse|magari|per favore|la settimana scorsa|talvez|"
    r"por acaso|semana passada)\b|^\s*se\b|\u304b\u3082|\u3067\u3057\u3087\u3046|\u307e\u3059\u304b|\u3067\u3059\u304b|"
    r"\u3082\u3057|\u5834\u5408|\u5148\u9031",
    re.IGNORECASE,
)  # fmt: skip


def heard_in(text: str, heard: HeardWords) -> str | None:
    """Return the answer that *text* gives, or None: it gives none, or two that differ."""
    text = text[:LONGEST]
    lower = text.casefold()
    if not any(word in lower for word in heard.words):
        return None
    answers = {answer for clause in _clauses(text) for answer in _answers(clause, heard)} - {UNKNOWN}
    return answers.pop() if len(answers) == 1 else None


def pattern_of(written: str) -> re.Pattern[str]:
    """Compile the pattern of a file, with its names in angle brackets filled in; raises re.error."""
    for name, meaning in _NAMES.items():
        written = written.replace(name, meaning)
    return re.compile(written, re.IGNORECASE)


@cache
def _pattern(written: str) -> re.Pattern[str] | None:
    """Return the pattern, or None if it is broken, which `lineman knowledge check` reports."""
    try:
        return pattern_of(written)
    except re.error:
        return None


def _clauses(text: str) -> Iterator[str]:
    """Yield the parts of *text* that state something."""
    for match in _CLAUSES.finditer(text):
        for clause in _CONTRAST.split(match[0]):
            if clause and not _IN_DOUBT.search(clause):
                yield clause


def _answers(clause: str, heard: HeardWords) -> Iterator[str]:
    """Yield the answers in *clause*. Of two that overlap, the longer one counts: "not on a VPN", "on a VPN"."""
    found = [(*match.span(), answer) for answer, match in _matches(clause, heard.answers)]
    for begin, end, answer in found:
        if not any(
            start < end
            and begin < stop
            and (stop - start, other == UNKNOWN) > (end - begin, answer == UNKNOWN)
            for start, stop, other in found
        ):
            yield answer


def _matches(clause: str, answers: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, re.Match[str]]]:
    for answer, patterns in answers.items():
        for written in patterns:
            if pattern := _pattern(written):
                yield from ((answer, match) for match in pattern.finditer(clause))
