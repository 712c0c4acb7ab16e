"""What was asked last in each thread, so that “and on iOS?” has something to go on from; a restart forgets."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from bot.language.case_context import CaseContext
from bot.slack.api.actor import Actor

KEPT: Final = 2_000  # threads


@dataclass(frozen=True, slots=True)
class LastQuestion:
    """The last question of a thread, and what it was about."""

    question: str = ""
    about: CaseContext = field(default_factory=CaseContext)


class ThreadMemory:
    """The last question of each thread."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str], LastQuestion] = OrderedDict()

    def last(self, actor: Actor) -> LastQuestion:
        """What was asked before here; in direct messages, where each message may begin a thread, the last of all."""
        for place in _places(actor):
            if talk := self._kept.get(place):
                return talk
        return LastQuestion()

    def keep(self, actor: Actor, talk: LastQuestion) -> None:
        """Remember *talk*; the oldest goes."""
        for place in _places(actor):
            self._kept[place] = talk
            self._kept.move_to_end(place)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def forget(self, actor: Actor) -> None:
        """Something else was talked of since."""
        for place in _places(actor):
            self._kept.pop(place, None)


def _places(actor: Actor) -> list[tuple[str, str, str]]:
    thread = actor.thread or actor.message
    named = [(actor.team, actor.channel, thread)] if thread else []
    return [*named, (actor.team, actor.channel, "")] if actor.direct else named
