"""Questions, causes, and the whole knowledge: plain frozen values that print well. `load.py` makes them from files.

Pure data. Platforms and error codes are in `platforms.py`; what is concluded from them is in `conclusions.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, TypeAlias

from knowledge.model.platforms import ErrorCode, Platform, Reference
from knowledge.model.problems import Origin
from knowledge.model.rules import Rule
from probes.protocol.model import Facts, Target

EdgeScope: TypeAlias = Literal["chosen", "roaming", "every"]
UNKNOWN: Final = "unknown"  # how a missing answer is written in cases and shown to people

Condition: TypeAlias = Mapping[str, tuple[str, ...]]  # question: answers that fit; all questions must fit
Alternatives: TypeAlias = tuple[Condition, ...]  # any one suffices; none at all never holds


@dataclass(frozen=True, slots=True)
class Observe:
    """One kind of look that a question wants; it expands over the hosts of the network."""

    probe: str
    service: str
    edge: EdgeScope = "chosen"
    port: int | None = None  # only targets on this port
    transport: str | None = None  # only targets over this transport
    params: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    """What only a person can tell."""

    option: str  # how it is told on the command line: --sdk-version
    ask: str  # the question as the bot puts it


@dataclass(frozen=True, slots=True)
class Option:
    """What a person may say to mean an answer: words, or a span of versions."""

    says: str  # the answer as a person reads it
    words: tuple[str, ...] = ()
    below: str | None = None  # versions below this one
    from_: str | None = None  # this version and later ones


@dataclass(frozen=True, slots=True)
class AnswerRule:
    """One possible answer: by rule over observations, or by what a person says."""

    name: str
    rule: Rule | None = None
    option: Option | None = None


@dataclass(frozen=True, slots=True)
class DeviceAnswer:
    """What a test on the user's own device shows about a question; `knowledge/reasoning/device.py` reads it."""

    name: str  # one of the question's answers, or one that only a device gives
    rule: Rule  # over the facts of one report
    says: str = ""  # the answer as a person reads it, where only a device gives it
    agrees: tuple[str, ...] = ()  # a relay's answers that can be true beside it; the relay's stands
    over: tuple[str, ...] = ()  # a relay's answers that tell less than it; the device's stands


@dataclass(frozen=True, slots=True)
class QuestionExample:
    """What was seen (or said), and the answer it must give."""

    given: tuple[Facts, ...] | str
    answer: str
    device: bool = False  # given are the facts of one report of the user's device


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to find out."""

    id: str
    asks: str
    means: str
    answers: tuple[AnswerRule, ...]
    needs: Condition = field(default_factory=dict)
    observe: tuple[Observe, ...] = ()
    person: Person | None = None
    code: bool = False  # the error code itself tells
    platforms: tuple[str, ...] = ()  # empty: all
    cost: float = 1.0  # seconds of whoever answers
    tolerant: bool = False  # its failed looks are told, and leave a clear outcome clear
    fine: str | None = None  # the answer when every look succeeds; None where success alone does not tell
    cases: tuple[QuestionExample, ...] = ()
    device: tuple[DeviceAnswer, ...] = ()  # in order; the first that holds
    origin: Origin = field(default=Origin(), compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The possible answers, in order."""
        return tuple(answer.name for answer in self.answers)

    @property
    def every_name(self) -> tuple[str, ...]:
        """The possible answers, and those that only the user's device gives."""
        return tuple(dict.fromkeys((*self.names, *(answer.name for answer in self.device))))

    @property
    def said(self) -> bool:
        """Whether the answer is said, by a person or by the error code, and not seen by a probe."""
        return self.code or self.person is not None

    def says(self, answer: str | None) -> str:
        """*answer* as a person reads it."""
        option = next((a.option for a in self.answers if a.name == answer), None)
        found = next((a.says for a in self.device if a.name == answer and a.name not in self.names), "")
        return option.says if option else (found or answer or UNKNOWN)


@dataclass(frozen=True, slots=True)
class Explains:
    """A cause that is the effect of another when both show, and `when` holds (empty: always)."""

    id: str
    when: Condition = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fix:
    """One thing to do, and who can do it; texts are templates."""

    do: str
    who: str  # firewall, developer, support or user
    snippet: str | None = None  # a key of the platform's snippets
    code: str | None = None


@dataclass(frozen=True, slots=True)
class CauseExample:
    """Answers, and what must be concluded from them; a question left out is unknown."""

    given: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]  # found, possible, ruled_out, not_checked, explained: cause ids
    confidence: Mapping[str, str] = field(default_factory=dict)
    platform: str | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """What may be wrong."""

    id: str
    title: str
    customer: str
    weight: Mapping[str, float]  # error code: how common
    when: Alternatives
    clears_only_if: Condition = field(default_factory=dict)
    explains: tuple[Explains, ...] = ()
    likely_when: Alternatives = ()
    platforms: tuple[str, ...] = ()  # empty: all
    evidence: tuple[str, ...] = ()
    fixes: Mapping[str, tuple[Fix, ...]] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    symptoms: tuple[str, ...] = ()  # phrases in which users tell of it
    checked: str = ""  # YYYY-MM-DD, when its facts were last held against their sources
    cases: tuple[CauseExample, ...] = ()
    origin: Origin = field(default=Origin(), compare=False)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything in the folder, by id."""

    errors: Mapping[str, ErrorCode]
    causes: Mapping[str, Cause]
    questions: Mapping[str, Question]
    platforms: Mapping[str, Platform]
    digest: str  # sha256 over names and contents of the files


class Places(Protocol):
    """What reasoning needs of a network: where a service is. `knowledge.loading.load_network.Network` is one."""

    @property
    def resolvers(self) -> tuple[str, ...]:
        """Addresses of the resolvers to ask besides the system's own."""
        ...

    def targets(
        self, service: str, platform: str, edge_scope: EdgeScope, chosen_edge: str, /
    ) -> tuple[Target, ...]:
        """The targets of *service* for *platform*, at the chosen, the roaming or every edge."""
        ...


@dataclass(frozen=True, slots=True)
class ProbeSpec:
    """One look that a question wants; equal looks of several questions are one step."""

    probe: str
    target: Target
    params: Facts
    step: str  # the step's id


@dataclass(frozen=True, slots=True)
class CaseModel:
    """One code on one platform: the causes in question, the questions about them, the looks they want."""

    code: str
    platform: str
    edge: str
    causes: Mapping[str, Cause]  # by id, most common first
    questions: Mapping[str, Question]  # by id, what is needed before what needs it
    probes: Mapping[str, tuple[ProbeSpec, ...]]  # by question id
    digest: str = ""
