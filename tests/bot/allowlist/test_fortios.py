"""The allow-list for FortiGate, read by a small parser of FortiOS's `config`, `edit`, and `set` lines."""

import shlex
from collections.abc import Mapping
from ipaddress import ip_network
from typing import TypeAlias

import pytest

from bot.allowlist.formats import FORMS
from bot.allowlist.model import AllowList
from tests.bot.allowlist.test_formats import EVERY, listed

Settings: TypeAlias = dict[str, list[str]]


def parse(text: str) -> dict[str, list[tuple[str, Settings]]]:
    """Read each section: the entries in order, each with its settings. Anything else is an error."""
    sections: dict[str, list[tuple[str, Settings]]] = {}
    section, entry = "", None
    for line in text.splitlines():
        match [] if line.startswith("#") else shlex.split(line):
            case ["config", *words] if not section:
                section = " ".join(words)
                sections[section] = []
            case ["edit", name] if section and entry is None:
                entry = (name, {})
            case ["set", name, *values] if entry and values:
                entry[1][name] = values
            case ["next"] if entry:
                sections[section].append(entry)
                entry = None
            case ["end"] if section and entry is None:
                section = ""
            case [] if line.startswith("#") or not line:
                pass
            case words:
                raise AssertionError(words)
    assert not section
    return sections


def destinations(found: AllowList) -> set[tuple[str, str, str]]:
    """Everything that the list allows: transport, ports, and place."""
    return {(one.transport, one.port(), place) for one in found.entries for place in one.objects}


def place_of(address: Mapping[str, list[str]]) -> str:
    if address["type"] == ["fqdn"]:
        return address["fqdn"][0]
    return str(ip_network("/".join(address["subnet"])))


@pytest.mark.parametrize(("platform", "edge", "turn"), EVERY)
def test_policies_allow_what_the_list_allows_and_no_more(platform: str, edge: str, turn: bool) -> None:
    """Policy, group, address, and service together give each destination with its ports."""
    found = listed(platform, edge, turn=turn)
    read = parse(FORMS["fortios"](found))
    addresses = {name: place_of(settings) for name, settings in read["firewall address"]}
    groups = {name: settings["member"] for name, settings in read["firewall addrgrp"]}
    services = dict(read["firewall service custom"])
    allowed = set()
    for number, policy in read["firewall policy"]:
        assert (number, policy["action"], policy["srcaddr"]) == ("0", ["accept"], ["all"])
        (service,), (group,) = policy["service"], policy["dstaddr"]
        ((name, (ports,)),) = services[service].items()
        allowed |= {(name.removesuffix("-portrange"), ports, addresses[member]) for member in groups[group]}
    assert allowed == destinations(found)
    assert len(addresses) == len(set(addresses.values()))


def test_names_have_the_length_that_fortios_takes() -> None:
    """A policy's name has at most 35 characters, that of an address 79."""
    read = parse(FORMS["fortios"](listed("react-native")))
    assert all(len(policy["name"][0]) <= 35 for _, policy in read["firewall policy"])
    assert all(len(name) <= 79 for name, _ in read["firewall address"])
