"""Find the changes to a case in a text: relay, edge, platform, or the answer to the open question.

Pure: no network, no clock.
"""

import re
from typing import Final

from bot.errors import nearest
from bot.intake.read import read
from bot.language.answer_words import read_answer, read_named
from bot.model.relay_names import relays_in
from bot.model.request import Vocabulary

# A name alone, or after one of these, is a request to use it: "try frankfurt", "what about android?", "and
# acme-lab".
AROUND: Final = " ?.!,:;\"'`*_@()"
LEAD: Final = re.compile(
    r"^\W*(?:(?:please|now|ok|and|then|also|so|can|could|you|we|i|let's|lets|it|test|try|run|use|check|switch|change|go|set|move|do|"
    r"is|it's|its|on|in|at|to|with|for|from|via|about|what|how|the|a|same|this|that|case|app|user|users|customer|uses|using|"
    r"platform|edge|relay|region|instead|please)\b\W*)*",
)


def extract_refinements(text: str, vocabulary: Vocabulary, asked: str = "") -> dict[str, str]:
    """Collect the changes in *text* by option, including the answer to the question *asked*."""
    found, rest = read_named(text, vocabulary)
    for name, value in (*read(rest, vocabulary).clues.items(), *_named_alone(rest, vocabulary).items()):
        found.setdefault(name, value)
    answers_another = any(name in vocabulary.options for name in found)
    if not answers_another and (answer := read_answer(rest, vocabulary.options.get(asked))):
        found[asked] = answer
    return found


def _named_alone(text: str, vocabulary: Vocabulary) -> dict[str, str]:
    """Return the edge or relay if the text is little more than its name."""
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
