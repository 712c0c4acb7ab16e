"""Find the addresses of a step's target."""

from probes.checks.context import ProbeContext
from probes.net.addresses import is_address, split_families
from probes.protocol.failures import Failure, NetworkError
from probes.protocol.model import Step


async def addresses_of(step: "Step", context: "ProbeContext") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The IPv4 and IPv6 addresses of the target of *step*; raises DnsFailed if the lookup fails.

    In this order: pinned addresses, the result of an earlier dns step, the host's own resolver.
    """
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
