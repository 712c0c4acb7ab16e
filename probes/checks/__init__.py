"""The table of checks: each name is a file in this folder, and its line here sets its time limit.

A check is loaded on first use, so an idle relay has no check in memory.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Final, TypeAlias

from probes.protocol.failures import Failure
from probes.protocol.frozen import frozen
from probes.protocol.model import Step

Probe: TypeAlias = Callable[
    [Step, Any], Awaitable[Failure | None]
]  # Any: a ProbeContext, whose import is slow


@frozen
class Budget:
    """The time limit of one check, and the time of a slow success. Seconds."""

    limit: float
    slow: float = 0.0  # time of a success with one packet lost and resent


# Each limit counts from the start of the check. If all checks in a chain succeed slowly, the last one still has its
# full limit (a test adds them up), so that "no answer" never means "no time left".
BUDGETS: Final[Mapping[str, Budget]] = {
    "route": Budget(0.5),  # routers answer within one round trip, or not at all
    "ip_version": Budget(2.0),  # on a host without IPv4, one name lookup
    "dns": Budget(2.0, slow=1.1),  # 6 queries in 1.5 s to each resolver in turn
    "tcp": Budget(2.5, slow=1.1),  # up to 48 attempts 40 ms apart, and the time for the last answer
    "tls": Budget(3.0, slow=1.1),  # the SDK's 5 s minus the time of name lookup and TCP
    "websocket": Budget(3.8),  # the rest of the SDK's 5 s; silence is tested again on new connections
    "http": Budget(3.0),
    "portal": Budget(2.2),  # one lost SYN or DNS query is covered; a portal on the LAN answers at once
    "pac": Budget(1.5),  # a name lookup and a small file on the LAN; nothing else waits for it
    "stun": Budget(2.0),  # other ports after 0.25 s without an answer, until loss cannot explain it
    "quality": Budget(3.6),  # 50 packets in 0.4 s; up to 350, and the last answers, if some are lost
    "nat": Budget(
        3.2
    ),  # 0.6 s, one or two name lookups, three round trips of 0.5 s; silence is a result, too
    "turn": Budget(2.5),  # at most 5 round trips over TLS, one loss covered
    "udp_media": Budget(
        3.6
    ),  # an allocation, then 3 datagrams per port within 0.6 s; more where some are lost
    "mtu": Budget(3.0),  # where the first connection stalls for 0.35 s, others get 1.7 s
    "edges": Budget(3.6),  # one TCP handshake per edge, in parallel; repeated for those that are silent
    "fill": Budget(6.0),  # after a verdict: allocations, two seconds, and the last answers
    "locate": Budget(0.5),  # after a verdict, which it follows within half a second
}


class _Probes(Mapping[str, Probe]):
    """The checks of the table by name, each loaded on first use."""

    def __getitem__(self, name: str) -> Probe:
        if name not in BUDGETS:
            raise KeyError(name)
        probe: Probe = import_module(f"{__name__}.{name}").probe
        return probe

    def __iter__(self) -> Iterator[str]:
        return iter(BUDGETS)

    def __len__(self) -> int:
        return len(BUDGETS)


PROBES: Final[Mapping[str, Probe]] = _Probes()
