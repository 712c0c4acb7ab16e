"""Find the addresses of a step's target."""

from ipaddress import IPv6Address, IPv6Network

from probes.checks.context import ProbeContext
from probes.net.addresses import is_address, split_families
from probes.net.nat64 import IPV4_ONLY, embed, prefix_in
from probes.net.sockets import has_ipv6, has_route
from probes.protocol.failures import Failure, NetworkError
from probes.protocol.model import Step


async def addresses_of(step: "Step", context: "ProbeContext") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The IPv4 and IPv6 addresses of the target of *step*; raises DnsFailed if the lookup fails.

    In this order: pinned addresses, the result of an earlier dns step, the host's own resolver.
    """
    return await usable(*await _known_addresses(step, context), context)


async def _known_addresses(step: "Step", context: "ProbeContext") -> tuple[tuple[str, ...], tuple[str, ...]]:
    pinned = step.params.get("addresses")
    if pinned:
        return split_families(pinned)
    if is_address(step.target.host):
        return split_families([step.target.host])
    for observation in context.earlier.values():
        if observation.probe == "dns" and observation.target.host == step.target.host:
            return tuple(observation.facts.get("addresses", ())), tuple(
                observation.facts.get("addresses6", ())
            )
    return await context.shared.resolver.addresses(step.target.host)


async def usable(
    v4: tuple[str, ...], v6: tuple[str, ...], context: "ProbeContext"
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """On a host without IPv4: the IPv6 addresses, or those by which NAT64 reaches the IPv4 ones. Else all of them."""
    if not v4 or has_route(v4[0]):
        return v4, v6
    if v6 and has_route(v6[0]):
        return (), v6
    translated = tuple([await translate(address, context) for address in v4])
    return split_families(translated)


async def ipv4_or_translated(
    addresses: tuple[tuple[str, ...], tuple[str, ...]], context: "ProbeContext"
) -> tuple[str, ...]:
    """The IPv4 ones of usable *addresses*; on a host without IPv4, those by which NAT64 reaches IPv4."""
    v4, v6 = addresses
    if v4 or not v6 or not has_route(v6[0]):
        return v4
    prefix = await nat64_prefix(context)
    return tuple(address for address in v6 if prefix is not None and IPv6Address(address) in prefix)


async def translate(address: str, context: "ProbeContext") -> str:
    """The address by which this host reaches *address*: another one only for IPv4 on a host that has NAT64 instead."""
    if ":" in address or has_route(address) or not has_ipv6():
        return address
    prefix = await nat64_prefix(context)
    return address if prefix is None else embed(prefix, address)


async def address_of(step: "Step", context: "ProbeContext") -> str:
    """The address to use: the one that an earlier tcp step found open, else the first one."""
    for observation in context.earlier.values():
        same = (observation.target.host, observation.target.port) == (step.target.host, step.target.port)
        if observation.probe == "tcp" and same and observation.facts.get("address"):
            return str(observation.facts["address"])
    v4, v6 = await addresses_of(step, context)
    if not v4 and not v6:
        raise NetworkError(Failure.NO_ADDRESS)
    return (v4 or v6)[0]


async def nat64_prefix(context: "ProbeContext") -> IPv6Network | None:
    """The prefix of this network's NAT64 (RFC 7050); None without DNS64. The resolver looks it up once per run."""
    return prefix_in((await context.shared.resolver.look_up(IPV4_ONLY)).addresses6)
