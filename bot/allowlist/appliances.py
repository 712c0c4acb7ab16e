"""Write an allow-list for firewalls that support host names: PAN-OS `set` commands, Cisco ASA objects.

Pure: no network, no clock. Both resolve the names themselves (address objects of type fqdn).
"""

from collections.abc import Iterator
from ipaddress import ip_network

from bot.allowlist.model import AllowList, Entry

_GROUP = "lineman"


def pan_os(allowlist: AllowList) -> str:
    """Write commands for PAN-OS configure mode: objects, services, and rules from any zone to any."""
    lines: list[str] = []
    for number, entry in enumerate(allowlist.entries, 1):
        name = f"{_GROUP}-{number}"
        places = dict(_pan_places(name, entry))
        lines += [f"set address {place} {what}" for place, what in places.items()]
        lines.append(f"set service {name} protocol {entry.transport} port {entry.port()}")
        lines.append(
            f"set rulebase security rules {name} from any to any source any "
            f"destination [ {' '.join(places)} ] application any service {name} action allow"
        )
    return "\n".join([*(f"# {line}" for line in allowlist.head()), *lines, ""])


def cisco_asa(allowlist: AllowList) -> str:
    """Write objects and an extended access list for Cisco ASA; bind it with `access-group`."""
    lines: list[str] = []
    rules: list[str] = []
    for number, entry in enumerate(allowlist.entries, 1):
        for name, what in _asa_places(f"{_GROUP}-{number}", entry):
            lines += [f"object network {name}", f" {what}"]
            rules.append(
                f"access-list {_GROUP} extended permit {entry.transport} any object {name} {_asa_port(entry)}"
            )
    return "\n".join([*(f"! {line}" for line in allowlist.head()), *lines, *rules, ""])


def _pan_places(name: str, entry: Entry) -> Iterator[tuple[str, str]]:
    for number, place in enumerate(entry.objects, 1):
        if "/" in place:
            yield f"{name}-{number}", f"ip-netmask {place}"
        else:
            yield name, f"fqdn {place}"


def _asa_places(name: str, entry: Entry) -> Iterator[tuple[str, str]]:
    for number, place in enumerate(entry.objects, 1):
        if "/" in place:
            net = ip_network(place)
            yield f"{name}-{number}", f"subnet {net.network_address} {net.netmask}"
        else:
            yield name, f"fqdn v4 {place}"


def _asa_port(entry: Entry) -> str:
    low, high = entry.ports
    return f"eq {low}" if low == high else f"range {low} {high}"
