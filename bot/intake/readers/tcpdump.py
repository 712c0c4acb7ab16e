"""Read packets that tcpdump lists: whether UDP flows both ways, and what ICMP says.

Some packets are needed before silence means anything: a capture may have been stopped early.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import ToolFacts
from bot.intake.parsing.lazy_pattern import LazyPattern
from probes.protocol.failures import Failure

_IP: Final = r"(\d{1,3}(?:\.\d{1,3}){3})"
SIGN: Final = LazyPattern(rf"\bIP6? {_IP}(?:\.\d+)? > ")
LINES: Final = LazyPattern(
    rf"\bIP6? {_IP}(?:\.\d+)? > |^tcpdump: |^listening on |packets (?:captured|received by filter|dropped by kernel)"
)
_PACKET: Final = LazyPattern(rf"\bIP {_IP}\.(\d{{1,5}}) > {_IP}\.(\d{{1,5}}): (?:UDP|udp|STUN|SRTP|RTP)")
_REJECTED: Final = LazyPattern(
    rf"ICMP (?:host )?{_IP}(?: udp port (\d{{1,5}}))? unreachable(?: - (admin prohibited[^\n,]{{0,20}}))?",
    re.IGNORECASE,
)
_ENOUGH: Final = 4
_MOST: Final = 50_000  # packets


def read_tcpdump(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield address, port, and facts of each UDP flow, and of what was rejected."""
    sent: Counter[tuple[tuple[str, int], tuple[str, int]]] = Counter()
    for match, _ in zip(_PACKET.finditer(text), range(_MOST), strict=False):
        sent[(match[1], int(match[2])), (match[3], int(match[4]))] += 1
    for match in _REJECTED.finditer(text):
        if match[3]:
            bad = f"a router on the path says: {match[3]}"
            yield (
                match[1],
                int(match[2] or 0),
                {"protocol": "udp", "sign": Failure.ADMIN_PROHIBITED.value, "bad": bad},
            )
    for (source, target), packets in sent.items():
        back = sent[target, source]
        if source[1] == 53 or target[1] == 53 or (back and (target, source) < (source, target)):
            continue
        facts: ToolFacts = {"protocol": "udp", "packets_out": packets, "packets_back": back}
        if not back and packets >= _ENOUGH:
            facts |= {"sign": "one_way", "bad": f"{packets} packets one way and none back"}
        yield target[0], target[1], facts | {"source": f"{source[0]}:{source[1]}"}
