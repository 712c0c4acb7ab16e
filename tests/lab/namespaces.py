"""Makes and removes the lab's network namespaces, and runs things inside them. Needs root."""

import ctypes
import os
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

from tests.lab import addresses as at

CLONE_NEWNET: Final = 0x40000000
NETLINK_NETFILTER: Final = 12  # linux/netlink.h
DELETE_CONNECTIONS: Final = (1 << 8) | 2  # conntrack's part of netfilter, and its command to delete
REQUEST_ANSWERED: Final = 1 | 4  # NLM_F_REQUEST and NLM_F_ACK
# namespace, device, its peer's namespace, the peer
LINKS: Final = (
    ("relay", "lan", "fw", "lan-relay"),
    ("lan", "lan", "fw", "lan-services"),
    ("fw", "wan", "r1", "wan"),
    ("r1", "core", "r2", "core"),
    ("r2", "service", "svc", "service"),
)


def firewall(wan: Sequence[str], gateway: str) -> str:
    """What makes a customer's firewall: a bridge for the LAN, the addresses *wan* outside, all else by *gateway*."""
    addresses = "\n".join(f"addr add {address} dev wan" for address in wan)
    return f"""link add lan type bridge forward_delay 0 stp_state 0
        link set lan-relay master lan
        link set lan-services master lan
        link set lan-relay up
        link set lan-services up
        addr add {at.GATEWAY}/24 dev lan
        link set lan up
        {addresses}
        link set wan up
        route add default via {gateway}"""


# What `ip -batch` does in each namespace once the links are there. Both ends of TCP send packets one by one, so that a
# rule about the length of a packet meets what a real network would carry.
SETUP: Final = {
    "relay": f"""addr add {at.RELAY}/24 dev lan
        link set lan gso_max_segs 1
        link set lan up
        route add default via {at.GATEWAY}""",
    "lan": f"addr add {at.NEAR}/24 dev lan\nlink set lan up\nroute add default via {at.GATEWAY}",
    "fw": firewall((f"{at.WAN}/24", f"{at.WAN_POOL}/24"), at.WAN_GATEWAY),
    "r1": f"""addr add {at.WAN_GATEWAY}/24 dev wan
        link set wan up
        addr add 10.77.23.1/24 dev core
        link set core up
        route add {at.SIGNALING_NET} via 10.77.23.2
        route add {at.MEDIA_NET} via 10.77.23.2""",
    "r2": f"""addr add 10.77.23.2/24 dev core
        link set core up
        addr add 10.77.34.1/24 dev service
        link set service up
        route add 192.0.2.0/24 via 10.77.23.1
        route add {at.SIGNALING_NET} via 10.77.34.2
        route add {at.MEDIA_NET} via 10.77.34.2
        tuntap add delay mode tun
        link set delay up
        route add default dev delay table 100
        rule add from {at.EDGES_NET} iif service lookup 100""",
    "svc": "\n".join(
        [
            *(
                f"addr add {address}/32 dev lo"
                for address in (
                    *(at.TURN_ADDRESSES + at.JAVASCRIPT + at.MOBILE),
                    *(at.RELAYED, at.REGISTRATION, at.INSIGHTS, at.AUTHORITATIVE, at.FAR, *at.KNOWN_PAGES),
                    at.CHECK_PAGE,
                )
            ),
            "addr add 10.77.34.2/24 dev service",
            "link set service gso_max_segs 1",
            "link set service up",
            "route add default via 10.77.34.1",
        ]
    ),
}
SYSCTLS: Final = {
    "net.ipv4.icmp_ratelimit": "0",  # every ICMP counts, however many probes run side by side
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv4.conf.default.rp_filter": "0",
    "net.ipv6.conf.all.disable_ipv6": "1",
    "net.ipv6.conf.default.disable_ipv6": "1",
}
# A firewall does not see what two hosts of its LAN say to each other. The kernel may lack the module: fine too.
BRIDGE_SYSCTLS: Final = {
    "net.bridge.bridge-nf-call-iptables": "0",
    "net.bridge.bridge-nf-call-ip6tables": "0",
}
ROUTERS: Final = ("fw", "r1", "r2")
Made = TypeVar("Made")


