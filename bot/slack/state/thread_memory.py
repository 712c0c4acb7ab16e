"""The last question of each thread, for follow-ups such as “and on iOS?”; in memory only."""

from collections import OrderedDict
from typing import Final

from bot.language.follow_ups import LastQuestion
from bot.slack.api.actor import Actor

KEPT: Final = 2_000  # threads


class ThreadMemory:
    """Last questions by thread."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str], LastQuestion] = OrderedDict()

    def last(self, actor: Actor) -> LastQuestion:
        """Return the last question here; in direct messages, where any message may start a thread, the last of all."""
        for place in _thread_keys(actor):
            if last_question := self._kept.get(place):
                return last_question
        return LastQuestion()

    def keep(self, actor: Actor, question: LastQuestion) -> None:
        """Store *last_question* as the thread's last question and evict the oldest."""
        for place in _thread_keys(actor):
            self._kept[place] = question
            self._kept.move_to_end(place)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def forget(self, actor: Actor) -> None:
        """Drop the last question, because the conversation has moved on."""
        for place in _thread_keys(actor):
            self._kept.pop(place, None)


def _thread_keys(actor: Actor) -> list[tuple[str, str, str]]:
    thread = actor.thread or actor.message
    named = [(actor.team, actor.channel, thread)] if thread else []
    return [*named, (actor.team, actor.channel, "")] if actor.direct else named
