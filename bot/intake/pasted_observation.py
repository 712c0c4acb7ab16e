"""Say of a pasted observation which service it is about, and whether the user's device made it.

Pure. Output of a tool shows what was so where it ran, which only a person can say. A log is the device's own.
"""

from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Final

from bot.intake.line_facts import line_facts
from knowledge.model.network import Network
from knowledge.reasoning.device import PLACED
from probes.protocol.model import Facts, Observation

# Facts of a browser's own record: the addresses of the other side of a call, and how many calls it has.
REMOTES: Final = "remotes"
CALLS: Final = "calls"


def place(look: Observation, network: Network, edge: str, *, on_device: bool) -> Observation:
    """Add the service and edge of its host, and whether the user's device made it.

    *on_device*: a person stated that the tool ran on the user's device.
    """
    wanted = edge or network.roaming
    target = next(
        (
            replace(look.target, service=service.id, edge="" if name == "all" else name)
            for service in network.services
            for name, host in service.hosts.items()
            if host.casefold() == look.target.host
        ),
        look.target,
    )
    as_asked = target.edge in ("", wanted)
    placed = on_device or look.facts.get(PLACED) is True
    own = {name: value for name, value in look.facts.items() if name != REMOTES}  # other people's addresses
    facts = {**own, "as_asked": as_asked, PLACED: placed, **_of_call(look.facts, network)}
    return replace(look, target=target, facts=facts)


def _of_call(facts: Facts, network: Network) -> Facts:
    """Judge the measurements of one call with the service; those of other calls on the page say nothing."""
    remotes = facts.get(REMOTES, ())
    if facts.get(CALLS) != 1 or not any(_is_media(address, network) for address in remotes):
        return {}
    return line_facts(facts, network.quality)


def _is_media(address: str, network: Network) -> bool:
    try:
        return any(ip_address(address) in ip_network(item) for item in network.media_ranges)
    except ValueError:  # a name of mDNS
        return False
