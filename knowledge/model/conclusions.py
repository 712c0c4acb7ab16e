"""The values of a diagnosis: answers, judged causes, the path, and the diagnosis itself.

Pure data: plain frozen values that print well. `answers.py` and `tree.py` make them.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from knowledge.model.impact import Impact
from probes.protocol.frozen import frozen

By: TypeAlias = Literal["relay", "person", "reference", "device"]


@frozen
class Answered:
    """The answer to one question, or why there is none."""

    question: str
    answer: str | None
    because: str  # a sentence
    steps: tuple[str, ...] = ()  # the steps that decided
    by: By = "relay"
    waits_for: tuple[
        str, ...
    ] = ()  # if unknown, the questions whose answers are missing; empty when none will be asked
    elsewhere: bool = False  # about a network that may not be the user's, so it rules nothing out there

    @property
    def firm(self) -> str | None:
        """The answer if it may find or rule out causes, which an answer from a reference relay may not; else None."""
        return None if self.by == "reference" else self.answer

    # A found cause is one of the network that was tested; a cause is ruled out for the user's only.
    @property
    def clearing(self) -> str | None:
        """The answer if it may rule out causes; else None."""
        return None if self.elsewhere else self.firm


Answers: TypeAlias = Mapping[str, Answered]


@frozen
class Finding:
    """A cause that is there. It is a risk, or it is found: it blocks or degrades calls now."""

    cause: str
    title: str
    confidence: Literal["certain", "likely"]
    because: tuple[Answered, ...]  # the answers that prove it
    steps: tuple[str, ...]  # the steps that decided these answers, and those that leave it likely only
    effects: tuple[str, ...] = ()  # causes it explains
    platforms: tuple[str, ...] = ()
    weight: float = 0.0
    local: bool = False  # about the relay's own host or network, so it says nothing about the service
    impact: Impact = "blocks"
    network: bool = True  # whether a network can cause it


@frozen
class Judged:
    """A cause that is not found, and the reason for the list it is in."""

    cause: str
    title: str
    because: str
    steps: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()  # the questions whose answers are missing
    person_only: bool = False  # only a person's answer is missing
    by: str = ""  # if explained: the cause that it is an effect of
    weight: float = 0.0
    local: bool = False  # a local cause that shows, though the relay may not find it (a reference relay)
    harmless: bool = False  # a risk at most, or nothing could be measured: a clear outcome stays clear
    elsewhere: bool = False  # ruled out on a network that may not be the user's


@frozen
class PathStep:
    """One question on the path through a branch."""

    branch: str
    question: str
    asks: str
    answer: str | None
    because: str
    steps: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()


@frozen
class NextQuestion:
    """The question to ask a person next."""

    question: str
    option: str
    ask: str
    choices: tuple[tuple[str, str], ...]  # (answer, text for a person)
    worth: float = 0.0  # weight of the causes it can decide, per second


@frozen
class Diagnosis:
    """The conclusion for one case. Every cause of the case is in exactly one of the six lists."""

    code: str
    platforms: tuple[str, ...]
    outcome: Literal["found", "clear", "unclear"]
    found: tuple[Finding, ...] = ()  # what blocks or degrades calls
    risks: tuple[Finding, ...] = ()  # what is there, and affects nobody now
    explained: tuple[Judged, ...] = ()  # effects of the causes found, or of risks
    possible: tuple[Judged, ...] = ()
    ruled_out: tuple[Judged, ...] = ()
    not_checked: tuple[Judged, ...] = ()
    unexplained: tuple[str, ...] = ()  # failed steps that no found cause accounts for
    tolerated: tuple[str, ...] = ()  # those of `unexplained` that are harmless by themselves
    accounted: tuple[str, ...] = ()  # steps that a found cause accounts for
    path: tuple[PathStep, ...] = ()
    next_question: NextQuestion | None = None
    digest: str = ""  # of the knowledge
