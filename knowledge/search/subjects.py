"""Words that name no subject of an answer: framing that fits any question, prices and places, and thin words.

Pure, except that it reads `elsewhere.yaml`.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from knowledge.loading.yaml_lines import parse_yaml
from knowledge.search.tokens import telling, words_of

_WHAT_IS: Final = re.compile(
    r"\b(?:what (?:is|are|does|do|was)|what'?s|whats|mean\w*|explain\w*|define|definition|stands? for|purpose|"
    r"good for)\b|^\W*(?:\S+\s*){1,3}\W*$",
    re.IGNORECASE,
)


def asks_what_it_is(text: str) -> bool:
    """Tell whether *text* asks for a definition, or is only a few words."""
    return bool(_WHAT_IS.search(text))


def names_subject(text: str, has: Callable[[str], bool]) -> str:
    """Tell what *text* shares with the lines of an answer that *has* words: "subject", only "thin" words, or ""."""
    plain = framing() | _listed("unspecific")
    words = [word for word in telling(words_of(text)) if word not in plain and has(word)]
    if not words:
        return ""
    return "subject" if any(word not in _listed("thin") for word in words) else "thin"


def framing() -> frozenset[str]:
    """Return the words of any question, in the form that `words_of` returns."""
    return _listed("framing")


@cache
def _listed(name: str) -> frozenset[str]:
    file = Path(__file__).with_name("elsewhere.yaml")
    found = parse_yaml(file.read_bytes(), "knowledge/search/elsewhere.yaml").value
    return frozenset(words_of(" ".join(map(str, found[name]))))
