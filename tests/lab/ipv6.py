"""IPv6 on the customer's LAN: addresses, NAT64 on the firewall (tayga), and resolvers with DNS64 and without.

The relay has IPv4 as ever; a scenario takes it away and gives it IPv6 alone.
"""

from pathlib import Path
from typing import Final

from tests.lab import addresses as at
from tests.lab.namespaces import Namespaces

_PLACES: Final = ("relay", "lan", "fw")
_ON: Final = {"net.ipv6.conf.all.disable_ipv6": "0", "net.ipv6.conf.default.disable_ipv6": "0"}
_FORWARDS: Final = {"net.ipv6.conf.all.forwarding": "1"}
_POOL: Final = "192.168.255.0/24"  # what tayga makes of IPv6 addresses; the firewall masquerades it
_SETUP: Final = {
    "lan": f"addr add {at.NEAR6}/64 dev lan nodad\naddr add {at.DNS64}/64 dev lan nodad",
    "fw": f"""addr add {at.GATEWAY6}/64 dev lan nodad
        tuntap add nat64 mode tun
        link set nat64 up
        addr add fd77:2::2/64 dev nat64 nodad
        route add {_POOL} dev nat64
        route add {at.NAT64_PREFIX} dev nat64""",
}
_IPV6_ALONE: Final = f"""addr add {at.RELAY6}/64 dev lan nodad
    route add default via {at.GATEWAY6}
    addr del {at.RELAY}/24 dev lan"""
_IPV4_ALONE: Final = f"""route del default via {at.GATEWAY6}
    addr del {at.RELAY6}/64 dev lan
    addr add {at.RELAY}/24 dev lan
    route add default via {at.GATEWAY}"""


def make(namespaces: Namespaces) -> None:
    """Give the LAN its IPv6 addresses, and the firewall the device of its NAT64."""
    for place in _PLACES:
        namespaces.sysctl(place, _ON | (_FORWARDS if place == "fw" else {}))
    for place, script in _SETUP.items():
        namespaces.batch(place, script)


def switch(namespaces: Namespaces, *, on: bool) -> None:
    """Leave the relay IPv6 alone, or IPv4 alone with its default route."""
    namespaces.batch("relay", _IPV6_ALONE if on else _IPV4_ALONE)


def tayga_conf(folder: Path) -> Path:
    """Write tayga's configuration below *folder*."""
    state = folder / "tayga"
    state.mkdir()
    path = folder / "tayga.conf"
    path.write_text(f"""tun-device nat64
ipv4-addr 192.168.255.1
ipv6-addr fd77:2::1
prefix {at.NAT64_PREFIX}
dynamic-pool {_POOL}
data-dir {state}
""")
    return path
