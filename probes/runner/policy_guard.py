"""The fence around one plan: the policy, what names turned out to be, and how many packets may still go.

Asked by probes/net/sockets.py, probes/net/udp.py and the resolver before anything leaves this host.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from probes.net.nat64 import IPV4_ONLY
from probes.protocol.failures import EgressDenied
from probes.protocol.policy import SYSTEM, Policy
from probes.protocol.special_addresses import is_metadata, is_public, read_address
from probes.runner.packet_budget import PacketBudget

_DNS: Final = 53
# What name servers say of themselves (RFC 4892), and whether they translate (RFC 7050); nobody can be reached by
# these names.
_OWN_NAMES: Final = frozenset({"id.server", "version.server", "hostname.bind", "version.bind", IPV4_ONLY})


@dataclass(slots=True)
class PolicyGuard:
    """What one plan may touch. Names are trusted only as far as this host itself looked them up."""

    policy: Policy
    pace: PacketBudget
    system: frozenset[str] = frozenset()  # addresses of this host's own resolvers
    log: Callable[[str], None] = lambda _: None
    _names: dict[str, set[str]] = field(default_factory=dict)  # by address
    _passed: set[tuple[str, int, str]] = field(default_factory=set)

    def check_name(self, name: str) -> None:
        """Let *name* be asked for if a rule or a proxy has it."""
        name = name.rstrip(".").lower()
        if name not in _OWN_NAMES and not self.policy.allows_name(name) and not self.policy.is_proxy(name):
            raise self._denied(f"the name {name[:80]}")

    def grant(self, name: str, addresses: Iterable[str]) -> None:
        """Remember whose *addresses* these are."""
        for address in addresses:
            self._names.setdefault(address, set()).add(name.rstrip(".").lower())

    def check(self, address: str, port: int, transport: str) -> None:
        """Let a packet pass to where it may go, as long as there are not too many of them."""
        where = (address, port, transport)
        if where not in self._passed:
            if not self._may(address, port, transport):
                raise self._denied(f"{address}:{port}/{transport}")
            self._passed.add(where)
        if not self.pace.take():
            raise self._denied(f"more than {self.policy.limits.packets_per_second:g} packets in a second")

    def check_tunnel(self, host: str, port: int) -> None:
        """Let a proxy be asked for what might be reached directly, too; a literal has no name to go by."""
        literal = read_address(host) is not None
        allows = self.policy.allows_address if literal else self.policy.allows_name
        if not allows(host, port, "tcp"):
            raise self._denied(f"{host[:80]}:{port} through the proxy")

    def _may(self, address: str, port: int, transport: str) -> bool:
        real = read_address(address)
        if real is None:
            return False
        if self.policy.allows_address(address, port, transport):
            return True
        if port == _DNS and self._resolves(address):
            return True
        names = self._names.get(address, ())
        if is_public(real) and any(self.policy.allows_name(name, port, transport) for name in names):
            return True
        # A proxy may be at a private address: the operator named it. DNS cannot make it a metadata service.
        reached = {address} if is_metadata(real) else {*names, address}
        return transport == "tcp" and any(self.policy.is_proxy(item, port) for item in reached)

    def _resolves(self, address: str) -> bool:
        listed = self.policy.resolvers
        return str(read_address(address)) in listed or (SYSTEM in listed and address in self.system)

    def _denied(self, what: str) -> EgressDenied:
        self.log(f"blocked by the relay's policy: {what}")
        return EgressDenied(what)
