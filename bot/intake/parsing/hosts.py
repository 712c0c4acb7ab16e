"""Find host names and addresses, and recognize addresses that cannot be the service's."""

import ipaddress
from typing import Any, Final

_HOST: Final = r"(?P<host>[a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z0-9-]{2,63})\.?"


# A command after a prompt, or with its first option or host. `{command}` is the tool's name.
COMMAND: Final = r"(?:^|^[^\n]{{0,200}}[$#>]\s*){command}(?:\.exe)?\s+(?:[-+@]|https?:|wss?:|[\w-]+\.[\w.-])"


ToolFacts = dict[str, Any]


# An answer with one of these addresses comes from a DNS filter, not from the service.
_INSIDE: Final = tuple(
    ipaddress.ip_network(item)
    for item in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
    )
)


def _addresses(answers: list[str]) -> ToolFacts:
    """Judge addresses: private ones cannot be the service's."""
    for answer in answers:
        try:
            address = ipaddress.ip_address(answer)
        except ValueError:
            continue
        if any(address in network for network in _INSIDE):
            return {"dns": "fails", "bad": f"the answer was {answer}, which cannot be the service's"}
    return {"dns": "resolves", "addresses": answers[:8]}
