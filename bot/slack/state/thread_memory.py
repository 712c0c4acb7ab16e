"""What was asked last in each thread, so that “and on iOS?” has something to go on from; a restart forgets."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from bot.language.case_context import About
from bot.slack.api.actor import Asker

KEPT: Final = 2_000  # threads


@dataclass(frozen=True, slots=True)
class Talk:
    """The last question of a thread, and what it was about."""

    question: str = ""
    about: About = field(default_factory=About)


class Talks:
    """The last question of each thread."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str], Talk] = OrderedDict()

    def last(self, asker: Asker) -> Talk:
        """What was asked before here; in direct messages, where each message may begin a thread, the last of all."""
        for place in _places(asker):
            if talk := self._kept.get(place):
                return talk
        return Talk()

    def keep(self, asker: Asker, talk: Talk) -> None:
        """Remember *talk*; the oldest goes."""
        for place in _places(asker):
            self._kept[place] = talk
            self._kept.move_to_end(place)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def forget(self, asker: Asker) -> None:
        """Something else was talked of since."""
        for place in _places(asker):
            self._kept.pop(place, None)


def _places(asker: Asker) -> list[tuple[str, str, str]]:
    thread = asker.thread or asker.message
    named = [(asker.team, asker.channel, thread)] if thread else []
    return [*named, (asker.team, asker.channel, "")] if asker.direct else named
