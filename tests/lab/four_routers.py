"""The lab with a fourth router on the way, where each flow can be dropped at each of the four.

relay - fw (1) - isp (2) - r1 (3) - r2 (4) - svc
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from tests.lab import addresses as at
from tests.lab.lab import Lab, Situation
from tests.lab.world import World, ruleset

ROUTERS: Final = ("fw", "isp", "r1", "r2")  # by hop, from 1
ISP: Final = "10.77.99.1"
ADDRESSES: Final = (at.GATEWAY, ISP, at.WAN_GATEWAY, "10.77.23.2")  # that each answers from
# How a flow is dropped. The server that the SYN goes to is another than that of the ClientHello, so that all four
# can be dropped at once.
FLOWS: Final[Mapping[str, str]] = {
    "syn": f"ip daddr {at.REGISTRATION} tcp dport 443 drop",
    "hello": f"ip daddr {{ {', '.join(at.JAVASCRIPT)} }} tcp dport 443 @ih,0,16 0x1603 drop",
    "media": f"ip daddr {at.MEDIA_NET} udp dport {at.MEDIA_PORTS[0]}-{at.MEDIA_PORTS[1]} drop",
    "turn": f"ip daddr {{ {', '.join(at.TURN_ADDRESSES)} }} meta l4proto {{ tcp, udp }} th dport {{ 443, 3478 }} drop",
}
# What finds each flow dropped: the platform to ask about, and the cause.
ASKED: Final[Mapping[str, tuple[str, str]]] = {
    "syn": ("ios", "registration-blocked"),
    "hello": ("javascript", "signaling-blocked"),
    "media": ("javascript", "media-udp-blocked"),
    "turn": ("javascript", "turn-blocked"),
}
# Between fw and r1 without a network of its own: it answers ARP for both of them (proxy_arp), and routes.
_LINK: Final = (
    "link set wan netns {isp}",
    "link add wan type veth peer name out netns {isp}",
    f"addr add {at.WAN_GATEWAY}/24 dev wan",
    "link set wan up",
)
_ISP: Final = f"""addr add {ISP}/32 dev lo
    link set wan up
    link set out up
    route add {at.WAN}/32 dev wan src {ISP}
    route add {at.WAN_POOL}/32 dev wan src {ISP}
    route add {at.WAN_GATEWAY}/32 dev out src {ISP}
    route add default via {at.WAN_GATEWAY} dev out src {ISP}"""
_ISP_SYSCTLS: Final = {
    "net.ipv4.conf.wan.proxy_arp": "1",
    "net.ipv4.conf.out.proxy_arp": "1",
    "net.ipv4.neigh.wan.proxy_delay": "0",
    "net.ipv4.neigh.out.proxy_delay": "0",
}


class FourRouters:
    """The lab with four routers."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    @classmethod
    @contextmanager
    def start(cls) -> Iterator["FourRouters"]:
        """Build a lab of its own, and put the fourth router in."""
        with Lab.start() as lab:
            made = cls(lab)
            made._insert()
            yield made

    def put(self, rules: Mapping[str, tuple[str, ...]], *, is_silent: bool = False) -> Situation:
        """Put *rules*, by router, in force for what it forwards, and none elsewhere; *is_silent*: no router answers."""
        world = World()
        for router in ROUTERS if is_silent else ():
            world.add_outgoing("icmp type time-exceeded drop", router)
        for router, lines in rules.items():
            for line in lines:
                world.add_forward(line, router)
        situation = self.lab.put(world)
        self.lab.namespaces.load_rules("isp", ruleset(world, "isp"))
        return situation

    def limit_icmp(self, milliseconds: int) -> None:
        """Let every router send one ICMP error in so much time, and six at once (Linux: 1000); 0 for no limit."""
        for router in ROUTERS:
            self.lab.namespaces.sysctl(router, {"net.ipv4.icmp_ratelimit": str(milliseconds)})

    def _insert(self) -> None:
        spaces = self.lab.namespaces
        spaces.add("isp", {"net.ipv4.ip_forward": "1"})
        spaces.batch("r1", "\n".join(_LINK).format(isp=spaces.name("isp")))
        spaces.batch("isp", _ISP)
        spaces.sysctl("isp", _ISP_SYSCTLS)
