"""Compare the findings in the sentences of today with those that were accepted: new ones fail, fixed ones go."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from tests.voice.rules import Finding, Word, WordException, check_sentence, excuse
from tests.voice.sentences import Sentence

HEAD: Final = """\
# Sentences that broke a rule when the voice check began: hash, how often, the rules. It may only shrink.
# After you fixed or removed sentences, or after a merge: python -m tests.voice --shrink
"""


@dataclass(frozen=True)
class Offense:
    """A sentence that breaks rules."""

    sentence: Sentence
    findings: tuple[Finding, ...]

    @cached_property
    def key(self) -> str:
        """The hash of the sentence's text: it may move to another line or file, but not change."""
        return hashlib.sha256(self.sentence.text.encode()).hexdigest()[:12]

    @property
    def rules(self) -> str:
        """The names of the broken rules."""
        return "; ".join(dict.fromkeys(finding.rule for finding in self.findings))

    def lines(self, root: Path) -> Iterator[str]:
        """Write `file:line: what to change`, one line for each finding."""
        source = (root / self.sentence.path).read_text("utf-8").splitlines()
        for finding in self.findings:
            where = f"{self.sentence.path}:{_line_of(finding.match, self.sentence, source)}"
            shown = f'"{finding.match}": ' if finding.match else ""
            yield f"{where}: {finding.rule}: {shown}{finding.advice}\n    {self.sentence.text}"


def _line_of(match: str, sentence: Sentence, source: Sequence[str]) -> int:
    """Find the line that has the match and the words around it; the first of the sentence where no line has."""
    numbers = range(sentence.first, min(sentence.last, len(source)) + 1)
    with_match = [number for number in numbers if match.lower() in source[number - 1].lower()]
    words = set(sentence.text.split())
    return max(with_match, key=lambda n: len(words & set(source[n - 1].split())), default=sentence.first)


def find_offenses(
    sentences: Iterable[Sentence], words: Sequence[Word], exceptions: Sequence[WordException]
) -> tuple[list[Offense], set[WordException]]:
    """Find the sentences that break rules, and the exceptions that were needed."""
    offenses, used = [], set()
    for sentence in sentences:
        findings = []
        for finding in check_sentence(sentence.text, words):
            if exception := excuse(sentence.text, finding, exceptions):
                used.add(exception)
            else:
                findings.append(finding)
        if findings:
            offenses.append(Offense(sentence, tuple(findings)))
    return offenses, used


def count_offenses(offenses: Iterable[Offense]) -> Counter[str]:
    """Count how often each offending sentence occurs."""
    return Counter(offense.key for offense in offenses)


def new_offenses(offenses: Sequence[Offense], accepted: Mapping[str, int]) -> list[Offense]:
    """Keep the offenses that the baseline does not have; all places of a sentence that occurs more often now."""
    found = count_offenses(offenses)
    return [offense for offense in offenses if found[offense.key] > accepted.get(offense.key, 0)]


def gone(offenses: Iterable[Offense], accepted: Mapping[str, int]) -> int:
    """Count the sentences of the baseline that are not there any more."""
    found = count_offenses(offenses)
    return sum(max(0, count - found[key]) for key, count in accepted.items())


def load_baseline(path: Path) -> dict[str, int]:
    """Read the accepted sentences; of two lines for one, which a merge can leave, the higher count is taken."""
    accepted: dict[str, int] = {}
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        if line and not line.startswith("#"):
            key, count, *_ = line.split(" ")
            accepted[key] = max(accepted.get(key, 0), int(count))
    return accepted


def write_baseline(
    path: Path, offenses: Sequence[Offense], accepted: Mapping[str, int] | None = None
) -> None:
    """Write the offenses, and of those only what is *accepted* unless that is None."""
    found = count_offenses(offenses)
    rules = {offense.key: offense.rules for offense in offenses}
    keep = found if accepted is None else Counter(accepted) & found
    path.write_text(HEAD + "".join(f"{key} {keep[key]} {rules[key]}\n" for key in sorted(keep)), "utf-8")
