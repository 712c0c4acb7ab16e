"""The state a scenario puts the lab into, as one plain value, and the nftables rule sets it means. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.lab import addresses as at


@dataclass(slots=True)
class World:
    """What differs from the healthy lab. Faults write into it; `Lab` puts it in force."""

    forward: dict[str, list[str]] = field(default_factory=dict)  # namespace -> rules for what it forwards
    incoming: dict[str, list[str]] = field(default_factory=dict)  # namespace -> rules for its own input
    outgoing: dict[str, list[str]] = field(default_factory=dict)  # namespace -> rules for what it sends
    redirects: dict[str, list[str]] = field(default_factory=dict)  # namespace -> prerouting nat rules
    masquerade: list[str] = field(default_factory=lambda: ["masquerade"])  # on fw towards the WAN
    resolver: str = at.NEAR  # what the relay's resolv.conf names
    search: str = ""  # the search domain in it
    local_zones: list[str] = field(default_factory=list)  # "NAME TYPE" for unbound-control on the near one
    steer: dict[str, str] = field(default_factory=dict)  # what the authoritative server answers for roaming
    line: dict[str, float] = field(
        default_factory=dict
    )  # of `tests.lab.delay`: what is added to every packet
    cut_names: list[str] = field(default_factory=list)  # server names that the TLS cutter cuts; none = all
    environment: dict[str, str] = field(default_factory=dict)  # of commands on the relay
    trust_interceptor: bool = False  # its CA is installed on the relay
    clock: str = ""  # faketime offset of commands on the relay, such as "+400d"
    default_route: bool = True
    link_mtu: int = 1500  # of the link between fw and r1
    uplink: str = ""  # tc-tbf(8) of what fw sends to r1, such as "rate 4mbit burst 6kb latency 800ms"
    ipv6_alone: bool = False  # the relay has IPv6 and no IPv4
    network: dict[str, str] = field(default_factory=dict)  # changes to the network file: credential, proxy

    def add_forward(self, rule: str, namespace: str = "fw") -> None:
        self.forward.setdefault(namespace, []).append(rule)

    def add_incoming(self, rule: str, namespace: str) -> None:
        self.incoming.setdefault(namespace, []).append(rule)

    def add_outgoing(self, rule: str, namespace: str) -> None:
        self.outgoing.setdefault(namespace, []).append(rule)

    def add_redirect(self, rule: str, namespace: str = "fw") -> None:
        self.redirects.setdefault(namespace, []).append(rule)


def ruleset(world: World, namespace: str) -> str:
    """The whole nftables rule set of *namespace*, to be loaded in one transaction."""
    lines = ["flush ruleset", "table ip lab {"]
    lines += _chain("forward", "type filter hook forward priority 0", world.forward.get(namespace, ()))
    lines += _chain("incoming", "type filter hook input priority 0", world.incoming.get(namespace, ()))
    lines += _chain("outgoing", "type filter hook output priority 0", world.outgoing.get(namespace, ()))
    lines += _chain("diverted", "type nat hook prerouting priority -100", world.redirects.get(namespace, ()))
    if namespace == "fw":
        egress = [f'oifname "wan" {rule}' for rule in world.masquerade]
        lines += _chain("egress", "type nat hook postrouting priority 100", egress)
    return "\n".join([*lines, "}", ""])


def _chain(name: str, hook: str, rules: Iterable[str]) -> list[str]:
    return [f"  chain {name} {{", f"    {hook};", *(f"    {rule}" for rule in rules), "  }"]
