"""Slack commands that people type, each in a channel of its own, and what is wrong with their answers."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.fake_slack.records import Delivery
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Channel, Message, User
from tests.slack.asking import MOMENT
from tests.slack.bot import has_ended, is_notice


@dataclass
class Command:
    """One command for one relay, and what the person who typed it can read."""

    relay: str
    user: User
    room: Channel
    delivery: Delivery | None = None
    typed: float = 0.0

    @property
    def accepted(self) -> bool:
        """Whether Slack heard that it was accepted; if not, the person reads an error of Slack's own."""
        return self.delivery is not None and self.delivery.acked

    def posts(self) -> list[Message]:
        """The answers that everybody can read."""
        return [post for post in self.room.posts() if post.bot and not is_notice(post)]

    def whispers(self) -> list[Message]:
        """The answers that only this person can read."""
        return [post for post in self.room.messages.values() if post.only_for == self.user.id]

    def is_answered(self) -> bool:
        """Whether something is there, and nothing runs any more."""
        posts = self.posts()
        return all(map(has_ended, posts)) and bool(posts or self.whispers())

    def wrong(self, kills: Sequence[float]) -> str:
        """Say what is wrong; empty if there is one answer, or none to a command that was not accepted."""
        posts = self.posts()
        ended = sum(map(has_ended, posts))
        times = [float(post.ts) for post in self.whispers()]
        # What was said to one person alone in the moment before a kill cannot be known to have been said.
        unknown = [at for at in times[:-1] if any(0 <= kill - at < MOMENT for kill in kills)]
        count = len(posts) + len(times) - len(unknown)
        if int(self.accepted) <= count <= 1 and ended == len(posts):
            return ""
        return f"accepted {self.accepted}, {len(posts)} posts, {ended} ended, {len(times)} whispers: {self.answers()}"

    def answers(self) -> str:
        """Say what was asked, and what was answered."""
        texts = [post.text[:160] for post in (*self.posts(), *self.whispers())]
        return f"{self.room.name} to {self.relay} at {self.typed:.1f}: {texts}"


@dataclass
class Asking:
    """Everything that was typed."""

    slack: FakeSlack
    commands: list[Command] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        """How many commands Slack heard to be accepted."""
        return sum(command.accepted for command in self.commands)

    async def ask(self, relay: str) -> Command:
        """Type a command, and wait until Slack has delivered it or given up."""
        number, slack = len(self.commands), self.slack
        command = Command(relay, slack.add_user(f"user{number}"), slack.add_channel(f"room-{number}"))
        command.typed = slack.clock.now()
        self.commands.append(command)
        line = f"/diagnose 31009 javascript from {relay}"
        command.delivery = await slack.command(line, command.user, command.room)
        return command

    def wrong(self, kills: Sequence[float]) -> list[str]:
        """List what is wrong."""
        return [sentence for command in self.commands if (sentence := command.wrong(kills))]

    def strays(self) -> list[str]:
        """List what was written where nobody asked."""
        rooms = {command.room.id for command in self.commands}
        return [post.text for post in self.slack.messages() if post.bot and post.channel.id not in rooms]

    def outcomes(self) -> Counter[str]:
        """Count the answers by their first words, without names of relays."""
        texts = [post.text for command in self.commands for post in (*command.posts(), *command.whispers())]
        return Counter(
            re.sub(r"relay-\d+", "RELAY", text.splitlines()[0] if text else "")[:70] for text in texts
        )
