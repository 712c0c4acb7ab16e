"""Who may use which relay: rules from a file and from invitations, and a reason for each refusal.

Pure except for reading the file. Without a file, everyone in an installed workspace may use the local relay, and
those for whom a hub's relay was invited may use that relay.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bot.errors import join_or, quote
from bot.model.request import LOCAL
from bot.settings import SettingsReader
from bot.storage.relay_name_rules import LABEL
from knowledge.loading.yaml_lines import parse_yaml
from knowledge.model.problems import Document, KnowledgeError, at_line, nearest

ACCESS: Final = "LINEMAN_ACCESS"  # the variable with the path of the file

EVERY: Final = "*"  # as a relay: all relays

_CHANNEL: Final = re.compile(r"[CGD][A-Z0-9]+")  # Slack ids; channel names are lower-case
_GROUP: Final = re.compile(r"S[A-Z0-9]+")

# The conditions of a rule, and how a refusal describes each.
CONDITIONS: Final = {
    "outside": "only be used by people of our own organization",
    "workspaces": "not be used from this workspace",
    "channels": "not be used from this channel",
    "groups": "only be used by members of another user group",
    "users": "only be used by certain people",
}


@dataclass(frozen=True, slots=True)
class AccessSubject:
    """The user who asks, and the channel."""

    team: str
    channel: str
    user: str
    groups: frozenset[str] = frozenset()  # ids and handles of the user's Slack user groups
    channel_name: str = ""  # if a rule needs it and it is known
    home: str = ""  # of a person from outside (Slack Connect): their workspace or organization


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Allows the use of *relays* if every condition that is not empty is met."""

    relays: frozenset[str]
    workspaces: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()  # ids, or names without #
    groups: frozenset[str] = frozenset()  # ids, or handles without @
    users: frozenset[str] = frozenset()
    label: frozenset[str] = frozenset()  # also relays with one of these labels

    def is_about(self, relay: str) -> bool:
        """Whether this rule allows the use of *relay*."""
        return relay in self.relays or EVERY in self.relays

    def misses(self, who: AccessSubject) -> tuple[str, ...]:
        """List the conditions that *who* does not meet."""
        met = {
            "outside": not who.home or who.home in self.workspaces,
            "workspaces": not self.workspaces or bool({who.team, who.home} & self.workspaces),
            "channels": not self.channels or bool({who.channel, who.channel_name} & self.channels),
            "groups": not self.groups or bool(who.groups & self.groups),
            "users": not self.users or who.user in self.users,
        }
        return tuple(name for name in CONDITIONS if not met[name])


AccessRules = tuple[AccessRule, ...]


@dataclass(frozen=True, slots=True)
class RelayScope:
    """The name, labels, and invitation of a hub's relay, as the rules need them."""

    name: str
    labels: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()  # for whom it was invited: channel names and ids, group handles with @


DEFAULT: Final[AccessRules] = (AccessRule(frozenset({LOCAL})),)


def applied(rules: AccessRules, relays: Iterable[RelayScope]) -> AccessRules:
    """Replace labels by the names of the *relays* that have them, and add a rule per invitation."""
    known = tuple(relays)
    named = [
        replace(rule, relays=rule.relays | {scope.name for scope in known if rule.label & set(scope.labels)})
        if rule.label
        else rule
        for rule in rules
    ]
    return (*named, *(rule for scope in known for rule in _invited(scope)))


def _invited(scope: RelayScope) -> Iterable[AccessRule]:
    """Make the rules for the channels and the user groups for which a relay was invited."""
    groups = frozenset(each.removeprefix("@") for each in scope.channels if _is_group(each))
    channels = frozenset(each.removeprefix("#") for each in scope.channels if not _is_group(each))
    if channels:
        yield AccessRule(frozenset({scope.name}), channels=channels)
    if groups:
        yield AccessRule(frozenset({scope.name}), groups=groups)


def _is_group(written: str) -> bool:
    return written.startswith("@") or bool(_GROUP.fullmatch(written))


def channels_by_name(rules: AccessRules) -> frozenset[str]:
    """List the channels that the rules refer to by name; empty if Slack need not be asked."""
    return frozenset(name for rule in rules for name in rule.channels if not _CHANNEL.fullmatch(name))


