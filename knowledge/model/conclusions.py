"""The nouns of what is concluded: answers, the judged causes, the path, the diagnosis.

Pure data: plain frozen values that print well. `answers.py` and `tree.py` make them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

By: TypeAlias = Literal["relay", "person", "reference", "device"]


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to one question, or why there is none."""

    question: str
    answer: str | None
    because: str  # a sentence
    steps: tuple[str, ...] = ()  # the steps that decided
    by: By = "relay"
    waits_for: tuple[str, ...] = ()  # unknown: the questions it is really about; empty when nobody will ask

    @property
    def firm(self) -> str | None:
        """The answer, where it may find and rule out: what a reference relay saw may not."""
        return None if self.by == "reference" else self.answer


Answers: TypeAlias = Mapping[str, Answered]


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause that is found."""

    cause: str
    title: str
    confidence: Literal["certain", "likely"]
    because: tuple[Answered, ...]  # the answers that show it
    steps: tuple[str, ...]  # their deciding steps
    effects: tuple[str, ...] = ()  # causes it explains
    platforms: tuple[str, ...] = ()
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Judged:
    """A cause that is not found, and why it is in the list it is in."""

    cause: str
    title: str
    because: str
    steps: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()  # the questions whose answers are missing
    person_only: bool = False  # nothing but a person's answer is missing
    by: str = ""  # explained: the cause whose effect this is
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class PathStep:
    """One question on the walk through a branch."""

    branch: str
    question: str
    asks: str
    answer: str | None
    because: str
    steps: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NextQuestion:
    """What to ask a person next."""

    question: str
    option: str
    ask: str
    choices: tuple[tuple[str, str], ...]  # (answer, as a person reads it)
    worth: float = 0.0  # weight of the causes it can settle, per second


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is concluded. Every cause of the case is in exactly one of the five lists."""

    code: str
    platforms: tuple[str, ...]
    outcome: Literal["found", "clear", "unclear"]
    found: tuple[Finding, ...] = ()
    explained: tuple[Judged, ...] = ()  # effects of what is found
    possible: tuple[Judged, ...] = ()
    ruled_out: tuple[Judged, ...] = ()
    not_checked: tuple[Judged, ...] = ()
    unexplained: tuple[str, ...] = ()  # steps that failed and that no found cause accounts for
    tolerated: tuple[str, ...] = ()  # those of the unexplained that harm nobody by themselves
    accounted: tuple[str, ...] = ()  # steps that a found cause accounts for
    path: tuple[PathStep, ...] = ()
    next_question: NextQuestion | None = None
    digest: str = ""  # of the knowledge
