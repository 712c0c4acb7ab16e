"""Check whether this host has IPv4, or reaches it from IPv6 through NAT64 (RFC 7050)."""

from ipaddress import ip_address, ip_network
from typing import Final

from probes.checks.context import ProbeContext
from probes.checks.targets import nat64_prefix
from probes.net.nat64 import IPV4_ONLY
from probes.net.sockets import has_ipv6, has_route, source_address
from probes.protocol.failures import Failure
from probes.protocol.model import Step

_CLAT: Final = ip_network(
    "192.0.0.0/29"
)  # addresses of a host that translates for itself (464XLAT, RFC 7335)
_NO_IPV6_ADDRESS: Final = (None, Failure.DNS_NO_ANSWER, Failure.DNS_NXDOMAIN_ERROR)


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Facts: versions (ipv4, translated, ipv6-only, none), nat64_prefix, and own_translation (464XLAT)."""
    if has_route(step.target.host):
        own = ip_address(source_address(step.target.host)) in _CLAT
        context.note(versions="ipv4", own_translation=own)
        return None
    if not has_ipv6():
        context.note(versions="none")
        return Failure.NETWORK_UNREACHABLE
    prefix = await nat64_prefix(context)
    if prefix is not None:
        context.note(versions="translated", nat64_prefix=str(prefix))
        return None
    lookup = await context.shared.resolver.look_up(IPV4_ONLY)
    context.note(resolver=lookup.resolver)
    if lookup.failure in _NO_IPV6_ADDRESS:
        context.note(versions="ipv6-only")
        return Failure.DNS_NO_ANSWER
    return lookup.failure
