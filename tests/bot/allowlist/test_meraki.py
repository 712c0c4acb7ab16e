"""The allow-list for Meraki MX, as the fields that its dashboard and its API have for an outbound rule."""

import re

import pytest

from bot.allowlist.formats import FORMS
from bot.allowlist.model import AllowList
from tests.bot.allowlist.test_formats import EVERY, listed
from tests.bot.allowlist.test_fortios import destinations

FIELDS = ["Policy", "Description", "Protocol", "Source", "Src port", "Destination", "Dst port"]


def rules_of(found: AllowList) -> list[dict[str, str]]:
    """Read the fields of each block."""
    _, *blocks = re.split(r"^Rule \d+\n", FORMS["meraki"](found), flags=re.MULTILINE)
    return [dict(re.findall(r"^ {2}([\w ]+): +(\S.*)$", block, re.MULTILINE)) for block in blocks]


@pytest.mark.parametrize(("platform", "edge", "turn"), EVERY)
def test_rules_allow_what_the_list_allows_and_no_more(platform: str, edge: str, turn: bool) -> None:
    """Each rule has all fields; their destinations and ports are those of the list. None is a wildcard."""
    found = listed(platform, edge, turn=turn)
    rules = rules_of(found)
    assert [list(rule) for rule in rules] == [FIELDS] * len(rules)
    assert {(rule["Policy"], rule["Source"], rule["Src port"]) for rule in rules} == {("Allow", "Any", "Any")}
    allowed = {
        (rule["Protocol"].casefold(), rule["Dst port"], place)
        for rule in rules
        for place in rule["Destination"].split(",")
    }
    assert allowed == destinations(found)
    assert not any("*" in place for _, _, place in allowed)
    assert all(len(rule["Description"]) <= 127 for rule in rules)


def test_the_head_says_where_rules_are_entered_and_what_the_api_does() -> None:
    """The API replaces every rule of a network, which would delete those that exist."""
    comments = [line for line in FORMS["meraki"](listed("ios")).splitlines() if line.startswith("# ")]
    assert any("Outbound rules" in line for line in comments)
    assert any("replaces all rules" in line for line in comments)
