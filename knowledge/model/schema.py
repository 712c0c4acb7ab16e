"""Questions, causes, and the whole knowledge: plain frozen values that print well. `load.py` makes them from files.

Pure data. Platforms and error codes are in `platforms.py`, the values of a diagnosis in `conclusions.py`.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Final, Literal, Protocol, TypeAlias

from knowledge.model.examples import CauseExample, QuestionExample
from knowledge.model.impact import Impact
from knowledge.model.person import Person
from knowledge.model.platforms import ErrorCode, Platform, Reference
from knowledge.model.problems import Origin
from knowledge.model.rules import Rule
from knowledge.model.templates import fill
from probes.protocol.frozen import frozen
from probes.protocol.model import Facts, Target

EdgeScope: TypeAlias = Literal["chosen", "roaming", "every"]
UNKNOWN: Final = "unknown"  # how a missing answer is written in examples and for people
Condition: TypeAlias = Mapping[str, tuple[str, ...]]  # question: answers that match; all questions must match
Alternatives: TypeAlias = tuple[Condition, ...]  # one suffices; an empty tuple never holds


@frozen
class Observe:
    """One kind of check that a question needs; it expands to the hosts of the network."""

    probe: str
    service: str
    edge: EdgeScope = "chosen"
    port: int | None = None  # only targets on this port
    transport: str | None = None  # only targets over this transport
    params: Facts = field(default_factory=dict)


@frozen
class Option:
    """What a person can reply to give an answer: words, or a range of versions."""

    says: str  # the answer as text for a person
    words: tuple[str, ...] = ()
    below: str | None = None  # versions below this one
    from_: str | None = None  # this version and later ones


@frozen
class AnswerRule:
    """One possible answer, chosen by a rule over observations or by a person's reply."""

    name: str
    rule: Rule | None = None
    option: Option | None = None


@frozen
class DeviceAnswer:
    """An answer from a test on the user's own device; `knowledge/reasoning/device.py` evaluates it."""

    name: str  # one of the question's answers, or one that only a device can give
    rule: Rule  # over the facts of one report
    says: str = ""  # the answer as text for a person, if only a device can give it
    agrees: tuple[str, ...] = ()  # relay answers that can be true as well; the relay's answer is used
    over: tuple[str, ...] = ()  # relay answers that are less specific; the device's answer is used


@frozen
class Question:
    """One question, answered by checks, by a person, or by the error code."""

    id: str
    asks: str
    means: str
    answers: tuple[AnswerRule, ...]
    needs: Condition = field(default_factory=dict)
    observe: tuple[Observe, ...] = ()
    person: Person | None = None
    code: bool = False  # the error code itself gives the answer
    platforms: tuple[str, ...] = ()  # empty: all
    cost: float = 1.0  # seconds that an answer takes
    tolerant: bool = False  # its failed checks are reported, but do not change a clear outcome
    optional: bool = False  # if nothing could be measured, a clear outcome stays clear
    texts: Mapping[str, str] = field(default_factory=dict)  # answers as text for a person
    fine: str | None = None  # the answer when every check succeeds; None if success alone does not decide it
    cases: tuple[QuestionExample, ...] = ()
    device: tuple[DeviceAnswer, ...] = ()  # in order; the first that holds is used
    origin: Origin = field(default=Origin(), compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The possible answers, in order."""
        return tuple(answer.name for answer in self.answers)

    @property
    def every_name(self) -> tuple[str, ...]:
        """The possible answers, and those that only the user's device can give."""
        return tuple(dict.fromkeys((*self.names, *(answer.name for answer in self.device))))

    @property
    def said(self) -> bool:
        """Whether a person or the error code gives the answer, rather than a check."""
        return self.code or self.person is not None

    def says(self, answer: str | None) -> str:
        """Return *answer* as text for a person."""
        option = next((a.option for a in self.answers if a.name == answer), None)
        found = next((a.says for a in self.device if a.name == answer and a.name not in self.names), "")
        return self.texts.get(answer or "") or (option.says if option else found) or answer or UNKNOWN


@frozen
class Explains:
    """A cause that is an effect of another if both are found and `when` holds (empty: always)."""

    id: str
    when: Condition = field(default_factory=dict)


@frozen
class ImpactWhen:
    """The impact of a cause where the answers fit."""

    impact: Impact
    when: Condition


@frozen
class Fix:
    """One thing to do, and who can do it; the texts are templates."""

    do: str
    who: str  # firewall, developer, support or user
    snippet: str | None = None  # a key of the platform's snippets
    code: str | None = None


@frozen
class Cause:
    """A possible cause of a problem."""

    id: str
    title: str
    customer: str
    impact: Impact  # unless an entry of `impact_when` holds
    weight: Mapping[str, float]  # error code: how common
    when: Alternatives
    clears_only_if: Condition = field(default_factory=dict)
    clears_if: Condition = field(default_factory=dict)  # rules it out, unless it is found
    explains: tuple[Explains, ...] = ()
    likely_when: Alternatives = ()
    impact_when: tuple[ImpactWhen, ...] = ()  # in order; the first that holds is used
    platforms: tuple[str, ...] = ()  # empty: all
    evidence: tuple[str, ...] = ()
    fixes: Mapping[str, tuple[Fix, ...]] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    symptoms: tuple[str, ...] = ()  # phrases that users write about it
    checked: str = ""  # YYYY-MM-DD, when its facts were last checked against their sources
    local: bool = False  # about the relay's own host or network, so it says nothing about the service
    network: bool = True  # whether a network can cause it, and not only the app, the account, or the device
    from_everywhere: str = ""  # the cause that it is instead if every relay, a reference included, finds it
    cases: tuple[CauseExample, ...] = ()
    origin: Origin = field(default=Origin(), compare=False)

    @property
    def generic_customer(self) -> str:
        """The text for customers without the hosts and ports of a network."""
        return fill(self.customer, {}).strip()


@frozen
class Knowledge:
    """All knowledge files, by id."""

    errors: Mapping[str, ErrorCode]
    causes: Mapping[str, Cause]
    questions: Mapping[str, Question]
    platforms: Mapping[str, Platform]
    digest: str  # sha256 over names and contents of the files


class Places(Protocol):
    """What reasoning needs from a network: the targets of a service. `knowledge.model.network.Network` has it."""

    @property
    def resolvers(self) -> tuple[str, ...]:
        """Addresses of the resolvers to query besides the system's own."""

    def targets(self, service: str, platform: str, scope: EdgeScope, edge: str, /) -> tuple[Target, ...]:
        """Return the targets of *service* for *platform*, at the chosen edge, the roaming edge, or every edge."""


@frozen
class ProbeSpec:
    """One check that a question needs; equal checks of several questions are one step."""

    probe: str
    target: Target
    params: Facts
    step: str  # the step's id


@frozen
class CaseModel:
    """One code on one platform: the possible causes, the questions about them, and the checks they need."""

    code: str
    platform: str
    edge: str
    causes: Mapping[str, Cause]  # by id, most common first
    questions: Mapping[str, Question]  # by id, each after the questions that it needs
    probes: Mapping[str, tuple[ProbeSpec, ...]]  # by question id
    digest: str = ""
    assumed: bool = False  # the code is a guess, so it answers no question
