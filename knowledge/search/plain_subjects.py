"""Name the passage that a question with a plain subject asks for: "which IP range has the audio", "TTL of ICE servers".

Pure, except that it reads `plain_subjects.yaml`.
"""

import re
from functools import cache
from pathlib import Path

from knowledge.loading.yaml_lines import parse_yaml


def plain_subjects(text: str) -> dict[str, bool]:
    """Return the ids of the passages that *text*, an English question, plainly asks for; mostly one or none.

    The value tells whether the rule has more than one condition. One alone decides between answers, but is no answer.
    """
    lower = text.casefold()
    return {
        passage: len(wanted) > 1
        for passage, wanted, unless in plain_rules()
        if all(pattern.search(lower) for pattern in wanted) and not (unless and unless.search(lower))
    }


@cache
def plain_rules() -> tuple[tuple[str, tuple[re.Pattern[str], ...], re.Pattern[str] | None], ...]:
    """Return the rules: a passage, what must be in the question, and what must not."""
    file = Path(__file__).with_suffix(".yaml")
    found = parse_yaml(file.read_bytes(), "knowledge/search/plain_subjects.yaml").value
    return tuple(
        (
            rule["passage"],
            tuple(re.compile(pattern.replace("{call}", found["call"])) for pattern in rule["all"]),
            re.compile(rule["none"]) if "none" in rule else None,
        )
        for rule in found["rules"]
    )
