"""Who may look from where, and how often: asked for whoever presses or types, not for whoever began the case."""

import logging
import time
from collections.abc import Sequence

from bot.access import Rules, Who, groups_named, may_use, usable
from bot.rate import Rate
from bot.slack.asker import Asker
from bot.slack.installation import Workspace
from bot.slack.web import SlackError, call

log = logging.getLogger(__name__)

REMEMBERED = 300.0  # seconds for which the members of a user group are believed


class NotAllowedError(Exception):
    """Refused, with a reason for the person and what they can do instead."""

    def __init__(self, why: str, instead: Sequence[str] = ()) -> None:
        super().__init__(why)
        self.instead = tuple(instead)


class Rights:
    """The rules and the limits of one installation."""

    def __init__(self, rules: Rules, rate: Rate) -> None:
        self._rules, self._rate = rules, rate
        self._members: dict[tuple[str, str], tuple[float, frozenset[str]]] = {}

    async def look(self, workspace: Workspace, asker: Asker, relays: Sequence[str]) -> None:
        """Let *asker* look again or elsewhere: the relays are theirs, and they have not asked too often."""
        await self.use(workspace, asker, relays)
        if why := self._rate.refuse(asker.team, asker.user, time.monotonic()):
            raise NotAllowedError(
                why, ["Go on in the thread of a diagnosis: answers and evidence are not counted."]
            )

    async def use(self, workspace: Workspace, asker: Asker, relays: Sequence[str]) -> None:
        """Let *asker* see and stop what was looked at from *relays*, or raise; this is not counted."""
        who = await self._who(workspace, asker)
        for relay in relays:
            if why := may_use(self._rules, who, relay):
                raise NotAllowedError(why)

    async def usable(self, workspace: Workspace, asker: Asker, relays: Sequence[str]) -> tuple[str, ...]:
        """List those of *relays* that *asker* may use."""
        return usable(self._rules, await self._who(workspace, asker), relays)

    async def _who(self, workspace: Workspace, asker: Asker) -> Who:
        groups = [
            group
            for group in groups_named(self._rules)
            if asker.user in await self._in_group(workspace, asker.team, group)
        ]
        return Who(asker.team, asker.channel, asker.user, frozenset(groups))

    async def _in_group(self, workspace: Workspace, team: str, group: str) -> frozenset[str]:
        """Ask Slack who is in a user group, now and then; nobody, when it does not say."""
        asked, members = self._members.get((team, group), (-REMEMBERED, frozenset[str]()))
        if time.monotonic() - asked < REMEMBERED:
            return members
        try:
            said = await call(workspace.client.usergroups_users_list, usergroup=group)
        except SlackError as error:
            log.warning("the members of %s are not known (scope usergroups:read?): %s", group, error.word)
            return members
        members = frozenset(map(str, said.get("users", ())))
        self._members[team, group] = (time.monotonic(), members)
        return members
