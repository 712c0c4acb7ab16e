"""What a text changes about a case: relay, edge, platform, or the answer to the question that is open.

Pure: no network, no clock.
"""

import re
from collections.abc import Mapping
from typing import Final

from bot.errors import nearest
from bot.intake.read import read
from bot.model.relay_names import relays_in
from bot.model.request import VERSION, Vocabulary
from knowledge.model.schema import Option

# Answers to the question that is open. "Don't know" leaves it open and is no answer.
YES: Final = re.compile(
    r"^\W*(?:yes|yep|yeah|yup|y|ja|si|oui|true|correct|right|sure|(?:it|he|she) (?:does|is)|(?:they|we|i) do)\b"
)
NO: Final = re.compile(
    r"^\W*(?:no|nope|nah|n|nein|non|false|none|never"
    r"|(?:it|he|she) (?:does|is)(?:n't| not)|(?:they|we|i) do(?:n't| not))\b"
)

# A name alone, or after one of these, is a wish for it: "try frankfurt", "what about android?", "and acme-lab".
AROUND: Final = " ?.!,:;\"'`*_@()"
LEAD: Final = re.compile(
    r"^\W*(?:(?:please|now|ok|and|then|also|so|can|could|you|we|i|let's|lets|it|test|try|run|use|check|switch|change|go|set|move|do|"
    r"is|it's|its|on|in|at|to|with|for|from|via|about|what|how|the|a|same|this|that|case|app|user|users|customer|uses|using|"
    r"platform|edge|relay|region|instead|please)\b\W*)*",
)


def extract_refinements(text: str, vocabulary: Vocabulary, asked: str = "") -> dict[str, str]:
    """Collect what *text* changes about the case by option, the answer to the question *asked* included."""
    found = dict(read(text, vocabulary).clues)
    for name, value in _named_alone(text, vocabulary).items():
        found.setdefault(name, value)
    if asked and asked not in found and (answer := _answer(text, vocabulary.options.get(asked))):
        found[asked] = answer
    return found


def _named_alone(text: str, vocabulary: Vocabulary) -> dict[str, str]:
    """Edge or relay where the text is little more than its name."""
    rest = LEAD.sub("", text.casefold(), count=1).strip(AROUND)
    words = rest.split()
    found: dict[str, str] = {}
    relays = relays_in(rest, vocabulary)
    if relays and len([word for word in words if word not in ("and", "&", ",")]) <= max(len(relays), 4):
        found["relay"] = ",".join(relays)
    if not words or len(words) > 4:
        return found
    candidates = [word.strip(AROUND) for word in ("-".join(words[:2]), words[0], words[-1])]
    for name, known in (("edge", vocabulary.edges), ("relay", vocabulary.relays)):
        alike = (word if word in known else nearest(word, known) for word in candidates)
        if near := next((item for item in alike if item), None):
            found.setdefault(name, near)
    return found


def _answer(text: str, meanings: Mapping[str, str] | None) -> str | None:
    """What *text* answers, by what the words of an option mean: none for a version, None for no option."""
    if meanings is None:
        return None
    lower = text.casefold()
    if not meanings:
        version = re.search(
            r"(?<![\w.:])v?\d{1,4}(?:\.\d{1,6}){0,3}(?:[-+][0-9a-z.+-]{1,40})?(?![\w:]|\.\d)", lower
        )
        found = version and version[0].rstrip(".-+").removeprefix("v")
        return found if found and VERSION.fullmatch(found) else None
    words = re.findall(r"[a-z]+", lower)
    if words and words[0] in meanings:
        return meanings[words[0]]
    sentence = "no" if NO.match(lower) else "yes" if YES.match(lower) else None
    return meanings.get(sentence) if sentence else None


def spoken(option: Option) -> str:
    """Say *option* as a person would: one of its words, or a version in its span."""
    if option.words:
        return option.words[0]
    return option.from_ or "0"