class Namespaces:
    """The six namespaces of one lab, named `lm_TAG_PLACE`."""

    def __init__(self, tag: str) -> None:
        self.tag = tag

    def name(self, place: str) -> str:
        return f"lm_{self.tag}_{place}"

    def make(self) -> None:
        """Create and connect them; raises RuntimeError. Devices are born inside: the root one sees none."""
        self._make(at.NAMESPACES, LINKS, SETUP)

    def _make(
        self, places: Sequence[str], links: Sequence[tuple[str, str, str, str]], setup: Mapping[str, str]
    ) -> None:
        for place in places:
            self.add(place, {"net.ipv4.ip_forward": "1"} if place in ROUTERS else {})
        for here, device, there, peer in links:
            end = ("peer", "name", peer, "netns", self.name(there))
            _ip("link", "add", device, "netns", self.name(here), "type", "veth", *end)
        for place, script in setup.items():
            self.batch(place, script)

    def add(self, place: str, sysctls: dict[str, str]) -> None:
        """Create one namespace, connected to nothing."""
        _ip("netns", "add", self.name(place))
        self.sysctl(place, SYSCTLS | BRIDGE_SYSCTLS | sysctls)
        self.batch(place, "link set lo up")

    def batch(self, place: str, script: str) -> None:
        """Run lines of `ip` commands in one namespace."""
        _feed(["ip", "-n", self.name(place), "-batch", "-"], script)

    def load_rules(self, place: str, rules: str) -> None:
        """Put an nftables rule set in force, whole or not at all."""
        _feed(self.command(place, ["nft", "-f", "-"]), rules)

    def forget_connections(self, place: str) -> None:
        """Delete what the firewall of one namespace remembers of connections, as a new one would not know them."""
        self.inside(place, _delete_connections)

    def sysctl(self, place: str, values: dict[str, str]) -> None:
        def write() -> None:
            for key, value in values.items():
                path = Path("/proc/sys", key.replace(".", "/"))
                if path.exists() or key not in BRIDGE_SYSCTLS:
                    path.write_text(value)

        self.inside(place, write)

    def command(self, place: str, argv: Sequence[str]) -> list[str]:
        """The command line that runs *argv* in the namespace."""
        return ["ip", "netns", "exec", self.name(place), *argv]

    def inside(self, place: str, function: Callable[[], Made]) -> Made:
        """Call *function* in the namespace, on a thread of its own; sockets it opens stay there."""
        results: list[Made] = []
        errors: list[BaseException] = []

        def run() -> None:
            try:
                _enter(self.name(place))
                results.append(function())
            except BaseException as error:  # noqa: BLE001  # handed to the caller's thread
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if errors:
            raise errors[0]
        return results[0]


class SiteNamespaces(Namespaces):
    """One more customer in the lab of *tag*: `lm_TAG_PLACE_SITE` for what is theirs, the lab's own for the rest."""

    def __init__(self, tag: str, site: str, number: int) -> None:
        super().__init__(tag)
        self.site, self.number = site, number

    def name(self, place: str) -> str:
        return f"{super().name(place)}_{self.site}" if place in at.CUSTOMER else super().name(place)

    def make(self) -> None:
        """Create the customer's three, and connect their firewall to the first router by a link of its own."""
        router, wan = at.site_wan(self.number)
        device = f"wan-{self.number}"
        inside = [link for link in LINKS if {link[0], link[2]} <= set(at.CUSTOMER)]
        setup = {place: SETUP[place] for place in ("relay", "lan")}
        setup["fw"] = firewall((f"{wan}/30",), router)
        setup["r1"] = f"addr add {router}/30 dev {device}\nlink set {device} up"
        self._make(at.CUSTOMER, [*inside, ("fw", "wan", "r1", device)], setup)


def remove(name: str) -> None:
    """Kill what still runs in the namespace *name* and delete it; silent when it is gone already."""
    listed = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=False)
    for pid in listed.stdout.split():
        try:
            os.kill(int(pid), 9)
        except ProcessLookupError:
            continue
    subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def _delete_connections() -> None:
    body = struct.pack("BBH", 0, 0, 0)  # of every family
    header = struct.pack("IHHII", 16 + len(body), DELETE_CONNECTIONS, REQUEST_ANSWERED, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as kernel:
        kernel.send(header + body)
        answer = kernel.recv(4096)
    error = int(struct.unpack_from("i", answer, 16)[0])
    if error:
        raise OSError(-error, f"cannot delete tracked connections: {os.strerror(-error)}")


def _enter(name: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/run/netns", name).open() as handle:
        if libc.setns(handle.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter the namespace {name}")


def _ip(*words: str) -> None:
    _feed(["ip", *words], "")


def _feed(argv: Sequence[str], script: str) -> None:
    done = subprocess.run(argv, input=script, text=True, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip()}\n{script}")
