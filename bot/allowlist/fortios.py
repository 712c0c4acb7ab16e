"""Write an allow-list for FortiGate: address objects, groups, services, and policies, as FortiOS commands.

Pure: no network, no clock. FortiOS resolves the names itself (addresses of type fqdn).
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Final

from bot.allowlist.model import AllowList, Entry

_GROUP: Final = "lineman"
_HEAD: Final = (
    "Check the interfaces and the NAT setting of each policy, and move the policies above those that deny.",
)


def fortios(allowlist: AllowList) -> str:
    """Write the commands. Destinations with the same ports share a service, a group, and a policy."""
    names = _address_names(allowlist)
    lines = [f"# {line}" for line in (*allowlist.head(), *_HEAD)]
    lines += _section("firewall address", ((name, _address(place)) for place, name in names.items()))
    groups = [(_group_name(entries[0]), entries) for entries in allowlist.by_port]
    lines += _section("firewall addrgrp", ((name, [_members(entries, names)]) for name, entries in groups))
    lines += _section("firewall service custom", ((name, [_port(entries[0])]) for name, entries in groups))
    lines += _section("firewall policy", ((0, _policy(name)) for name, _ in groups))
    return "\n".join([*lines, ""])


def _section(title: str, entries: Iterator[tuple[str | int, list[str]]]) -> Iterator[str]:
    """Write one `config` section. The id 0 means the next free one."""
    yield f"config {title}"
    for name, settings in entries:
        yield f"    edit {name if isinstance(name, int) else _quoted(name)}"
        yield from (f"        set {setting}" for setting in settings)
        yield "    next"
    yield "end"


def _address_names(allowlist: AllowList) -> dict[str, str]:
    """Name each host and range once; several ports may use it."""
    places = dict.fromkeys(place for entry in allowlist.entries for place in entry.objects)
    return {place: f"{_GROUP}-{number}" for number, place in enumerate(places, 1)}


def _address(place: str) -> list[str]:
    if "/" not in place:
        return ["type fqdn", f"fqdn {_quoted(place)}"]
    net = ip_network(place)
    return ["type ipmask", f"subnet {net.network_address} {net.netmask}"]


def _group_name(entry: Entry) -> str:
    return f"{_GROUP}-{entry.transport}-{entry.port()}"


def _members(entries: tuple[Entry, ...], names: Mapping[str, str]) -> str:
    places = dict.fromkeys(place for entry in entries for place in entry.objects)
    return f"member {' '.join(_quoted(names[place]) for place in places)}"


def _port(entry: Entry) -> str:
    return f"{entry.transport}-portrange {entry.port()}"


def _policy(name: str) -> list[str]:
    return [
        f"name {_quoted(name)}",
        'srcintf "any"',
        'dstintf "any"',
        'srcaddr "all"',
        f"dstaddr {_quoted(name)}",
        "action accept",
        'schedule "always"',
        f"service {_quoted(name)}",
        "nat enable",
    ]


def _quoted(text: str) -> str:
    """Quote a text for the command line of FortiOS."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
