"""How long a look may take, and all looks together: every limit of a run, with its reason.

Pure values; `probes/runner/run.py` keeps the time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# The user has given up by then: the JavaScript SDK closes a WebSocket that is not open after 5 s.
CAP: Final = 6.0  # seconds for everything

# When nothing at all gets through, no second layer starts, and all is over by then.
DARK: Final = 4.0  # seconds


@dataclass(frozen=True, slots=True)
class Budget:
    """How long one look may take, and by when it has succeeded if it does. Seconds."""

    limit: float
    slow: float = 0.0  # succeeded by then although one packet was lost and sent again


# Each limit counts from the look's own start. A chain of looks that all succeed slowly leaves the whole limit
# to the look at its end (a test adds them up), so that "no answer" never means "no time left to look".
BUDGETS: Final[Mapping[str, Budget]] = {
    "route": Budget(0.5),  # routers that answer do so within a round trip
    "dns": Budget(2.0, slow=1.1),  # three queries, half a second apart, to each resolver in turn
    "tcp": Budget(2.5, slow=1.1),  # a SYN is sent again after 1 s, and again after 3 s: one loss is covered
    "tls": Budget(3.0, slow=1.1),  # the SDK's 5 s less what names and TCP may take before it
    "websocket": Budget(3.0),  # beside tls, on a connection of its own
    "http": Budget(3.0),
    "stun": Budget(0.7),  # datagrams at 0, 100 and 300 ms (netcheck's cadence)
    "nat": Budget(1.2),  # a name or two to look up, then silence is an answer after 0.45 s
    "turn": Budget(2.5),  # five round trips at most over TLS, one loss covered
    "udp_media": Budget(3.0),  # an allocation, then three datagrams a port within 0.6 s
    "edges": Budget(2.5),  # one TCP handshake each, side by side
}
DEFAULT: Final = Budget(3.0)  # for a probe that this table does not know yet
