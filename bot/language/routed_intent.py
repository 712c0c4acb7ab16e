"""What a message can mean, and what it is understood by: the words known here and the conversation so far.

Pure data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.allowlist.request import ListRequest
from bot.errors import UsageError
from bot.language.answering import Answer
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
    """What words can be about."""

    knowledge: Knowledge
    network: Network
    vocabulary: Vocabulary


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a message goes on from: the case that is open here, its open question, and the question before."""

    in_case: bool = False  # a thread or a session in which a case is open
    about: CaseContext = field(default_factory=CaseContext)  # that case
    asked: str = ""  # the option of its open question, one of `Vocabulary.options`
    topics: Mapping[str, str] = field(default_factory=dict)  # any name of a cause, question, step: its id
    last: LastQuestion = field(default_factory=LastQuestion)
    addressed: bool = True  # false: people talk with one another here, and not every message is for us


@dataclass(frozen=True, slots=True)
class CodeMeanings:
    """The meaning of codes is asked for."""

    codes: tuple[str, ...]  # all of them known
    platform: str = ""


@dataclass(frozen=True, slots=True)
class UnknownCode:
    """A code that is not known here, the nearest ones, and whether its meaning was asked for."""

    code: str
    near: tuple[str, ...]
    meaning: bool = False


@dataclass(frozen=True, slots=True)
class HelpWanted:
    """The list of what can be asked is asked for."""


@dataclass(frozen=True, slots=True)
class RelaysWanted:
    """The list of relays is asked for."""


@dataclass(frozen=True, slots=True)
class HistoryWanted:
    """The list of earlier diagnoses is asked for."""


@dataclass(frozen=True, slots=True)
class MissingPlatform:
    """An allow-list without a platform; the options that were given, by name."""

    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A message to us in a case that means nothing there."""


@dataclass(frozen=True, slots=True)
class NotForUs:
    """People talk with one another, or ask what nothing here answers: leave it alone."""


RoutedIntent: TypeAlias = (
    Request
    | AmbiguousCode
    | UsageError
    | HelpWanted
    | RelaysWanted
    | HistoryWanted
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
