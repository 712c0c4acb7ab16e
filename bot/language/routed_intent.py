"""Define what a message can mean, and its context: the known words and the conversation so far.

Pure data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.allowlist.request import ListRequest
from bot.errors import UsageError
from bot.language.answer import Answer
from bot.language.case_context import CaseContext
from bot.language.follow_ups import LastQuestion
from bot.language.intents import Intent
from bot.language.make_request import AmbiguousCode
from bot.model.request import Request, Vocabulary
from bot.model.symptom_match import SymptomMatch
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge


@dataclass(frozen=True, slots=True)
class LanguageContext:
    """What words can refer to."""

    knowledge: Knowledge
    network: Network
    vocabulary: Vocabulary


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a message may continue: the open case, its open question, and the previous question."""

    in_case: bool = False  # a thread or a session with an open case
    about: CaseContext = field(default_factory=CaseContext)  # that case
    asked: str = ""  # the option of its open question, one of `Vocabulary.options`
    topics: Mapping[str, str] = field(default_factory=dict)  # any name of a cause, question, or step: its id
    last: LastQuestion = field(default_factory=LastQuestion)
    addressed: bool = True  # false: people talk to each other here, and not every message is for the bot


@dataclass(frozen=True, slots=True)
class CodeMeanings:
    """A request for the meaning of codes."""

    codes: tuple[str, ...]  # all of them known
    platform: str = ""


@dataclass(frozen=True, slots=True)
class UnknownCode:
    """An unknown code, the nearest known codes, and whether its meaning was asked for."""

    code: str
    near: tuple[str, ...]
    meaning: bool = False


@dataclass(frozen=True, slots=True)
class HelpWanted:
    """A request for the list of what can be asked."""


@dataclass(frozen=True, slots=True)
class RelaysWanted:
    """A request for the list of relays."""


@dataclass(frozen=True, slots=True)
class LinkWanted:
    """A request for a link by which a customer's browser tests; without a *request*, for the open case."""

    request: Request | None = None


@dataclass(frozen=True, slots=True)
class HistoryWanted:
    """A request for the list of earlier diagnoses: one's own, or everyone's in this channel."""

    here: bool = False


@dataclass(frozen=True, slots=True)
class MissingPlatform:
    """A request for an allow-list without a platform, with the given options by name."""

    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A message to the bot in a case that it does not understand."""


@dataclass(frozen=True, slots=True)
class NotForUs:
    """A message between people, or a question without an answer: no reply."""


RoutedIntent: TypeAlias = (
    Request
    | AmbiguousCode
    | UsageError
    | HelpWanted
    | RelaysWanted
    | HistoryWanted
    | LinkWanted
    | CodeMeanings
    | UnknownCode
    | ListRequest
    | MissingPlatform
    | Answer
    | SymptomMatch
    | Intent
    | NotUnderstood
    | NotForUs
)
