"""An author's mistakes: each a sentence with its file and line, all of them in one exception."""

import difflib
from collections.abc import Iterable


class KnowledgeError(Exception):
    """Knowledge or network files that cannot be used; `problems` holds every `file:line: sentence`."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


def at_line(file: str, line: int, sentence: str) -> str:
    """`file:line: sentence`, as editors and compilers write it."""
    return f"{file}:{line}: {sentence}"


def nearest(word: str, known: Iterable[str]) -> str:
    """` (did you mean x?)` when something known looks like *word*, else the empty text."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""
