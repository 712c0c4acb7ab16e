"""Check this host before the relay reports itself as ready."""

import asyncio
import socket
from collections.abc import Mapping
from typing import Final

from probes.net.icmp import ask_for_icmp
from probes.net.sockets import has_route, open_udp
from probes.protocol.failures import EgressDenied

# Seconds that clocks may differ before it is reported; certificates and tokens allow more.
_CLOCK: Final = 30.0
_PATIENCE: Final = 3.0  # seconds for the resolver

# Without these, the relay's observations would be wrong. The other checks are reported, and may be what a
# case is about.
NEEDED: Final = frozenset({"sockets"})


async def test_host(hub: str, ahead: float) -> dict[str, str]:
    """Run all checks: by name, "" or a sentence. *hub* is looked up; *ahead* is our clock's lead in seconds."""
    return {
        "sockets": _test_sockets(),
        "resolver": await _test_resolver(hub),
        "clock": _test_clock(ahead),
        "v6": "" if has_route("2001:4860:4860::8888") else "no route for v6 from here",
    }


def is_ready(checks: Mapping[str, str]) -> bool:
    """Whether this relay can run plans."""
    return not any(checks.get(name) for name in NEEDED)


def _test_sockets() -> str:
    """Check that the kernel delivers ICMP errors (IP_RECVERR), for UDP from a low port and for TCP."""
    try:
        with open_udp():
            pass
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            ask_for_icmp(sock)
    except (OSError, EgressDenied) as error:
        return f"sockets do not work correctly: {getattr(error, 'strerror', None) or error}"
    return ""


async def _test_resolver(host: str) -> str:
    try:
        async with asyncio.timeout(_PATIENCE):
            await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError as error:
        return f"this host's DNS server cannot resolve {host}: {error.strerror or 'no such name'}"
    except TimeoutError:
        return f"this host's DNS server does not answer for {host}"
    return ""


def _test_clock(ahead: float) -> str:
    if abs(ahead) <= _CLOCK:
        return ""
    return f"this host's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the hub's"
