"""Who may look from where, and how often: asked for whoever presses or types, not for whoever began the case."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from bot.rate_limit import RequestLimiter
from bot.relays.access_rules import (
    AccessRules,
    AccessSubject,
    applied,
    channels_by_name,
    groups_by_handle,
    groups_named,
    may_use,
    usable,
)
from bot.slack.api.actor import Actor
from bot.slack.api.client import SlackError, call
from bot.slack.api.workspaces import Workspace
from bot.slack.state.relay_directory import SlackRelayDirectory

log = logging.getLogger(__name__)

REMEMBERED = 300.0  # seconds for which names and the members of a user group are believed


class NotAllowedError(Exception):
    """Refused, with a reason for the person and what they can do instead."""

    def __init__(self, why: str, instead: Sequence[str] = ()) -> None:
        super().__init__(why)
        self.instead = tuple(instead)


class Permissions:
    """The rules and the limits of one installation.

    Channels and user groups count *by_name* only where one workspace is served: in another one anybody could make a
    channel of that name.
    """

    def __init__(
        self, rules: AccessRules, rate: RequestLimiter, relays: SlackRelayDirectory, *, by_name: bool = True
    ) -> None:
        self._own, self._rate, self._relays, self._by_name = rules, rate, relays, by_name
        self._heard: dict[tuple[str, str], tuple[float, frozenset[str]]] = {}
        self._untold: dict[tuple[str, str], SlackError] = {}  # for want of a scope

    async def check_start(self, workspace: Workspace, actor: Actor, relays: Sequence[str]) -> None:
        """Let *actor* look again or elsewhere: the relays are theirs, and they have not asked too often."""
        await self.check_access(workspace, actor, relays)
        if why := self._rate.refuse(actor.team, actor.user, time.monotonic()):
            raise NotAllowedError(
                why, ["Go on in the thread of a diagnosis: answers and evidence are not counted."]
            )

    async def check_access(self, workspace: Workspace, actor: Actor, relays: Sequence[str]) -> None:
        """Let *actor* see and stop what was looked at from *relays*, or raise; this is not counted."""
        rules = self._rules()
        who = await self._who(workspace, actor, rules)
        for relay in relays:
            if why := may_use(rules, who, relay):
                self._tell_missing_scope(rules, actor, relay)
                raise NotAllowedError(why)

    async def usable(self, workspace: Workspace, actor: Actor, relays: Sequence[str]) -> tuple[str, ...]:
        """List those of *relays* that *actor* may use."""
        rules = self._rules()
        return usable(rules, await self._who(workspace, actor, rules), relays)

    def _tell_missing_scope(self, rules: AccessRules, actor: Actor, relay: str) -> None:
        """Raise what Slack said, if a rule about *relay* could not be judged for want of a scope."""
        about = tuple(rule for rule in rules if rule.is_about(relay))
        asked = [f"@{handle}" for handle in groups_by_handle(about)]
        asked += [actor.channel] if channels_by_name(about) else []
        for key in (*asked, *groups_named(about)):
            if error := self._untold.get((actor.team, key)):
                raise error

    def _rules(self) -> AccessRules:
        """Give the rules as they are now: relays come and go, with labels and invitations."""
        return applied(self._own, self._relays.places)

    async def _who(self, workspace: Workspace, actor: Actor, rules: AccessRules) -> AccessSubject:
        groups = {
            group
            for group in groups_named(rules) - groups_by_handle(rules)
            if actor.user in await self._in_group(workspace, actor.team, group)
        }
        name = ""
        if self._by_name:
            name = await self._channel_name(workspace, actor, rules)
            for handle in groups_by_handle(rules):
                for group in await self._called(workspace, actor.team, handle):
                    if actor.user in await self._in_group(workspace, actor.team, group):
                        groups.add(handle)
        return AccessSubject(actor.team, actor.channel, actor.user, frozenset(groups), name)

    async def _in_group(self, workspace: Workspace, team: str, group: str) -> frozenset[str]:
        """Ask Slack who is in a user group, now and then; nobody, when it does not say."""

        async def ask() -> frozenset[str]:
            fields = await call(workspace.client.usergroups_users_list, usergroup=group)
            return frozenset(map(str, fields.get("users", ())))

        return await self._remembered((team, group), ask, f"the members of {group} (scope usergroups:read?)")

    async def _called(self, workspace: Workspace, team: str, handle: str) -> frozenset[str]:
        """Ask Slack which user group has a handle; none, when it does not say."""

        async def ask() -> frozenset[str]:
            fields = await call(workspace.client.usergroups_list)
            return frozenset(
                str(item.get("id")) for item in fields.get("usergroups", ()) if item.get("handle") == handle
            )

        return await self._remembered((team, f"@{handle}"), ask, f"@{handle} (scope usergroups:read?)")

    async def _channel_name(self, workspace: Workspace, actor: Actor, rules: AccessRules) -> str:
        """Ask Slack how the channel is called, where a rule wants to know; empty, when it does not say."""
        if not channels_by_name(rules) or not actor.channel or actor.direct:
            return ""

        async def ask() -> frozenset[str]:
            fields = await call(workspace.client.conversations_info, channel=actor.channel)
            return frozenset({str((fields.get("channel") or {}).get("name", ""))})

        what = f"the name of {actor.channel} (scopes channels:read, groups:read?)"
        return next(iter(await self._remembered((actor.team, actor.channel), ask, what)), "")

    async def _remembered(
        self, key: tuple[str, str], ask: Callable[[], Awaitable[frozenset[str]]], what: str
    ) -> frozenset[str]:
        """Ask once in a while; what Slack does not say now is what it said before."""
        at, known = self._heard.get(key, (-REMEMBERED, frozenset[str]()))
        if time.monotonic() - at < REMEMBERED:
            return known
        try:
            heard = await ask()
        except SlackError as error:
            log.warning("Slack does not tell %s: %s", what, error.word)
            if error.word == "missing_scope":
                self._untold[key] = error
            return known
        self._untold.pop(key, None)
        self._heard[key] = (time.monotonic(), heard)
        return heard
