"""Relays are used by those who may, and whoever may not is told why."""

from pathlib import Path

import pytest

from bot.relays.access_rules import (
    ACCESS,
    DEFAULT,
    AccessRules,
    AccessSubject,
    RelayScope,
    applied,
    channels_by_name,
    groups_by_handle,
    groups_named,
    load_access,
    may_use,
    read_rules,
    usable,
)
from knowledge.loading.yaml_lines import parse_yaml
from knowledge.model.problems import KnowledgeError

WHO = AccessSubject("T1", "C1", "U1", frozenset({"S1"}))


def rules(text: str) -> AccessRules:
    return read_rules(parse_yaml(text.encode(), "access.yaml"))


FILE = rules(
    """
rules:
  - relays: local
  - relays: [acme-hq, acme-lab]
    workspaces: [T1]
    channels: [C7, C8]
  - relays: [acme-hq]
    groups: [S7]
  - relays: [private]
    users: [U7]
  - relays: "*"
    users: [UADMIN]
"""
)


def test_without_a_file_everybody_uses_the_built_in_relay() -> None:
    """No configuration: the built-in relay for all, no other for anybody."""
    assert load_access({}) == DEFAULT
    assert may_use(DEFAULT, WHO, "local") is None
    assert may_use(DEFAULT, WHO, "acme-hq") == (
        "No rule allows anyone to use the relay “acme-hq” from Slack. Here you can use local."
    )


@pytest.mark.parametrize(
    ("who", "relay"),
    [
        (WHO, "local"),
        (AccessSubject("T1", "C7", "U1"), "acme-hq"),
        (AccessSubject("T1", "C8", "U1"), "acme-lab"),
        (AccessSubject("T2", "C1", "U1", frozenset({"S1", "S7"})), "acme-hq"),
        (AccessSubject("T9", "C9", "U7"), "private"),
        (AccessSubject("T9", "C9", "UADMIN"), "anything"),
    ],
)
def test_one_rule_that_holds_is_enough(who: AccessSubject, relay: str) -> None:
    """Whoever meets every condition of one rule about a relay may use it."""
    assert may_use(FILE, who, relay) is None


@pytest.mark.parametrize(
    ("who", "relay", "said"),
    [
        (WHO, "acme-lab", "“acme-lab” may not be used from this channel. Here you can use local."),
        (AccessSubject("T2", "C7", "U1"), "acme-lab", "may not be used from this workspace"),
        (
            AccessSubject("T2", "C1", "U1"),
            "acme-lab",
            "not be used from this workspace and not be used from this channel",
        ),
        (AccessSubject("T2", "C1", "U1"), "acme-hq", "may only be used by members of another user group"),
        (WHO, "private", "may only be used by certain people"),
    ],
)
def test_refusal_names_what_is_missing(who: AccessSubject, relay: str, said: str) -> None:
    """The sentence tells the condition that comes closest, and what may be used instead."""
    refusal = may_use(FILE, who, relay)
    assert refusal is not None
    assert said in refusal
    assert refusal.endswith(".")


def test_nothing_allowed_says_whom_to_ask() -> None:
    """Where nothing may be used, the sentence names the people who can change that."""
    only = rules("rules: [{relays: [a], users: [U7]}]")
    assert str(may_use(only, WHO, "a")).endswith(". Ask the administrator of Lineman.")


def test_usable_relays_and_groups_are_listed() -> None:
    """What somebody may use, and whose members must be looked up, follow from the rules."""
    assert usable(FILE, WHO, ["local", "acme-hq", "private"]) == ("local",)
    assert groups_named(FILE) == {"S7"}
    assert groups_named(DEFAULT) == frozenset()


def test_labels_stand_for_the_relays_that_have_them() -> None:
    """A rule about a label is one about every relay with it now, and about no other."""
    by_label = rules(
        "rules: [{label: site=hq, channels: [C1]}, {relays: local, label: [site=lyon, floor=2]}]"
    )
    known = [
        RelayScope("acme-hq", ("site=hq", "floor=1")),
        RelayScope("acme-lyon", ("floor=2",)),
        RelayScope("other"),
    ]
    now = applied(by_label, known)
    assert usable(now, WHO, ["local", "acme-hq", "acme-lyon", "other"]) == ("local", "acme-hq", "acme-lyon")
    assert "not be used from this channel" in str(may_use(now, AccessSubject("T1", "C2", "U1"), "acme-hq"))
    assert usable(applied(by_label, []), WHO, ["acme-hq"]) == ()


def test_invitations_are_rules() -> None:
    """A relay that was invited for channels or groups is used by them besides those whom the file lets in."""
    known = [RelayScope("acme-hq", (), ("#support-acme", "C7", "@oncall", "S9")), RelayScope("berlin")]
    now = applied(DEFAULT, known)
    assert channels_by_name(now) == {"support-acme"}
    assert groups_by_handle(now) == {"oncall"}
    for who in (
        AccessSubject("T1", "C7", "U1"),
        AccessSubject("T1", "C1", "U1", channel_name="support-acme"),
        AccessSubject("T1", "C1", "U1", frozenset({"S9"})),
        AccessSubject("T1", "C1", "U1", frozenset({"oncall"})),
    ):
        assert may_use(now, who, "acme-hq") is None
        assert may_use(now, who, "berlin") is not None
    assert may_use(now, WHO, "acme-hq") is not None
    assert usable(applied(FILE, known), AccessSubject("T9", "C9", "UADMIN"), ["acme-hq", "berlin"]) == (
        "acme-hq",
        "berlin",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules:\n  - label: hq\n", "access.yaml:2: hq is not a label. Write it like site=hq"),
        ("", "access.yaml:1: contains no rules"),
        ("rules: []\nmore: 1\n", "contains no rules"),
        ("rules:\n  - channels: [C1]\n", "access.yaml:2: this rule has no `relays` and no `label`"),
        (
            "rules:\n  - relays: [a]\n    chanels: [C1]\n",
            "access.yaml:3: unknown key chanels (did you mean channels?)",
        ),
        ("rules:\n  - relays: [a]\n    channels: []\n", "access.yaml:3: channels must list at least one"),
        (
            "rules:\n  - relays: [a]\n    users: [1]\n",
            "access.yaml:3: users must list at least one text",
        ),
        ("rules: [a", "is not YAML"),
    ],
)
def test_mistake_in_the_file_is_named_by_its_line(text: str, said: str) -> None:
    """A rule that cannot be understood never lets anybody in: it is refused at start-up."""
    with pytest.raises(KnowledgeError) as caught:
        rules(text)
    assert said in str(caught.value)


def test_file_is_found_by_the_environment(tmp_path: Path) -> None:
    """LINEMAN_ACCESS names the file; one that cannot be read is no reason to let everybody in."""
    path = tmp_path / "access.yaml"
    with pytest.raises(KnowledgeError, match=r"LINEMAN_ACCESS.*cannot be read"):
        load_access({ACCESS: str(path)})
    path.write_text("rules: [{relays: [a]}]")
    assert may_use(load_access({ACCESS: str(path)}), WHO, "a") is None


def test_people_from_outside_need_a_rule_of_their_own() -> None:
    """Who comes from another organization is refused, unless a rule names their workspace."""
    guest = AccessSubject("T1", "C1", "U1", home="T9")
    assert "only be used by people of our own organization" in (may_use(DEFAULT, guest, "local") or "")
    named = rules("rules:\n- relays: [local]\n  workspaces: [T9]\n")
    assert may_use(named, guest, "local") is None
    assert may_use(named, AccessSubject("T1", "C1", "U1"), "local")
