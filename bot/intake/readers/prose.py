"""Read clues in prose: platform, edge, relay, and version from one table, and answers to the questions for a person.

Pure: no network, no clock. Accepts any text, and ignores what it does not recognize.
"""

import itertools
import re
from dataclasses import dataclass
from typing import Final

from bot.errors import nearest
from bot.model.relay_names import NAMES, known_or_near, relays_in
from bot.model.request import TYPED, Vocabulary
from knowledge.search.heard import heard_in
from knowledge.search.small_letters import CaselessPattern

PACKAGE: Final = r"(?:sdk|voice(?:[ -](?:ios|android|sdk))?|twiliovoice)"


@dataclass(frozen=True, slots=True)
class CluePattern:
    """A value of *name*: the group of *pattern*."""

    name: str
    pattern: CaselessPattern


def _clue(name: str, pattern: str) -> CluePattern:
    return CluePattern(name, CaselessPattern(pattern))


# Words before a keyword are bounded, or a long run of them would be tried from each position. For each name,
# the first pattern with a known value decides.
CLUES: Final = (
    # Written as an option, in any form.
    _clue("platform", r"\bplatform\s*(?:is|=|:|to)?\s*[\"']?([\w-]+)"),
    _clue("edge", r"\bedge(?:\s+(?:location|is|was|set|to|in)\b|\s*(?:=>|=|:))*\s*\[?[\"']?([\w-]+)"),
    _clue("edge", r"\b([\w-]{1,80})[\"']?\s+edge\b"),
    _clue("relay", rf"\brelays?\s*(?:is|are|=|:|to|on|at|in)?\s*[\"']?{NAMES}"),
    _clue("relay", r"\b([\w.-]{1,80})[\"']?\s+relay\b"),
    _clue("relay", rf"\b(?:from|via|through|using)\s+[\"']?{NAMES}"),
    _clue("sdk-version", r"\bsdk[ _-]?version\s*(?:is|=|:)?\s*[\"']?(v?\d[\w.+-]*)"),
    _clue("sdk-version", rf"\b{PACKAGE}\s*[@:/ ]\s*(?:version\s*)?(v?\d+\.\d[\w.+-]*)"),
    _clue("sdk-version", r"\b(?:voice-(?:android|ios)|twiliovoice)['\",: ]{1,4}~?>? ?['\"]?(v?\d+\.\d[\w.+-]*)"),
    _clue("sdk-version", r"\b(?:version|ver\.?|release|v)\s*(?:is|=|:)?\s*(\d+\.\d[\w.+-]*)"),
)  # fmt: skip

# React Native uses the other SDKs, so it is the platform if they are named together.
OVER: Final = "react-native"

WORD: Final = re.compile(r"[a-z][a-z0-9]*(?:[-'][a-z0-9]+)*")


def read_prose(text: str, story: str, vocabulary: Vocabulary) -> dict[str, str]:
    """Collect the option values in *text* (normalized by `plain`), in their usual spelling.

    *story* is the part of it that people wrote: only there are questions answered.
    """
    found: dict[str, str] = {}
    typed = len(text) <= TYPED
    for clue in CLUES:
        if clue.name in found:
            continue
        for match in clue.pattern.finditer(text):
            sentence = match[1].casefold().rstrip(".-")
            if value := _known(clue.name, sentence, vocabulary, typed=typed):
                found[clue.name] = value
                break
    if "platform" not in found and (platform := find_platform(text, vocabulary)):
        found["platform"] = platform
    for option in [name for name in vocabulary.options if name in vocabulary.heard]:
        if answer := heard_in(story, vocabulary.heard[option]):
            found[option] = answer
    return found


def find_platform(text: str, vocabulary: Vocabulary) -> str | None:
    """Return the one platform that *text* names; None if it names several or none."""
    words = WORD.findall(text.casefold())
    names = vocabulary.platforms
    pairs = [f"{first}-{second}" for first, second in itertools.pairwise(words)]
    found = {names[word] for word in pairs if word in names}
    rest = [part for word in words for part in (word, *re.split(r"[-']", word))]
    found |= {names[word] for word in rest if word in names}
    if not found and len(text) <= TYPED:
        close = {near for word in words if (near := nearest(word, names))}
        found = {names[word] for word in close}
    if OVER in found:
        return OVER
    return found.pop() if len(found) == 1 else None


def _known(name: str, text: str, vocabulary: Vocabulary, *, typed: bool) -> str | None:
    """Return the usual spelling of the value *text* of *name* if it is known, or nearly."""
    match name:
        case "platform":
            names = vocabulary.platforms
            near = text if text in names else nearest(text, names) if typed else None
            return names[near] if near else None
        case "edge":
            return known_or_near(text, vocabulary.edges, typed=typed)
        case "relay":
            return ",".join(relays_in(text, vocabulary, typed=typed)) or None
    meanings = vocabulary.options.get(name)
    if meanings is None:
        return None
    return meanings.get(text) if meanings else text.removeprefix("v")
