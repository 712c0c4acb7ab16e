"""Who may diagnose from which relay: rules from a file, a sentence for whoever may not.

Pure but for reading the file. Without a file everybody in an installed workspace may use the built-in relay.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.errors import either, quoted
from bot.relays import LOCAL
from knowledge.problems import KnowledgeError, at_line, nearest
from knowledge.yaml_lines import Document, parse_yaml

ACCESS: Final = "LINEMAN_ACCESS"  # the variable that names the file

EVERY: Final = "*"  # as a relay: all of them

# The narrowing that a rule may have, and how it is told to somebody whom it leaves out.
CONDITIONS: Final = {
    "workspaces": "from this workspace",
    "channels": "from this channel",
    "groups": "by members of another user group only",
    "users": "by certain people only",
}


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who asks, and where."""

    team: str
    channel: str
    user: str
    groups: frozenset[str] = frozenset()  # ids of the Slack user groups they are in


@dataclass(frozen=True, slots=True)
class Rule:
    """These relays may be used where every condition that is not empty holds."""

    relays: frozenset[str]
    workspaces: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()

    def is_about(self, relay: str) -> bool:
        """Whether this rule lets anybody use *relay*."""
        return relay in self.relays or EVERY in self.relays

    def misses(self, who: Who) -> tuple[str, ...]:
        """List the conditions that *who* does not meet."""
        met = {
            "workspaces": not self.workspaces or who.team in self.workspaces,
            "channels": not self.channels or who.channel in self.channels,
            "groups": not self.groups or bool(who.groups & self.groups),
            "users": not self.users or who.user in self.users,
        }
        return tuple(name for name in CONDITIONS if not met[name])


Rules = tuple[Rule, ...]

DEFAULT: Final[Rules] = (Rule(frozenset({LOCAL})),)


def may_use(rules: Rules, who: Who, relay: str) -> str | None:
    """None when *who* may use *relay*, else a sentence that says why not and what they may use instead."""
    misses = _misses(rules, who, relay)
    if () in misses:
        return None
    name = quoted(relay)
    if not misses:
        return f"No rule lets anybody use the relay {name} from Slack; {_ask(rules, who)}"
    # A rule for every relay is the operators' own: what names this one explains better.
    by_name = _misses(tuple(rule for rule in rules if relay in rule.relays), who, relay)
    nearest_miss = min(by_name or misses, key=len)
    why = " and ".join(_reason(one) for one in nearest_miss)
    return f"The relay {name} may {why}; {_ask(rules, who)}"


def usable(rules: Rules, who: Who, relays: Iterable[str]) -> tuple[str, ...]:
    """List those of *relays* that *who* may use."""
    return tuple(relay for relay in relays if () in _misses(rules, who, relay))


def _misses(rules: Rules, who: Who, relay: str) -> list[tuple[str, ...]]:
    """For each rule about *relay*, what *who* does not meet; an empty entry lets them in."""
    return [rule.misses(who) for rule in rules if rule.is_about(relay)]


def groups_named(rules: Rules) -> frozenset[str]:
    """List the user groups whose members must be known; empty when nobody needs to ask Slack."""
    return frozenset(group for rule in rules for group in rule.groups)


def load_access(environment: Mapping[str, str]) -> Rules:
    """Read the file that `LINEMAN_ACCESS` names; `KnowledgeError` with every mistake in it."""
    path = environment.get(ACCESS, "").strip()
    if not path:
        return DEFAULT
    try:
        source = Path(path).read_bytes()
    except OSError as error:
        raise KnowledgeError([f"{ACCESS}: {path} cannot be read: {error.strerror}"]) from None
    return read_rules(parse_yaml(source, path))


def read_rules(document: Document) -> Rules:
    """Read rules such as `rules: [{relays: [acme-hq], channels: [C0123ABCD]}]`; `KnowledgeError` names lines."""
    value = document.value
    if not isinstance(value, dict) or set(value) != {"rules"} or not isinstance(value["rules"], list):
        hint = "holds no rules: start with `rules:` and a list of entries with `relays:`, and nothing beside"
        raise KnowledgeError([at_line(document.file, 1, hint)])
    problems: list[str] = []
    rules = [_rule(document, at, entry, problems) for at, entry in enumerate(value["rules"])]
    if problems:
        raise KnowledgeError(problems)
    return tuple(rules)


def _rule(document: Document, at: int, entry: Any, problems: list[str]) -> Rule:
    known = ("relays", *CONDITIONS)

    def complain(path: tuple[str | int, ...], sentence: str) -> None:
        problems.append(at_line(document.file, document.line(path), sentence))

    if not isinstance(entry, dict) or "relays" not in entry:
        complain(("rules", at), "this rule names no `relays`")
        return Rule(frozenset())
    lists: dict[str, frozenset[str]] = {}
    for name, value in entry.items():
        ids = value if isinstance(value, list) else [value]
        if name not in known:
            complain(
                ("rules", at, name), f"unknown key {name}{nearest(name, known)}; known are {', '.join(known)}"
            )
        elif not ids or not all(isinstance(one, str) and one for one in ids):
            # An empty list would let everybody in where the author meant nobody.
            complain(("rules", at, name), f"{name} must list at least one, each a text")
        else:
            lists[name] = frozenset(ids)
    return Rule(**{"relays": frozenset()} | lists)


def _reason(condition: str) -> str:
    words = CONDITIONS[condition]
    return f"be used {words}" if words.endswith("only") else f"not be used {words}"


def _ask(rules: Rules, who: Who) -> str:
    named = sorted({relay for rule in rules for relay in rule.relays if relay != EVERY})
    allowed = usable(rules, who, named)
    if allowed:
        return f"here you may use {either(allowed[:5])}."
    return "ask whoever runs Lineman here."
