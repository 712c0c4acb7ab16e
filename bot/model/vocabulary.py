"""Make the vocabulary of a request, from the knowledge, the network, and the available relays.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from bot.model.request import Vocabulary
from knowledge.model.network import Network
from knowledge.model.person import HeardWords
from knowledge.model.schema import UNKNOWN, Knowledge, Question
from probes.protocol.frozen import frozen


def make_vocabulary(knowledge: Knowledge, network: Network, relays: Iterable[str]) -> Vocabulary:
    """Collect every word that has a meaning."""
    return Vocabulary(
        codes=tuple(knowledge.errors),
        platforms=platform_names(knowledge),
        edges=network.edge_names,
        options=person_options(knowledge),
        heard=heard_words(knowledge),
        roaming=network.roaming,
        relays=tuple(relays),
        services=service_hosts(network),
        ports=service_ports(network),
        media_ranges=network.media_ranges,
    )


# Services that a clue names by another's id: the event hosts of home regions are Insights.
SAME_SERVICE: Final = {"home-insights": "insights"}


def service_hosts(network: Network) -> dict[str, str]:
    """Map each host to its service. A host of several services belongs to the first."""
    hosts: dict[str, str] = {}
    for service in network.services:
        for host in service.hosts.values():
            hosts.setdefault(host.casefold(), SAME_SERVICE.get(service.id, service.id))
    return hosts


def service_ports(network: Network) -> dict[str, frozenset[int]]:
    """Map each service to the ports of its hosts, also to those of another service on them."""
    hosts = service_hosts(network)
    found: dict[str, set[int]] = {}
    for service in network.services:
        for host in service.hosts.values():
            found.setdefault(hosts[host.casefold()], set()).add(service.port)
    return {service: frozenset(ports) for service, ports in found.items()}


@frozen
class PersonQuestion:
    """A question that only a person can answer, for a form."""

    option: str
    ask: str
    choices: tuple[tuple[str, str], ...] = ()  # (answer, its text); none: a version


def person_questions(knowledge: Knowledge, platform: str = "") -> tuple[PersonQuestion, ...]:
    """List one question per option, the most relevant first. Of several, prefer the one for *platform*."""
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
    """Rank last what needs another answer, then what is not for *platform*, then what concerns few causes."""
    elsewhere = bool(platform and question.platforms and platform not in question.platforms)
    return bool(question.needs), elsewhere, -len(question.platforms) if question.platforms else -99


def _choices(question: Question) -> tuple[tuple[str, str], ...]:
    options = [rule.option for rule in question.answers if rule.option]
    return tuple((option.words[0], option.says) for option in options if option.words)


def person_options(knowledge: Knowledge) -> dict[str, dict[str, str]]:
    """List the options that only people can answer, with their words. No words: a version."""
    options: dict[str, dict[str, str]] = {}
    for question in knowledge.questions.values():
        if question.person:
            words = options.setdefault(question.person.option, {})
            for answer in question.answers:
                if answer.option and answer.option.words:
                    words |= dict.fromkeys(answer.option.words, answer.option.words[0])
    return options


def heard_words(knowledge: Knowledge) -> dict[str, HeardWords]:
    """Return how a description gives each option's value, with the values as the option spells them."""
    found: dict[str, HeardWords] = {}
    for question in knowledge.questions.values():
        if question.person and question.person.heard.words:
            heard = question.person.heard
            values = {rule.name: rule.option.words[0] for rule in question.answers if rule.option}
            patterns = {values.get(name, UNKNOWN): items for name, items in heard.answers.items()}
            found[question.person.option] = HeardWords(heard.words, patterns)
    return found


def person_asks(knowledge: Knowledge) -> dict[str, str]:
    """Return the question to a person behind each of these options, without what leads to it."""
    persons = [question.person for question in knowledge.questions.values() if question.person]
    return {person.option: _question(person.ask) for person in persons}


def _question(text: str) -> str:
    """Return *text* from the sentence on that ends with the first question mark."""
    return text[text.rfind(". ", 0, text.find("?")) + 1 :].lstrip()


def platform_names(knowledge: Knowledge) -> Mapping[str, str]:
    """Map all names of platforms to their ids."""
    names: dict[str, str] = {}
    for platform in knowledge.platforms.values():
        for name in (platform.id, *platform.aliases):
            names[name.casefold()] = platform.id
    return names
