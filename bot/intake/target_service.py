"""Find the service that a pasted observation is about, by the name or address of its target.

Pure.
"""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Final

from bot.model.request import Vocabulary
from probes.protocol.model import Observation

# No port, a name lookup, what browsers are redirected from, and what is assumed where a line names no port.
_ANY: Final = (0, 53, 80, 443)


def service_at(observation: Observation, vocabulary: Vocabulary) -> str | None:
    """Return the service at the target of *observation*: "" without a target, None if it is not ours.

    A port of one of our hosts that no service uses is not ours, either.
    """
    if named := observation.facts.get("service"):
        return str(named)
    target = observation.target
    if not target.host:
        return ""
    try:
        address = ip_address(target.host)
    except ValueError:
        service = _of_name(target.host, vocabulary.services)
        known = vocabulary.ports.get(service or "", frozenset())
        return service if not known or target.port in {*known, *_ANY} else None
    inside = any(address in ip_network(item) for item in vocabulary.media_ranges)
    if target.transport == "udp" and inside:
        return "media"
    return "turn" if target.port == 3478 else None


def _of_name(host: str, services: Mapping[str, str]) -> str | None:
    """Find the service of *host*, also for hosts of regions that the network file does not list."""
    if host in services:
        return services[host]
    first, _, domain = host.partition(".")
    parent = ".".join(domain.split(".")[-2:])
    for known, service in services.items():
        label, _, rest = known.partition(".")
        if first.rstrip("0123456789") == label and rest.endswith(parent):
            return service
    return None
