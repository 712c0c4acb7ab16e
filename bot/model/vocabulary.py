"""Which words a request may hold, taken from the knowledge, the network and the relays at hand.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.model.request import Vocabulary
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge, Question


def make_vocabulary(knowledge: Knowledge, network: Network, relays: Iterable[str]) -> Vocabulary:
    """Collect every word that has a meaning here."""
    return Vocabulary(
        codes=tuple(knowledge.errors),
        platforms=platform_names(knowledge),
        edges=network.edge_names,
        options=person_options(knowledge),
        roaming=network.roaming,
        relays=tuple(relays),
    )


@dataclass(frozen=True, slots=True)
class PersonQuestion:
    """What only a person can tell, as a form asks for it."""

    option: str
    ask: str
    choices: tuple[tuple[str, str], ...] = ()  # (answer, as a person reads it); none: a version


def person_questions(knowledge: Knowledge, platform: str = "") -> tuple[PersonQuestion, ...]:
    """List a question for each option, those that concern most first; of several, the one for *platform*."""
    asked: dict[str, Question] = {}
    for question in sorted(knowledge.questions.values(), key=lambda question: _rank(question, platform)):
        if question.person:
            asked.setdefault(question.person.option, question)
    return tuple(
        PersonQuestion(question.person.option, question.person.ask, _choices(question))
        for question in asked.values()
        if question.person
    )


def _rank(question: Question, platform: str) -> tuple[bool, bool, int]:
    """Put off what another answer is needed for, then what does not concern *platform*, then what concerns few."""
    elsewhere = bool(platform and question.platforms and platform not in question.platforms)
    return bool(question.needs), elsewhere, -len(question.platforms) if question.platforms else -99


def _choices(question: Question) -> tuple[tuple[str, str], ...]:
    options = [rule.option for rule in question.answers if rule.option]
    return tuple((option.words[0], option.says) for option in options if option.words)


def person_options(knowledge: Knowledge) -> dict[str, dict[str, str]]:
    """List what only people can tell: each option with its words; none is a version."""
    options: dict[str, dict[str, str]] = {}
    for question in knowledge.questions.values():
        if question.person:
            words = options.setdefault(question.person.option, {})
            for answer in question.answers:
                if answer.option and answer.option.words:
                    words |= dict.fromkeys(answer.option.words, answer.option.words[0])
    return options


def platform_names(knowledge: Knowledge) -> Mapping[str, str]:
    """Map every name that people use for a platform to its id."""
    names: dict[str, str] = {}
    for platform in knowledge.platforms.values():
        for name in (platform.id, *platform.aliases):
            names[name.casefold()] = platform.id
    return names
