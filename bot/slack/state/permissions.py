"""Who may use which relay, and how often: checked for the person who acts, not the one who opened the case."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

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
from bot.slack.api.actor import WORKFLOW, Actor
from bot.slack.api.client import SlackError, call
from bot.slack.api.workspaces import Workspace
from bot.slack.state.event import CURRENT_EVENT
from bot.slack.state.relay_directory import SlackRelayDirectory

log = logging.getLogger(__name__)

REMEMBERED = 300.0  # seconds for which channel names and members of user groups are cached


class NotAllowedError(Exception):
    """Permission denied, with a reason for the user and what they can do instead."""

    def __init__(self, why: str, instead: Sequence[str] = ()) -> None:
        super().__init__(why)
        self.instead = tuple(instead)


class Permissions:
    """The access rules and rate limits of one installation.

    Channel and group names are matched only in single-workspace mode (*by_name*); elsewhere any workspace could create
    a channel with that name.
    """

    def __init__(
        self,
        rules: AccessRules,
        rate: RequestLimiter,
        relays: SlackRelayDirectory,
        *,
        calls: RequestLimiter,
        by_name: bool = True,
    ) -> None:
        self._own, self._rate, self._relays, self._by_name = rules, rate, relays, by_name
        self._calls = calls
        self._heard: dict[tuple[str, str], tuple[float, frozenset[str]]] = {}
        self._untold: dict[tuple[str, str], SlackError] = {}  # for lack of a scope

    async def check_start(self, workspace: Workspace, actor: Actor, relays: Sequence[str]) -> None:
        """Check that *actor* may start a run on *relays* and is within the rate limit; raises `NotAllowedError`."""
        await self._check(workspace, actor, relays)
        if why := _count(self._rate, "start", actor):
            raise NotAllowedError(
                why,
                [
                    (
                        "Continue in the thread of a diagnosis. Answers and evidence do not count toward "
                        "the limit."
                    )
                ],
            )

    async def check_access(self, workspace: Workspace, actor: Actor, relays: Sequence[str]) -> None:
        """Check that *actor* may view and stop runs on *relays*; raises `NotAllowedError`. Not rate limited.

        People of another organization, with whom a channel is shared, read its verdicts anyway.
        """
        await self._check(workspace, replace(actor, home=""), relays)

    def check_lookup(self, actor: Actor) -> None:
        """Check that *actor* is within the limit of calls that one person may look up; raises `NotAllowedError`."""
        if why := _count(self._calls, "lookup", actor):
            raise NotAllowedError(
                why,
                [
                    "To continue without the data of this call, send the code or your description without the Call SID."
                ],
            )

    async def _check(self, workspace: Workspace, actor: Actor, relays: Sequence[str]) -> None:
        rules = self._rules()
        who = await self._who(workspace, actor, rules)
        for relay in relays:
            if why := may_use(rules, who, relay):
                self._tell_missing_scope(rules, actor, relay)
                raise NotAllowedError(why)

    async def usable(self, workspace: Workspace, actor: Actor, relays: Sequence[str]) -> tuple[str, ...]:
        """Return those of *relays* that *actor* may use."""
        rules = self._rules()
        return usable(rules, await self._who(workspace, actor, rules), relays)

    def _tell_missing_scope(self, rules: AccessRules, actor: Actor, relay: str) -> None:
        """Raise Slack's error if a rule about *relay* could not be evaluated because a scope is missing."""
        about = tuple(rule for rule in rules if rule.is_about(relay))
        asked = [f"@{handle}" for handle in groups_by_handle(about)]
        asked += [actor.channel] if channels_by_name(about) else []
        for key in (*asked, *groups_named(about)):
            if error := self._untold.get((actor.team, key)):
                raise error

    def _rules(self) -> AccessRules:
        """Return the current rules: relays, their labels, and their invitations change at run time."""
        return applied(self._own, self._relays.scopes)

    async def _who(self, workspace: Workspace, actor: Actor, rules: AccessRules) -> AccessSubject:
        if actor.user == WORKFLOW:  # its author chose the channel, and may not be in it
            actor = replace(actor, channel="")
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
        return AccessSubject(actor.team, actor.channel, actor.user, frozenset(groups), name, actor.home)

    async def _in_group(self, workspace: Workspace, team: str, group: str) -> frozenset[str]:
        """Return the members of a user group, cached; empty if Slack does not return them."""

        async def ask() -> frozenset[str]:
            fields = await call(workspace.client.usergroups_users_list, usergroup=group)
            return frozenset(map(str, fields.get("users", ())))

        return await self._remembered((team, group), ask, f"the members of {group} (scope usergroups:read?)")

    async def _called(self, workspace: Workspace, team: str, handle: str) -> frozenset[str]:
        """Return the ids of user groups with *handle*, cached; empty if Slack does not return them."""

        async def ask() -> frozenset[str]:
            fields = await call(workspace.client.usergroups_list)
            return frozenset(
                str(item.get("id")) for item in fields.get("usergroups", ()) if item.get("handle") == handle
            )

        return await self._remembered((team, f"@{handle}"), ask, f"@{handle} (scope usergroups:read?)")

    async def _channel_name(self, workspace: Workspace, actor: Actor, rules: AccessRules) -> str:
        """Return the channel's name if a rule needs it, cached; empty if Slack does not return it."""
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
        """Return the cached value, or ask Slack; if Slack fails, the last value is used."""
        at, known = self._heard.get(key, (-REMEMBERED, frozenset[str]()))
        if time.monotonic() - at < REMEMBERED:
            return known
        try:
            heard = await ask()
        except SlackError as error:
            log.warning("cannot read %s from Slack: %s", what, error.word)
            if error.word == "missing_scope":
                self._untold[key] = error
            return known
        self._untold.pop(key, None)
        self._heard[key] = (time.monotonic(), heard)
        return heard


def _count(limiter: RequestLimiter, what: str, actor: Actor) -> str | None:
    """Count once per event, also if it is handled again because the database failed; else return the refusal."""
    event = CURRENT_EVENT.get()
    if event and what in event.attempts.counted:
        return None
    why = limiter.refuse(actor.team, actor.user, time.monotonic())
    if event and not why:
        event.attempts.counted.add(what)
    return why
