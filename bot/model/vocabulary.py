"""Which words a request may hold, taken from the knowledge, the network and the relays at hand.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Mapping

from bot.model.request import Vocabulary
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge


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