def groups_by_handle(rules: AccessRules) -> frozenset[str]:
    """List the user groups that the rules refer to by handle."""
    return frozenset(name for name in groups_named(rules) if not _GROUP.fullmatch(name))


def may_use(rules: AccessRules, who: AccessSubject, relay: str) -> str | None:
    """Return None if *who* may use *relay*, else a sentence with the reason and the relays that they may use."""
    misses = _misses(rules, who, relay)
    if () in misses:
        return None
    name = quote(relay)
    if not misses:
        return f"No rule allows anyone to use the relay {name} from Slack. {_ask(rules, who)}"
    # A rule for all relays is usually for operators: a rule that names this relay explains better.
    by_name = _misses(tuple(rule for rule in rules if relay in rule.relays), who, relay)
    nearest_miss = min(by_name or misses, key=len)
    why = " and ".join(CONDITIONS[item] for item in nearest_miss)
    return f"The relay {name} may {why}. {_ask(rules, who)}"


def usable(rules: AccessRules, who: AccessSubject, relays: Iterable[str]) -> tuple[str, ...]:
    """List those of *relays* that *who* may use."""
    return tuple(relay for relay in relays if () in _misses(rules, who, relay))


def _misses(rules: AccessRules, who: AccessSubject, relay: str) -> list[tuple[str, ...]]:
    """For each rule about *relay*, list the conditions that *who* does not meet; an empty entry grants access."""
    return [rule.misses(who) for rule in rules if rule.is_about(relay)]


def groups_named(rules: AccessRules) -> frozenset[str]:
    """List the user groups whose members the rules need; empty if Slack need not be asked."""
    return frozenset(group for rule in rules for group in rule.groups)


def load_access(environment: Mapping[str, str]) -> AccessRules:
    """Read the file in `LINEMAN_ACCESS`; `KnowledgeError` lists all mistakes in it."""
    path = SettingsReader(environment).text(ACCESS)
    if not path:
        return DEFAULT
    try:
        source = Path(path).read_bytes()
    except OSError as error:
        raise KnowledgeError([f"{ACCESS}: {path} cannot be read: {error.strerror}"]) from None
    return read_rules(parse_yaml(source, path))


def read_rules(document: Document) -> AccessRules:
    """Read rules such as `rules: [{relays: [acme-hq], channels: [C0123ABCD]}]`; `KnowledgeError` names lines."""
    value = document.value
    if not isinstance(value, dict) or set(value) != {"rules"} or not isinstance(value["rules"], list):
        hint = "contains no rules: start with `rules:` and a list of entries with `relays:`, and nothing else"
        raise KnowledgeError([at_line(document.file, 1, hint)])
    problems: list[str] = []
    rules = [_rule(document, at, entry, problems) for at, entry in enumerate(value["rules"])]
    if problems:
        raise KnowledgeError(problems)
    return tuple(rules)


def _rule(document: Document, at: int, entry: Any, problems: list[str]) -> AccessRule:
    known = ("relays", "label", *CONDITIONS)

    def complain(path: tuple[str | int, ...], sentence: str) -> None:
        problems.append(at_line(document.file, document.line(path), sentence))

    if not isinstance(entry, dict) or not {"relays", "label"} & set(entry):
        complain(("rules", at), "this rule has no `relays` and no `label`")
        return AccessRule(frozenset())
    lists: dict[str, frozenset[str]] = {}
    for name, value in entry.items():
        ids = value if isinstance(value, list) else [value]
        if name not in known:
            complain(
                ("rules", at, name), f"unknown key {name}{nearest(name, known)}; known are {', '.join(known)}"
            )
        elif not ids or not all(isinstance(item, str) and item for item in ids):
            # An empty list would allow everyone where the author intended no one.
            complain(("rules", at, name), f"{name} must list at least one text")
        elif name == "label" and (odd := [item for item in ids if not LABEL.fullmatch(item)]):
            complain(("rules", at, name), f"{odd[0][:40]} is not a label. Write it like site=hq")
        else:
            lists[name] = frozenset(item.lstrip("#@") for item in ids)
    return AccessRule(**{"relays": frozenset()} | lists)


def _ask(rules: AccessRules, who: AccessSubject) -> str:
    named = sorted({relay for rule in rules for relay in rule.relays if relay != EVERY})
    allowed = usable(rules, who, named)
    if allowed:
        return f"Here you can use {join_or(allowed[:5])}."
    return "Ask the administrator of Lineman."
